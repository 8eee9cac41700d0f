package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// gated is a gate with each outcome, about these names.
func gated(name string) gate.Gate {
	interval := func(estimate, low, high float64) *stats.Interval {
		return &stats.Interval{Estimate: estimate, Low: low, High: high, Confidence: 0.95}
	}
	cell := regress.Cell{Scenario: name, Broker: name, Arm: name}
	decision := func(metric, outcome, grade string, ratio *stats.Interval) gate.Decision {
		return gate.Decision{Cell: cell, Threshold: metric + " < -5%", Metric: metric, Title: metric, Unit: name, Limit: 0.95, Outcome: outcome, Grade: grade, Base: 1200, Change: 1100,
			Ratio: ratio, Bracketed: ratio, Blocks: 12, Noisy: 3}
	}
	open := decision("latency_p50", regress.CantTell, "", interval(0.96, 0.93, 0.99))
	open.Above, open.Limit, open.NeedBlocks, open.NeedSeconds = true, 0.98, 31, 285
	lost := decision("pss", gate.Spoiled, "", interval(1, 0.99, 1.01))
	lost.Trials, lost.Why = 2, &analysis.Flagged{Trial: 5, Arm: suite.Change, Code: results.FlagLost, Detail: name, Excluded: true}
	return gate.Gate{
		Version: gate.Version, Run: name, Began: time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC), Outcome: regress.Fails, Blocks: 12, Seconds: 190, Within: 900, MaxBlocks: 40,
		Ended:  results.EndTimeOver,
		Base:   gate.Side{GateSide: suite.GateSide{Name: "main", Commit: "0123456789abcdef", Tree: "1"}, Contender: name, Version: "5.7.0"},
		Change: gate.Side{GateSide: suite.GateSide{Name: ".", Tree: "2"}, Contender: name, Version: "5.7.0"},
		Decisions: []gate.Decision{
			decision("throughput", regress.Fails, analysis.GradeSure, interval(0.9, 0.88, 0.92)),
			decision("latency_p99", regress.Fails, analysis.GradeHere, interval(0.9, 0.88, 0.92)),
			decision("cpu_per_task", regress.Passes, analysis.GradeSure, interval(1, 0.99, 1.01)),
			open, lost, decision("cpu_per_1000", regress.CantTell, "", nil),
			{Threshold: "recovery > +5%", Metric: "recovery", Limit: 1.05, Above: true, Outcome: gate.Spoiled},
		},
	}
}

func TestGateGolden(t *testing.T) {
	t.Parallel()
	g := gated("own")
	for name, write := range map[string]func(io.Writer) error{
		"gate-100.txt": func(w io.Writer) error { return GateTerminal(w, g, 100, false) },
		"gate.md":      func(w io.Writer) error { return GateMarkdown(w, g) },
		"gate.xml":     func(w io.Writer) error { return GateJUnit(w, g) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestGatesLetNoHostileNameThrough(t *testing.T) {
	t.Parallel()
	g := gated("<script>x</script> | a\x1b]0;owned\a\n| b | ``` [l](javascript:x) ]]> \" \u202e")
	var term, md, junit bytes.Buffer
	if err := errors.Join(GateTerminal(&term, g, 80, false), GateMarkdown(&md, g), GateJUnit(&junit, g)); err != nil {
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
	for i, line := range strings.Split(md.String(), "\n") {
		if n := strings.Count(line, "|") - strings.Count(line, `\|`); strings.HasPrefix(line, "|") && n != 7 {
			t.Errorf("line %d has %d bars: %s", i+1, n, line)
		}
	}
	var parsed struct {
		Cases []struct{} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &parsed); err != nil || len(parsed.Cases) != len(g.Decisions) {
		t.Errorf("JUnit: %v, %d cases of %d", err, len(parsed.Cases), len(g.Decisions))
	}
}

func TestADecisionOfUnknownNoiseSaysWhy(t *testing.T) {
	t.Parallel()
	i := stats.Interval{Estimate: 1, Low: 0.99, High: 1.01, Confidence: 0.95}
	d := gate.Decision{
		Cell: regress.Cell{Scenario: "throughput", Broker: "redis", Arm: "rq"}, Title: "Throughput", Outcome: regress.Passes, Limit: 0.95, Blocks: 8, Ratio: &i, Bracketed: &i,
		Grade: analysis.GradeHere, NoiseUnknown: analysis.NoiseAttached,
	}
	if got := GateDecisionWords(d); !strings.HasSuffix(got, ": surely not below -5.00 % as measured here: other programs can't be known with an attached broker.") {
		t.Error(got)
	}
}

func TestZerosOfAGateAreExplained(t *testing.T) {
	t.Parallel()
	d := gate.Decision{
		Cell: regress.Cell{Scenario: "faults", Broker: "redis", Arm: "rq"}, Title: "Events received", Outcome: gate.Spoiled,
		Why: &analysis.Flagged{Block: 3, Code: "no-ratio", Fact: results.Fact{Check: results.CheckNoRatio}},
	}
	if got := GateDecisionWords(d); !strings.HasSuffix(got, ": most blocks have no change in percent; block 3: 0 over 0 has no ratio.") {
		t.Error(got)
	}
}

// The time is the reason only where something is open, and where the run might have had more blocks.
func TestAGateSaysWhenItsTimeWasOver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, ended string
		outcomes    []string
		within      float64
		blocks      int
		want        bool
	}{
		{"no time for the planned blocks", results.EndTimeOver, []string{regress.CantTell}, 900, 12, true},
		{"no time for more blocks", results.EndComplete, []string{regress.CantTell}, 900, 12, true},
		{"the last look decided", results.EndTimeOver, []string{regress.Passes}, 900, 12, false},
		{"all blocks", results.EndComplete, []string{regress.CantTell}, 900, 40, false},
		{"no limit", results.EndComplete, []string{regress.CantTell}, 0, 12, false},
		{"spoiled data ended it", results.EndComplete, []string{gate.Spoiled, regress.CantTell}, 900, 8, false},
		{"spoiled data and no time for the planned blocks", results.EndTimeOver, []string{gate.Spoiled, regress.CantTell}, 900, 6, true},
	} {
		g := gate.Gate{Ended: test.ended, Within: test.within, Blocks: test.blocks, MaxBlocks: 40}
		for _, outcome := range test.outcomes {
			g.Decisions = append(g.Decisions, gate.Decision{Outcome: outcome})
		}
		notes := view.GateNotes(g)
		if got := strings.Contains(notes[len(notes)-1], "the time was over"); got != test.want {
			t.Errorf("%s: %q", test.name, notes)
		}
	}
}
