package suite

import (
	_ "embed"
	"encoding/json"
	"fmt"
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

// ParseCalls reads a JSON array of calls: each an array of arguments, or an object with args and kwargs.
func ParseCalls(data []byte) ([]Call, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return nil, fmt.Errorf("must be a JSON array of calls: %w", err)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("has no call: write [[]] for one without arguments")
	}
	var calls []Call
	for i, item := range items {
		c := Call{Args: json.RawMessage("[]"), Kwargs: json.RawMessage("{}")}
		var list []any
		if json.Unmarshal(item, &list) == nil {
			c.Args = item
		} else {
			var parts struct {
				Args   []json.RawMessage          `json:"args"`
				Kwargs map[string]json.RawMessage `json:"kwargs"`
			}
			if err := json.Unmarshal(item, &parts); err != nil {
				return nil, fmt.Errorf("call %d: write an array of arguments, or an object with args and kwargs", i+1)
			}
			var err error
			if parts.Args != nil {
				if c.Args, err = json.Marshal(parts.Args); err != nil {
					return nil, fmt.Errorf("call %d: %w", i+1, err)
				}
			}
			if parts.Kwargs != nil {
				if c.Kwargs, err = json.Marshal(parts.Kwargs); err != nil {
					return nil, fmt.Errorf("call %d: %w", i+1, err)
				}
			}
		}
		calls = append(calls, c)
	}
	return calls, nil
}
