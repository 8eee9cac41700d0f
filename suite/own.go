package suite

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tqbench/tqbench/internal/text"
)

//go:embed own.yaml
var ownLoad []byte

// OwnScenario is the load for a user's own task.
func OwnScenario(own Own, rate int) (Scenario, error) {
	s, err := Parse("own.yaml", ownLoad)
	if err != nil {
		return Scenario{}, err
	}
	s.Own = &own
	for i := range s.Phases {
		if s.Phases[i].Rate > 0 {
			s.Phases[i].Rate = rate
		}
	}
	if err := s.Check(); err != nil {
		return Scenario{}, fmt.Errorf("scenario own: %w", err)
	}
	return s, nil
}

// OfOwn reports whether the plan is of the user's own application.
func (p Plan) OfOwn() bool {
	return slices.ContainsFunc(p.Scenarios, func(s Scenario) bool { return s.Own != nil })
}

// parseCall reads a call that is an object. Any other key than args and kwargs is a slip: without it, the call would have no arguments.
func parseCall(item json.RawMessage) (Call, error) {
	c := Call{Args: json.RawMessage("[]"), Kwargs: json.RawMessage("{}")}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(item, &parts); err != nil || parts == nil {
		return c, errors.New("write an array of arguments, or an object with args and kwargs")
	}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		value := parts[key]
		var args []json.RawMessage
		var kwargs map[string]json.RawMessage
		switch key {
		case "args":
			if json.Unmarshal(value, &args) != nil || args == nil {
				return c, errors.New("args must be an array")
			}
			c.Args = compact(value)
		case "kwargs":
			if json.Unmarshal(value, &kwargs) != nil || kwargs == nil {
				return c, errors.New("kwargs must be an object")
			}
			c.Kwargs = compact(value)
		default:
			return c, fmt.Errorf("unknown key %q%s: an object has args and kwargs", key, text.DidYouMean(key, []string{"args", "kwargs"}))
		}
	}
	return c, nil
}

// compact is JSON without the space between its parts.
func compact(value json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return value
	}
	return b.Bytes()
}

// ParseCalls reads a JSON array of calls: each an array of arguments, or an object with args and kwargs.
func ParseCalls(data []byte) ([]Call, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		if slip := (*json.SyntaxError)(nil); errors.As(err, &slip) {
			return nil, fmt.Errorf("must be a JSON array of calls: byte %d: %w", slip.Offset, slip)
		}
		return nil, errors.New("must be a JSON array of calls, each an array of arguments or an object with args and kwargs")
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("has no call: write [[]] for one without arguments")
	}
	var calls []Call
	for i, item := range items {
		c := Call{Args: json.RawMessage("[]"), Kwargs: json.RawMessage("{}")}
		var list []any
		if json.Unmarshal(item, &list) == nil && list != nil {
			c.Args = item
		} else {
			var err error
			if c, err = parseCall(item); err != nil {
				return nil, fmt.Errorf("call %d: %w", i+1, err)
			}
		}
		calls = append(calls, c)
	}
	return calls, nil
}
