package analysis

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/tqbench/tqbench/suite"
)

// prose lists the fields of a scenario that change nothing of what its trials do.
func prose() []string {
	return []string{"id", "name", "title", "question", "why", "lies", "contenders", "brokers", "arms", "decide", "of", "at"}
}

// definitionLimit is the length of a list of values that is written out; a longer one is stood for by its sum.
const definitionLimit = 200

// definitions are a scenario's settings by broker, each by the path of its field in plan.json, with those that the plan
// has for all scenarios. They are taken from the JSON, so that a setting which is added later is among them.
func definitions(plan suite.Plan, sc suite.Scenario) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for _, b := range plan.Brokers {
		if !sc.RunsOn(b) {
			continue
		}
		data, err := json.Marshal(sc.For(b))
		if err != nil {
			return nil, fmt.Errorf("write down scenario %s: %w", sc.Name, err)
		}
		var fields map[string]any
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		if err := dec.Decode(&fields); err != nil {
			return nil, fmt.Errorf("write down scenario %s: %w", sc.Name, err)
		}
		for _, p := range prose() {
			delete(fields, p)
		}
		if own, ok := fields["own"].(map[string]any); ok {
			// Where an application lies is no part of what it is asked.
			delete(own, "path")
			delete(own, "python")
			delete(own, "sides")
			if calls, ok := own["calls"].([]any); ok {
				// A user's arguments may be no one else's business.
				own["calls"] = summed(calls)
			}
		}
		d := map[string]string{
			"defaults": strconv.FormatBool(plan.Defaults), "rtt": time.Duration(plan.RTT).String(), "profile": plan.Profile,
		}
		flatten(d, "", fields)
		out[b] = d
	}
	return out, nil
}

// flatten writes the values below a path. The members of a list of things go by their names where they have such; a list
// of values is one value.
func flatten(out map[string]string, path string, v any) {
	join := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(out, join(k), x)
		}
	case []any:
		text := jsonText(v)
		_, things := first(v).(map[string]any)
		switch {
		case len(text) > definitionLimit && (!things || len(v) > 20):
			out[path] = summed(v)
		case !things:
			out[path] = text
		default:
			for i, x := range v {
				key := strconv.Itoa(i + 1)
				if m, ok := x.(map[string]any); ok {
					if name, ok := m["name"].(string); ok {
						key = name
						delete(m, "name")
					}
				}
				flatten(out, join(key), x)
			}
		}
	default:
		out[path] = jsonText(v)
	}
}

// summed stands for a list of values.
func summed(list []any) string {
	sum := sha256.Sum256([]byte(jsonText(list)))
	return fmt.Sprintf("%d values, SHA-256 %s", len(list), hex.EncodeToString(sum[:8]))
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// jsonText is a value that came from JSON as JSON; a string goes without its quotes.
func jsonText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}
