package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/data"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/terminal"
	"github.com/tqbench/tqbench/results"
)

func TestComparisonGolden(t *testing.T) {
	t.Parallel()
	c, tr := fixture.ComparedRuns(t), fixture.Trended(t)
	if c.Count(regress.Fails) == 0 || c.Count(regress.Passes) == 0 || c.Count(regress.CantTell) == 0 {
		t.Errorf("the fixture lacks an outcome: %+v", c.Decisions)
	}
	for name, write := range map[string]func(io.Writer) error{
		"compare-100.txt":    func(w io.Writer) error { return terminal.Compare(w, c, 100, false) },
		"compare-narrow.txt": func(w io.Writer) error { return terminal.Compare(w, c, 44, false) },
		"compare.md":         func(w io.Writer) error { return markdown.Compare(w, c) },
		"compare.xml":        func(w io.Writer) error { return data.CompareJUnit(w, c) },
		"trend-100.txt":      func(w io.Writer) error { return terminal.Trend(w, tr, 100, false) },
		"trend.md":           func(w io.Writer) error { return markdown.Trend(w, tr) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestComparisonsKeepTheWidthOfATerminal(t *testing.T) {
	t.Parallel()
	c, tr := fixture.ComparedRuns(t), fixture.Trended(t)
	for _, width := range []int{40, 60, 80, 100, 160} {
		var b bytes.Buffer
		if err := errors.Join(terminal.Compare(&b, c, width, false), terminal.Trend(&b, tr, width, false)); err != nil {
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
	t.Parallel()
	const evil = "<script>x</script> | a\x1b]0;owned\a\n| b | ``` [l](javascript:x) ]]> \" \u202e"
	run := func(day int) analysis.Analysis {
		a := fixture.Later(day, 1-0.1*float64(day))
		id := a.Run.ID
		a = fixture.Hostile(a, evil)
		a.Run.ID = evil + id
		a.Run.Software = []results.Software{{Name: evil, Version: evil + id}}
		a.Scenarios = []analysis.Scenario{{Name: evil, Definitions: map[string]map[string]string{evil: {evil: evil + id[:6]}}}}
		for i := range a.Trials {
			a.Trials[i].Metrics = map[string]float64{"latency_p50:" + evil: 1 + 0.01*fixture.Wave(i), "throughput": 100 + fixture.Wave(i)}
		}
		return a
	}
	c := fixture.CompareOf(t, run(0), run(3), "throughput < -5%")
	if len(c.Decisions) == 0 || len(c.Differences) == 0 || len(c.Rows) < 2 {
		t.Fatalf("nothing of it is shown: %+v", c)
	}
	tr := fixture.TrendOf(t, regress.History{Runs: []*regress.Run{fixture.ReadBack(t, evil, run(0)), fixture.ReadBack(t, evil, run(1))}, Skipped: []string{evil}})

	var term, md, junit bytes.Buffer
	if err := errors.Join(terminal.Compare(&term, c, 80, false), terminal.Trend(&term, tr, 80, false),
		markdown.Compare(&md, c), markdown.Trend(&md, tr), data.CompareJUnit(&junit, c)); err != nil {
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
	var parsed struct {
		Cases []struct{} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &parsed); err != nil || len(parsed.Cases) != len(c.Decisions) {
		t.Errorf("JUnit: %v, %d cases of %d", err, len(parsed.Cases), len(c.Decisions))
	}
}
