package tools

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// actionPrefix begins the data.js of github-action-benchmark.
const actionPrefix = "window.BENCHMARK_DATA"

// actionEntry is one measured commit.
type actionEntry struct {
	Commit struct {
		ID string `json:"id"`
	} `json:"commit"`
	// Date is in milliseconds.
	Date    int64  `json:"date"`
	Tool    string `json:"tool"`
	Benches []struct {
		Name  string      `json:"name"`
		Value json.Number `json:"value"`
		Unit  string      `json:"unit"`
	} `json:"benches"`
}

// readAction reads a history: each entry has each value once.
func readAction(data []byte) ([]Result, error) {
	rest := bytes.TrimSpace(bytes.TrimPrefix(data, []byte(actionPrefix)))
	rest, ok := bytes.CutPrefix(rest, []byte("="))
	if !ok {
		return nil, fmt.Errorf("it is of %s, and has no = after %s", Action, actionPrefix)
	}
	rest = bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(";"))
	var history struct {
		Entries map[string][]actionEntry `json:"entries"`
	}
	if err := json.Unmarshal(rest, &history); err != nil {
		at := ""
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			at = fmt.Sprintf("line %d: ", line(data, int64(len(data)-len(rest))+syntax.Offset))
		}
		return nil, fmt.Errorf("%sit is of %s: %w", at, Action, err)
	}
	var out []Result
	for _, suite := range slices.Sorted(maps.Keys(history.Entries)) {
		for i, e := range history.Entries[suite] {
			r, err := e.result(suite, len(history.Entries) > 1)
			if err != nil {
				return nil, fmt.Errorf("entry %d of %q: it is of %s: %w", i+1, suite, Action, err)
			}
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("it is of %s, and has no entries", Action)
	}
	slices.SortStableFunc(out, func(a, b Result) int { return a.Began.Compare(b.Began) })
	return out, nil
}

// result is an entry's. Names of several suites have theirs before them.
func (e actionEntry) result(suite string, several bool) (Result, error) {
	if e.Commit.ID == "" || e.Date <= 0 {
		return Result{}, errors.New("it has no commit or no date")
	}
	r := Result{Tool: Action, ID: e.Commit.ID, Began: time.UnixMilli(e.Date).UTC()}
	if several {
		r.ID += "/" + suite
	}
	for _, b := range e.Benches {
		value, err := strconv.ParseFloat(b.Value.String(), 64)
		if err != nil {
			return r, fmt.Errorf("the value of %q is not a number", b.Name)
		}
		name := b.Name
		if several {
			name = suite + ": " + name
		}
		r.add(Values{Benchmark: name, Metric: "value", Unit: cmp.Or(b.Unit, "none"), HigherIsBetter: e.higher(b.Unit), Values: []float64{value}})
	}
	return r, nil
}

// higher reports whether more of a unit is better: a rate always, otherwise as the action itself has it for the tool.
func (e actionEntry) higher(unit string) bool {
	return isRate(unit) || strings.HasPrefix(unit, "iter/s") || slices.Contains([]string{"benchmarkjs", "pytest", "customBiggerIsBetter"}, e.Tool)
}
