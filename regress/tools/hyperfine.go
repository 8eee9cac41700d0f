package tools

import (
	"encoding/json"
	"fmt"
)

// readHyperfine reads what hyperfine --export-json writes: the times of each command in seconds.
func readHyperfine(commands []json.RawMessage) ([]Result, error) {
	r := Result{Tool: Hyperfine}
	seen := map[string]bool{}
	for i, data := range commands {
		var c struct {
			Command string    `json:"command"`
			Mean    *float64  `json:"mean"`
			Times   []float64 `json:"times"`
		}
		err := json.Unmarshal(data, &c)
		if i == 0 && c.Command == "" {
			return nil, ErrUnknown
		}
		if err != nil || c.Command == "" {
			return nil, fmt.Errorf("result %d: it is of %s, and has no command with numbers as times", i+1, Hyperfine)
		}
		if seen[c.Command] {
			return nil, fmt.Errorf("result %d: it is of %s, and another result has the command %q: name them with --command-name", i+1, Hyperfine, c.Command)
		}
		seen[c.Command] = true
		v := Values{Benchmark: c.Command, Metric: "time", Unit: "s", Values: c.Times}
		if len(v.Values) == 0 && c.Mean != nil {
			v.Values = []float64{*c.Mean}
		}
		r.Values = append(r.Values, v)
	}
	return []Result{r}, nil
}
