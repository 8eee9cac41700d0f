package suite

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/suite/trace"
)

//go:embed traced.yaml.tmpl
var tracedTemplate string

// MaxTraceKinds is the maximum number of kinds in a load that is made of a trace.
const MaxTraceKinds = maxKinds

// leastTraceLimit is the shortest limit of a scenario that is made of a trace, as a drain needs some time, too.
const leastTraceLimit = time.Minute

// Traced is a scenario that repeats a load, and the trace that it names.
type Traced struct {
	// Scenario and Trace are the contents of the files.
	Scenario, Trace []byte
	// TraceName is the trace's name, in the scenario's folder.
	TraceName string
}

// NewTraced makes a scenario file at a path of a load that was read from another file.
func NewTraced(path, from string, l *trace.Load) (Traced, error) {
	if l.Seconds > longestTrace {
		return Traced{}, fmt.Errorf("the load lasts %.0f s, and a trace has at most %d: take a shorter part with --for, or let time pass faster with --speed", l.Seconds, longestTrace)
	}
	base := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	names := kindNames(l.Kinds)
	out := Traced{Trace: arrivalsCSV(l, names), TraceName: base + ".csv"}
	type kind struct {
		Name  string
		Tasks int64
	}
	values := struct {
		File, Name, From, Trace string
		Kinds                   []kind
		Limit                   time.Duration
	}{
		File: text.Clean(path, 200), Name: word(base, "trace"), From: text.Clean(filepath.Base(from), 100), Trace: out.TraceName,
		Limit: max(leastTraceLimit, time.Duration(math.Ceil(l.Seconds/10)*10)*time.Second),
	}
	for i, n := range names {
		values.Kinds = append(values.Kinds, kind{n, l.Kinds[i].Tasks})
	}
	t, err := template.New("scenario").Funcs(template.FuncMap{"quote": quoted}).Parse(tracedTemplate)
	if err != nil {
		return Traced{}, fmt.Errorf("read the template of a scenario: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, values); err != nil {
		return Traced{}, fmt.Errorf("write a scenario: %w", err)
	}
	out.Scenario = b.Bytes()
	_, err = Parse(filepath.Base(path), out.Scenario)
	return out, err
}

// quoted is a text in YAML.
func quoted(s string) string { return strconv.Quote(text.Escape(s)) }

// word is a text as a name: letters, digits and a few signs.
func word(s, empty string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, s)
	if s = strings.Trim(s[:min(len(s), 40)], "-"); s == "" {
		return empty
	}
	return s
}

// kindNames are the names of kinds as a scenario may have them, each a different one.
func kindNames(kinds []trace.Kind) []string {
	var out []string
	seen := map[string]bool{}
	for _, k := range kinds {
		base := word(k.Name, "none")
		name := base
		for n := 2; seen[name]; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		seen[name] = true
		out = append(out, name)
	}
	return out
}

// arrivalsCSV is a load in the form of a scenario's trace, to the microsecond.
func arrivalsCSV(l *trace.Load, names []string) []byte {
	b := []byte("at")
	if len(names) > 0 {
		b = append(b, ",kind"...)
	}
	b = append(b, '\n')
	for _, a := range l.Arrivals {
		b = strconv.AppendFloat(b, math.Round(float64(a.At)/1e3)/1e6, 'f', -1, 64)
		if len(names) > 0 {
			b = append(append(b, ','), names[a.Kind]...)
		}
		b = append(b, '\n')
	}
	return b
}
