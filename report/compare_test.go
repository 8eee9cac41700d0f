package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/results"
)

// readBack writes an analysis and reads it as a run, by the name of a file that is the same wherever the test runs.
func readBack(t *testing.T, name string, a analysis.Analysis) *regress.Run {
	t.Helper()
	out := t.TempDir()
	if err := analysis.Write(out, a); err != nil {
		t.Fatal(err)
	}
	r, err := regress.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	r.Path = name
	return r
}

// later is the run of the fixture so many days later, with another machine and figures that are so many times as large.
func later(days int, scale float64) analysis.Analysis {
	a := fixture()
	a.Run.Began = a.Run.Began.Add(time.Duration(days) * 24 * time.Hour)
	a.Run.ID = a.Run.Began.Format("20060102-1504")
	a.Scenarios = []analysis.Scenario{{Name: "throughput", Definitions: map[string]map[string]string{"redis": {"phases.drain.tasks": "20000"}}}}
	for i := range a.Trials {
		m := maps.Clone(a.Trials[i].Metrics)
		for name := range m {
			m[name] *= scale * (1 + 0.004*wave(i+3*days))
		}
		a.Trials[i].Metrics = m
	}
	return a
}

// comparedRuns is a comparison with each outcome, something that differs, a metric without a ratio, and a cell of one run.
func comparedRuns(t *testing.T) regress.Comparison {
	t.Helper()
	old, fresh := later(0, 1), later(1, 0.93)
	fresh.Run.Machine.Kernel = "6.13.1"
	fresh.Run.Contenders[0].Version = "5.7.0"
	for i := range fresh.Trials {
		delete(fresh.Trials[i].Metrics, "enqueue_wire")
	}
	fresh.Cells = append(fresh.Cells, analysis.Cell{Scenario: "io", Broker: "redis", Arm: baseArm})
	return compareOf(t, old, fresh, "throughput < -5%", "*/*/"+baseArm+": latency_p50 > +10%", "throughput < -7%", "enqueue_wire < -5%")
}

