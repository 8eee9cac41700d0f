package contender

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Event is what a worker told of a task.
type Event struct {
	// ID is the task's.
	ID UUID
	// Ended is true for a task that ended well, false for one that was started.
	Ended bool
	// At is when the worker made the event, by the machine's clock.
	At time.Time
}

// Events are where a framework's events come and how they are read.
type Events struct {
	// Channel is a channel of Redis, or a pattern of such.
	Channel string
	Pattern bool
	// Decode gives the tasks' starts and ends that a message tells, and leaves out whatever else it may tell.
	Decode func(message []byte) ([]Event, error)
}

// errEvent marks a message that isn't made as the framework makes its events.
var errEvent = errors.New("not an event")

// eventsOn tells whether the target's workers publish events.
func (t Target) eventsOn() bool { return t.Events != "" && t.Events != "off" }

// eventsWhy is the reason for the events setting.
func (t Target) eventsWhy(of string) string {
	switch t.Events {
	case "on":
		return "the scenario asks for them; nobody reads them" + of
	case "consumed":
		return "the scenario asks for them; tqbench reads them" + of
	}
	return "as installed, on both sides"
}

// asynctasqEvents is the channel of asynctasq/monitoring/emitters.py, which is the same for every database number.
func asynctasqEvents() *Events {
	return &Events{Channel: "asynctasq:events", Decode: decodeAsynctasqEvent}
}

// celeryEvents are the channels on which Kombu publishes what goes to the exchange of events (kombu/transport/redis.py).
func celeryEvents(rawURL, exchange string) (*Events, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("the Redis URL can't be read") // the error's own text has it
	}
	db, err := strconv.Atoi(cmp.Or(strings.Trim(u.Path, "/"), "0"))
	if err != nil {
		return nil, errors.New("the Redis URL has no database number") // nor may this one's
	}
	return &Events{Channel: "/" + strconv.Itoa(db) + "." + exchange + "/*", Pattern: true, Decode: decodeCeleryEvents}, nil
}

// decodeAsynctasqEvent reads a MessagePack map, one event a message.
func decodeAsynctasqEvent(message []byte) ([]Event, error) {
	v, rest, err := readMsgpack(message, msgpackDepth)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	m, ok := v.(map[string]any)
	if !ok || len(rest) > 0 {
		return nil, fmt.Errorf("%w: not one map", errEvent)
	}
	e := Event{}
	switch m["event_type"] {
	case "task_started":
	case "task_completed":
		e.Ended = true
	default:
		return nil, nil
	}
	id, _ := m["task_id"].(string)
	at, _ := m["timestamp"].(string)
	if e.ID, err = ParseUUID(id); err != nil {
		return nil, fmt.Errorf("%w: task_id: %w", errEvent, err)
	}
	if e.At, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return nil, fmt.Errorf("%w: timestamp %q", errEvent, at)
	}
	return []Event{e}, nil
}

// celeryEvent is the part of an event that is read.
type celeryEvent struct {
	Type      string  `json:"type"`
	UUID      string  `json:"uuid"`
	Timestamp float64 `json:"timestamp"`
}

// decodeCeleryEvents reads Kombu's envelope, whose body is the base64 of one event or of an array of events.
func decodeCeleryEvents(message []byte) ([]Event, error) {
	var envelope struct {
		Body       string `json:"body"`
		Properties struct {
			Encoding string `json:"body_encoding"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(message, &envelope); err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	body := []byte(envelope.Body)
	if envelope.Properties.Encoding == "base64" {
		var err error
		if body, err = base64.StdEncoding.DecodeString(envelope.Body); err != nil {
			return nil, fmt.Errorf("%w: %w", errEvent, err)
		}
	}
	var several []celeryEvent
	if err := json.Unmarshal(body, &several); err != nil {
		var one celeryEvent
		if err := json.Unmarshal(body, &one); err != nil {
			return nil, fmt.Errorf("%w: %w", errEvent, err)
		}
		several = []celeryEvent{one}
	}
	var out []Event
	for _, c := range several {
		if c.Type != "task-started" && c.Type != "task-succeeded" {
			continue
		}
		id, err := ParseUUID(c.UUID)
		if err != nil {
			return nil, fmt.Errorf("%w: uuid: %w", errEvent, err)
		}
		// Beyond this, nanoseconds would not fit, and no clock of a machine says so.
		if !(c.Timestamp >= 0 && c.Timestamp < math.MaxInt64/1e9) {
			return nil, fmt.Errorf("%w: timestamp %v", errEvent, c.Timestamp)
		}
		out = append(out, Event{ID: id, Ended: c.Type == "task-succeeded", At: time.Unix(0, int64(c.Timestamp*1e9))})
	}
	return out, nil
}
