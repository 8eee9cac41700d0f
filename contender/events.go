package contender

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Event is what a worker reported about a task.
type Event struct {
	// ID is the task's.
	ID UUID
	// Ended is true for a task that ended well, false for one that started.
	Ended bool
	// At is when the worker made the event, by the machine's clock.
	At time.Time
}

// Events are where a framework's events come from and how to read them.
type Events struct {
	// Channel is a Redis channel, or a pattern of channels.
	Channel string
	Pattern bool
	// Decode returns the starts and ends of tasks in a message, and skips its other events.
	Decode func(message []byte) ([]Event, error)
}

// EventFormat describes a framework's events, as contender.yaml has them.
type EventFormat struct {
	Channel string `yaml:"channel"`
	Pattern bool   `yaml:"pattern"`
	// Read are the steps from a message to an event or a list of events: json, msgpack, base64, or .NAME for an object's field.
	Read []string `yaml:"read"`
	// Type is the event's field whose value is Started for a started task or Ended for one that ended well; ID is the field of the task's
	// UUID, At that of the time: a number of seconds since 1970, or a text in RFC 3339.
	Type    string `yaml:"type"`
	Started string `yaml:"started"`
	Ended   string `yaml:"ended"`
	ID      string `yaml:"id"`
	At      string `yaml:"at"`
}

// errEvent marks a message that isn't in the framework's format of events.
var errEvent = errors.New("not an event")

// filled is the format with its channel filled in, ready for reading.
func (f EventFormat) filled(v values) (*Events, error) {
	for _, word := range []struct{ name, value string }{
		{"channel", f.Channel}, {"type", f.Type}, {"started", f.Started}, {"ended", f.Ended}, {"id", f.ID}, {"at", f.At},
	} {
		if word.value == "" {
			return nil, fmt.Errorf("%s is missing", word.name)
		}
	}
	for _, step := range f.Read {
		if !slices.Contains([]string{"json", "msgpack", "base64"}, step) && (len(step) < 2 || step[0] != '.') {
			return nil, fmt.Errorf("read: unknown step %q: choose from json, msgpack, base64, .NAME for a field", step)
		}
	}
	channel, err := v.text(f.Channel)
	if err != nil {
		return nil, fmt.Errorf("channel: %w", err)
	}
	return &Events{Channel: channel, Pattern: f.Pattern, Decode: f.decode}, nil
}

func (f EventFormat) decode(message []byte) ([]Event, error) {
	var x any = message
	for _, step := range f.Read {
		var err error
		if x, err = readStep(step, x); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errEvent, step, err)
		}
	}
	several, ok := x.([]any)
	if !ok {
		several = []any{x}
	}
	var out []Event
	for _, x := range several {
		fields, ok := x.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%w: not an object", errEvent)
		}
		kind := fields[f.Type]
		if kind != f.Started && kind != f.Ended {
			continue
		}
		id, _ := fields[f.ID].(string)
		e := Event{Ended: kind == f.Ended}
		var err error
		if e.ID, err = ParseUUID(id); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errEvent, f.ID, err)
		}
		if e.At, err = eventTime(fields[f.At]); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errEvent, f.At, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// readStep takes one step from a message to its events.
func readStep(step string, x any) (out any, err error) {
	if name, ok := strings.CutPrefix(step, "."); ok {
		fields, ok := x.(map[string]any)
		if !ok {
			return nil, errors.New("no object")
		}
		return fields[name], nil
	}
	data, ok := x.([]byte)
	if s, isText := x.(string); isText {
		data, ok = []byte(s), true
	}
	if !ok {
		return nil, errors.New("no text")
	}
	switch step {
	case "base64":
		return base64.StdEncoding.AppendDecode(nil, data)
	case "msgpack":
		var rest []byte
		if out, rest, err = readMsgpack(data, msgpackDepth); err == nil && len(rest) > 0 {
			err = errors.New("more than one value")
		}
		return out, err
	}
	err = json.Unmarshal(data, &out)
	return out, err
}

// eventTime is when an event was made.
func eventTime(x any) (time.Time, error) {
	switch at := x.(type) {
	case string:
		return time.Parse(time.RFC3339Nano, at)
	case int64:
		return eventTime(float64(at))
	case float64:
		// Later times would overflow nanoseconds, and no machine's clock shows them.
		if at >= 0 && at < math.MaxInt64/1e9 {
			return time.Unix(0, int64(at*1e9)), nil
		}
	}
	return time.Time{}, fmt.Errorf("%v is not a time", x)
}