func compareOf(t *testing.T, old, fresh analysis.Analysis, thresholds ...string) regress.Comparison {
	t.Helper()
	var list []regress.Threshold
	for _, s := range thresholds {
		x, err := regress.ParseThreshold(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	c, err := regress.Compare(readBack(t, "old", old), readBack(t, "new", fresh), list)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trended is a history of sixteen runs with a change of level and of a version at the eleventh.
func trended(t *testing.T) regress.Trend {
	t.Helper()
	h := regress.History{Skipped: []string{"history/cut-short"}}
	for n := range 16 {
		scale := 1.0
		if n >= 10 {
			scale = 0.93
		}
		a := later(n, scale)
		if n >= 10 {
			a.Run.Contenders[1].Version = "1.8.0"
		}
		if n == 0 {
			a.Scenarios[0].Definitions["redis"]["phases.drain.tasks"] = "3000"
		}
		h.Runs = append(h.Runs, readBack(t, fmt.Sprintf("history/%02d", n), a))
	}
	return trendOf(t, h)
}

func trendOf(t *testing.T, h regress.History) regress.Trend {
	t.Helper()
	tr, err := regress.NewTrend(h, regress.Options{Window: regress.DefaultWindow, Level: regress.DefaultLevel})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestComparisonGolden(t *testing.T) {
	c, tr := comparedRuns(t), trended(t)
	if c.Count(regress.Fails) == 0 || c.Count(regress.Passes) == 0 || c.Count(regress.CantTell) == 0 {
		t.Errorf("the fixture lacks an outcome: %+v", c.Decisions)
	}
	for name, write := range map[string]func(io.Writer) error{
		"compare-100.txt":    func(w io.Writer) error { return CompareTerminal(w, c, 100, false) },
		"compare-narrow.txt": func(w io.Writer) error { return CompareTerminal(w, c, 44, false) },
		"compare.md":         func(w io.Writer) error { return CompareMarkdown(w, c) },
		"compare.xml":        func(w io.Writer) error { return CompareJUnit(w, c) },
		"trend-100.txt":      func(w io.Writer) error { return TrendTerminal(w, tr, 100, false) },
		"trend.md":           func(w io.Writer) error { return TrendMarkdown(w, tr) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestComparisonsKeepTheWidthOfATerminal(t *testing.T) {
	c, tr := comparedRuns(t), trended(t)
	for _, width := range []int{40, 60, 80, 100, 160} {
		var b bytes.Buffer
		if err := errors.Join(CompareTerminal(&b, c, width, false), TrendTerminal(&b, tr, width, false)); err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(b.String(), "\n") {
			if len(line) > width {
				t.Errorf("width %d: line %d has %d characters: %q", width, i+1, len(line), line)
			}
		}
	}
}

func TestComparisonsLetNoHostileNameThrough(t *testing.T) {
	const evil = "<script>x</script> | a\x1b]0;owned\a\n| b | ``` [l](javascript:x) ]]> \" \u202e"
	run := func(day int) analysis.Analysis {
		a := later(day, 1-0.1*float64(day))
		id := a.Run.ID
		a = hostile(a, evil)
		a.Run.ID = evil + id
		a.Run.Software = []results.Software{{Name: evil, Version: evil + id}}
		a.Scenarios = []analysis.Scenario{{Name: evil, Definitions: map[string]map[string]string{evil: {evil: evil + id[:6]}}}}
		for i := range a.Trials {
			a.Trials[i].Metrics = map[string]float64{"latency_p50:" + evil: 1 + 0.01*wave(i), "throughput": 100 + wave(i)}
		}
		return a
	}
	c := compareOf(t, run(0), run(3), "throughput < -5%")
	if len(c.Decisions) == 0 || len(c.Differences) == 0 || len(c.Rows) < 2 {
		t.Fatalf("nothing of it is shown: %+v", c)
	}
	tr := trendOf(t, regress.History{Runs: []*regress.Run{readBack(t, evil, run(0)), readBack(t, evil, run(1))}, Skipped: []string{evil}})

	var term, md, junit bytes.Buffer
	if err := errors.Join(CompareTerminal(&term, c, 80, false), TrendTerminal(&term, tr, 80, false),
		CompareMarkdown(&md, c), TrendMarkdown(&md, tr), CompareJUnit(&junit, c)); err != nil {
		t.Fatal(err)
	}
	for what, out := range map[string]string{"terminal": term.String(), "Markdown": md.String(), "JUnit": junit.String()} {
		for _, bad := range []string{"\x1b", "\a", "\u202e"} {
			if strings.Contains(out, bad) {
				t.Errorf("%s: %q got through", what, bad)
			}
		}
		if what != "terminal" && strings.Contains(out, "<script") {
			t.Errorf("%s: a tag got through", what)
		}
	}
	columns := 0
	for i, line := range strings.Split(md.String(), "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(line, "|") - strings.Count(line, `\|`)
		if columns != 0 && n != columns {
			t.Errorf("line %d has %d bars, its table %d: %s", i+1, n, columns, line)
		}
		columns = n
	}
	var parsed junitSuites
	if err := xml.Unmarshal(junit.Bytes(), &parsed); err != nil || len(parsed.Suite.Cases) != len(c.Decisions) {
		t.Errorf("JUnit: %v, %d cases of %d", err, len(parsed.Suite.Cases), len(c.Decisions))
	}
}

func TestJUnitHasACaseForEachDecision(t *testing.T) {
	c := comparedRuns(t)
	var b bytes.Buffer
	if err := CompareJUnit(&b, c); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	s := got.Suite
	if s.Tests != len(c.Decisions) || s.Failures != c.Count(regress.Fails) || s.Errors != c.Count(regress.CantTell) {
		t.Errorf("%+v", s)
	}
	for i, d := range c.Decisions {
		x := s.Cases[i]
		if x.Name != d.Threshold || (x.Failure != nil) != (d.Outcome == regress.Fails) || (x.Error != nil) != (d.Outcome == regress.CantTell) {
			t.Errorf("%+v is written as %+v", d, x)
		}
	}
}

// A comparison says which of its runs were noisy, since nothing is bracketed between runs.
func TestNoiseOfRunsIsTold(t *testing.T) {
	subject := func(run string, noisy int) regress.Subject {
		return regress.Subject{Run: run, Trials: 14, Noisy: noisy}
	}
	if got := noiseOfRuns(subject("a", 0), subject("b", 0)); got != "" {
		t.Errorf("quiet runs: %s", got)
	}
	want := "Noisy by stolen CPU time, a late generator or other programs: 9 of 14 trials of run b. They count, and nothing is bracketed between runs: " +
		"where one run was noisier than another, part of a difference may be that."
	if got := noiseOfRuns(subject("a", 0), subject("b", 9)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	many := []regress.Subject{subject("a", 1), subject("b", 2), subject("c", 3), subject("d", 4), subject("e", 5), subject("f", 6)}
	if got := noiseOfRuns(many...); !strings.Contains(got, "5 of 14 trials of run e, and trials of 1 more run. They") {
		t.Errorf("many runs: %s", got)
	}
	c := regress.Comparison{Old: many[0], New: many[1]}
	if notes := compareNotes(c); len(notes) != 2 || notes[1] != meansNote {
		t.Errorf("notes %q", notes)
	}
}
