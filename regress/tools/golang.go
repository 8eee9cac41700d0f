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
	// Two packages may have benchmarks of one name.
	packages := map[string]bool{}
	type found struct {
		pkg string
		Values
	}
	var all []found
	in := benchfmt.NewReader(bytes.NewReader(data), "")
	for in.Scan() {
		switch record := in.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, fmt.Errorf("line %d: it is of %s: %s", record.Line, Go, record.Msg)
		case *benchfmt.Result:
			pkg := record.GetConfig("pkg")
			packages[pkg] = true
			name := r.name(record.Name)
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
				all = append(all, found{pkg, Values{Benchmark: name, Metric: unit, Unit: unit, HigherIsBetter: isRate(unit), Values: []float64{value}}})
			}
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("it is of %s: %w", Go, err)
	}
	if len(all) == 0 {
		return nil, ErrUnknown
	}
	for _, f := range all {
		if len(packages) > 1 && f.pkg != "" {
			f.Benchmark = f.pkg + "." + f.Benchmark
		}
		r.add(f.Values)
	}
	return []Result{r}, nil
}

// name is a benchmark's name without the number of CPUs, which it notes.
func (r *Result) name(n benchfmt.Name) string {
	_, parts := n.Parts()
	full := n.String()
	if len(parts) > 0 {
		if last := string(parts[len(parts)-1]); strings.HasPrefix(last, "-") {
			r.Machine["cpus"] = last[1:]
			return strings.TrimSuffix(full, last)
		}
	}
	return full
}
