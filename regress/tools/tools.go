// Package tools reads the results of other benchmark tools: Go's, hyperfine, k6, and the history of github-action-benchmark.
//
// It keeps what they share with a run of tqbench: named values, as often as they were measured, with their unit and direction.
package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// The tools.
const (
	Go        = "go test -bench"
	Hyperfine = "hyperfine"
	K6        = "k6"
	Action    = "github-action-benchmark"
)

// ErrUnknown marks content that is none of these tools'. Damaged content of one of them has another error.
var ErrUnknown = errors.New("not a result of a known tool")

// Result is what a tool measured once, such as in one call.
type Result struct {
	Tool string
	// ID and Began are those of the measured commit; empty and zero if the tool doesn't say.
	ID     string
	Began  time.Time
	Values []Values
	// Machine has what the tool says about the machine, by "cpu", "goos", "goarch" and "cpus".
	Machine map[string]string
	// places are those of packages, benchmarks and metrics in Values.
	places map[[3]string]int
}

// Values are those of one metric of one benchmark, in the order in which they were measured.
type Values struct {
	// Package is Go's; two may have benchmarks of one name.
	Package, Benchmark string
	// Metric names the figure, such as "ns/op"; Unit is empty for a share.
	Metric, Unit   string
	HigherIsBetter bool
	Values         []float64
}

// Read reads a file's content. Only a history of github-action-benchmark has more than one result; they are in the order of time.
func Read(data []byte) ([]Result, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	trimmed := bytes.TrimSpace(data)
	var results []Result
	var err error
	switch {
	case bytes.HasPrefix(trimmed, []byte(actionPrefix)):
		results, err = readAction(trimmed)
	case bytes.HasPrefix(trimmed, []byte("{")):
		results, err = readJSON(trimmed)
	default:
		results, err = readGo(data)
	}
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// readJSON reads hyperfine's or k6's file.
func readJSON(data []byte) ([]Result, error) {
	var keys struct {
		Results []json.RawMessage          `json:"results"`
		Metrics map[string]json.RawMessage `json:"metrics"`
	}
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, ErrUnknown // another program may write one value a line, or keys of these names with other types
	}
	switch {
	case keys.Results != nil:
		return readHyperfine(keys.Results)
	case keys.Metrics != nil:
		return readK6(keys.Metrics)
	}
	return nil, ErrUnknown
}

// line is the line of a place in a text.
func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte("\n"))
}

// check refuses a result without values, and values that are no numbers.
func (r Result) check() error {
	if len(r.Values) == 0 {
		return fmt.Errorf("it is of %s, and has no results", r.Tool)
	}
	for _, v := range r.Values {
		if v.Benchmark == "" || len(v.Values) == 0 {
			return fmt.Errorf("it is of %s, and has a result without a name or a value", r.Tool)
		}
		if slices.ContainsFunc(v.Values, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }) {
			return fmt.Errorf("it is of %s, and %s of %s is not a number", r.Tool, v.Metric, v.Benchmark)
		}
	}
	return nil
}

// add adds a value, next to the others of its metric.
func (r *Result) add(v Values) {
	key := [3]string{v.Package, v.Benchmark, v.Metric}
	if i, ok := r.places[key]; ok {
		r.Values[i].Values = append(r.Values[i].Values, v.Values...)
		return
	}
	if r.places == nil {
		r.places = map[[3]string]int{}
	}
	r.places[key] = len(r.Values)
	r.Values = append(r.Values, v)
}

// isRate reports whether a unit is of something per time.
func isRate(unit string) bool {
	unit = strings.ToLower(unit)
	return strings.HasSuffix(unit, "/s") || strings.HasSuffix(unit, "/sec") || strings.HasSuffix(unit, "/second") || strings.HasSuffix(unit, " per second")
}
