package tools

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// readGo reads the text of go test -bench. Each line of a benchmark is a repeat, as -count makes them.
func readGo(data []byte) ([]Result, error) {
	r := Result{Tool: Go, Machine: map[string]string{}}
	var all []Values
	// suffix is that of all names; Go adds the number of CPUs to each, unless it is 1.
	suffix := ""
	in := benchfmt.NewReader(bytes.NewReader(data), "")
	for in.Scan() {
		switch record := in.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, fmt.Errorf("line %d: it is of %s: %s", record.Line, Go, record.Msg)
		case *benchfmt.Result:
			if last := lastPart(record.Name); len(all) == 0 {
				suffix = last
			} else if last != suffix {
				suffix = ""
			}
			for _, key := range []string{"cpu", "goos", "goarch"} {
				if v := record.GetConfig(key); v != "" {
					r.Machine[key] = v
				}
			}
			for _, v := range record.Values {
				value, unit := v.Value, v.Unit
				if v.OrigUnit != "" {
					value, unit = v.OrigValue, v.OrigUnit
				}
				all = append(all, Values{Package: record.GetConfig("pkg"), Benchmark: record.Name.String(), Metric: unit, Unit: unit,
					HigherIsBetter: isRate(unit), Values: []float64{value}})
			}
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("it is of %s: %w", Go, err)
	}
	if len(all) == 0 {
		return nil, ErrUnknown
	}
	if suffix != "" {
		r.Machine["cpus"] = suffix[1:]
	}
	for _, v := range all {
		v.Benchmark = strings.TrimSuffix(v.Benchmark, suffix)
		r.add(v)
	}
	return []Result{r}, nil
}

// lastPart is what a benchmark's name has like a number of CPUs at its end: -8, or "" if it has none. It may also be the name's own.
func lastPart(n benchfmt.Name) string {
	_, parts := n.Parts()
	if len(parts) == 0 || !bytes.HasPrefix(parts[len(parts)-1], []byte("-")) {
		return ""
	}
	return string(parts[len(parts)-1])
}
