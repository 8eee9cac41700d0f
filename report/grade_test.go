package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/charts"
	"github.com/tqbench/tqbench/report/internal/data"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// No figure that was measured is missing anywhere: of sides of which no trial counts, of one block, of one arm.
func TestNothingMeasuredIsHidden(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]analysis.Analysis{
		"noisy": fixture.NoisyRun(), "one block": fixture.OneBlock(), "one arm": fixture.OneArm(), "profiled": fixture.ProfiledRun(), "fixture": fixture.OneBroker(), "brokers": fixture.ManyBrokers(),
	} {
		t.Run(name, func(t *testing.T) {
			var terminal, md bytes.Buffer
			if err := Terminal(&terminal, a, Screen{}); err != nil {
				t.Fatal(err)
			}
			if err := markdown.Write(&md, view.New(a)); err != nil {
				t.Fatal(err)
			}
			page := rendered(t, a)
			rows := readCSV(t, a)
			for _, f := range view.New(a).Figures {
				words := strings.TrimSuffix(view.SideWords(f.Estimate), " "+view.SpoiledMark)
				for kind, out := range map[string]string{"terminal": terminal.String(), "Markdown": md.String(), "page": page} {
					if !strings.Contains(out, words) {
						t.Errorf("%s lacks the %s of %s, %s", kind, f.Metric, f.Arm, words)
					}
				}
				if view.Spoiled(f.Estimate) != rows[f.Scenario+f.Broker+f.Metric+f.Arm] {
					t.Errorf("results.csv has %s of %s as spoiled: %v", f.Metric, f.Arm, rows[f.Scenario+f.Broker+f.Metric+f.Arm])
				}
				delete(rows, f.Scenario+f.Broker+f.Metric+f.Arm)
			}
			if len(rows) > 0 {
				t.Errorf("results.csv has more: %v", rows)
			}
			bars := charts.Files(view.New(a))
			if len(bars) == 0 {
				t.Error("there is no chart")
			}
		})
	}
}

// readCSV reads for each figure of results.csv whether it is spoiled.
func readCSV(t *testing.T, a analysis.Analysis) map[string]bool {
	t.Helper()
	var b bytes.Buffer
	if err := data.CSV(&b, view.New(a)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, r := range rows[1:] {
		cell := map[string]string{}
		for i, h := range rows[0] {
			cell[h] = r[i]
		}
		for _, side := range []string{"baseline", "candidate"} {
			n, spoiled := cell[side+"_trials"], cell[side+"_spoiled_trials"]
			if n != "" && n != "0" || spoiled != "" && spoiled != "0" {
				out[cell["scenario"]+cell["broker"]+cell["metric"]+cell[side+"_arm"]] = cell[side+"_spoiled"] == "true"
			}
		}
	}
	return out
}

// Figures of trials that don't count are marked and explained, and a tracker takes them for a series apart.
func TestSpoiledFiguresAreMarked(t *testing.T) {
	t.Parallel()
	a := fixture.NoisyRun()
	page := pagetest.Parse(t, rendered(t, a)).Text
	var terminal bytes.Buffer
	if err := Terminal(&terminal, a, Screen{}); err != nil {
		t.Fatal(err)
	}
	why := "celery/prefork in memory (PSS): the figure is of 3 trials that don't count (worker-died: " + fixture.DiedWords + "), and is in no verdict"
	for kind, out := range map[string]string{"page": page, "terminal": terminal.String()} {
		if !strings.Contains(out, why) {
			t.Errorf("%s doesn't say why the figure of memory isn't valid", kind)
		}
	}
	if out := renderedAs(t, a, "benchmark-smaller.json"); !strings.Contains(out, `"pss: throughput on redis, celery/prefork, not valid"`) {
		t.Errorf("trackers: %s", out)
	}
	for _, want := range []string{"/valid=no 1 1.2405702656e+08 pss-B", "# throughput of asynctasq/async against celery/prefork, throughput on redis: faster: 6.06 times"} {
		if out := renderedAs(t, a, "benchmark.txt"); !strings.Contains(out, want) {
			t.Errorf("benchmark.txt lacks %q:\n%.1500s", want, out)
		}
	}
	for _, want := range []string{`arm="celery/prefork",valid="no",bound="estimate"`, `verdict="faster",grade="here"} 1`, `bound="bracketed_low"`} {
		if out := renderedAs(t, a, "metrics.txt"); !strings.Contains(out, want) {
			t.Errorf("metrics.txt lacks %q", want)
		}
	}
	if out := renderedAs(t, a, "junit.xml"); !strings.Contains(out, "581 tasks/s, median over 6 trials; measured") {
		t.Errorf("junit.xml: %s", out)
	}
	var s data.Summary
	if err := json.Unmarshal([]byte(renderedAs(t, a, "summary.json")), &s); err != nil {
		t.Fatal(err)
	}
	v, f := s.Verdicts[0], s.Figures[8]
	if v.Grade != analysis.GradeSure || v.BracketedLow != a.Comparisons[0].Bracketed.Low || v.Noisy != 5 || !strings.HasPrefix(s.Noise, "What noise cost: 5 of 6") {
		t.Errorf("the verdict is %+v, noise %q", v, s.Noise)
	}
	if f.Metric != "pss" || !f.Spoiled || f.SpoiledTrials != 3 || f.Trials != 3 || s.Figures[0].Spoiled {
		t.Errorf("the figure is %+v", f)
	}
}

// The grade is explained where a reader meets it, and nowhere else.
func TestGradesAreExplainedWhereTheyOccur(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		a    analysis.Analysis
		want bool
	}{"noisy": {fixture.NoisyRun(), true}, "one of before grades": {fixture.OneBroker(), false}} {
		var terminal, md bytes.Buffer
		if err := Terminal(&terminal, tt.a, Screen{}); err != nil {
			t.Fatal(err)
		}
		if err := markdown.Write(&md, view.New(tt.a)); err != nil {
			t.Fatal(err)
		}
		for kind, out := range map[string]string{"terminal": terminal.String(), "Markdown": md.String(), "page": pagetest.Parse(t, rendered(t, tt.a)).Text} {
			if strings.Contains(out, "A verdict holds whatever the noise of the machine did, unless") != tt.want {
				t.Errorf("%s, %s: the grades are explained or not, want %v", name, kind, tt.want)
			}
		}
	}
}
