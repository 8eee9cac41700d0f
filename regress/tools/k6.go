package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// k6Benchmark is the benchmark of all figures of a summary: k6 has one script.
const k6Benchmark = "k6"

// readK6 reads the summary that k6 --summary-export writes, and what handleSummary gets, whose values are one level deeper. A summary has
// each figure once.
func readK6(metrics map[string]json.RawMessage) ([]Result, error) {
	// Every k6 has one of these, whatever its script does.
	if metrics["iterations"] == nil && metrics["iteration_duration"] == nil && metrics["data_received"] == nil {
		return nil, ErrUnknown
	}
	r := Result{Tool: K6}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		var m struct {
			Contains string                     `json:"contains"`
			Values   map[string]json.RawMessage `json:"values"`
		}
		flat := map[string]json.RawMessage{}
		if err := json.Unmarshal(metrics[name], &flat); err != nil {
			return nil, fmt.Errorf("metric %q: it is of %s, and is no object", name, K6)
		}
		if json.Unmarshal(metrics[name], &m) == nil && m.Values != nil {
			flat = m.Values
		}
		values := map[string]float64{}
		for key, data := range flat {
			var v float64
			if key != "thresholds" && json.Unmarshal(data, &v) == nil {
				values[key] = v
			}
		}
		for _, f := range k6Figures(name, m.Contains, values) {
			f.Benchmark = k6Benchmark
			r.Values = append(r.Values, f)
		}
	}
	return []Result{r}, nil
}

// k6Figures are the figures of a metric whose direction is known: times, the rates of what k6 counts, and shares.
func k6Figures(name, contains string, values map[string]float64) (out []Values) {
	base, _, _ := strings.Cut(name, "{") // a part of a metric has its tags after it
	one := func(key, unit string, higher bool) {
		out = append(out, Values{Metric: name + "." + key, Unit: unit, HigherIsBetter: higher, Values: []float64{values[key]}})
	}
	has := func(key string) bool { _, ok := values[key]; return ok }
	ofTime := contains == "time" || slices.Contains([]string{"iteration_duration", "group_duration", "ws_connecting", "ws_session_duration", "ws_ping",
		"grpc_req_duration"}, base) || strings.HasPrefix(base, "http_req_")
	switch {
	case base == "http_req_failed":
		for _, key := range []string{"rate", "value"} { // the deeper and the flat form
			if has(key) {
				one(key, "", false)
			}
		}
	case base == "checks":
		for _, key := range []string{"rate", "value"} {
			if has(key) {
				one(key, "", true)
			}
		}
	case slices.Contains([]string{"http_reqs", "iterations", "ws_msgs_sent", "ws_msgs_received"}, base) && has("rate"):
		one("rate", "/s", true)
	case ofTime && has("avg"):
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if key == "avg" || key == "med" || key == "min" || key == "max" || strings.HasPrefix(key, "p(") {
				one(key, "ms", false)
			}
		}
	}
	return out
}
