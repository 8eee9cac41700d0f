package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// verdictOn is a comparison of throughput with a ratio in seven blocks.
func verdictOn(verdict, grade string, change func(*analysis.Comparison)) analysis.Comparison {
	c := analysis.Comparison{
		Metric: "throughput", Title: "Throughput", Unit: "tasks/s", HigherIsBetter: true, Deciding: true, Verdict: verdict, Grade: grade, Blocks: 7,
		Baseline: analysis.Estimate{Arm: "B"}, Candidate: analysis.Estimate{Arm: "C"},
		Ratio: analysis.Interval{Estimate: 6.06, Low: 4.93, High: 8.44}, Bracketed: analysis.Interval{Estimate: 6.06, Low: 4.8, High: 8.57},
	}
	if change != nil {
		change(&c)
	}
	return c
}

func TestVerdictsAreSaidWithGradeAndNumbers(t *testing.T) {
	late, throttled, disturbed := []analysis.Flagged{{Code: results.FlagLate}}, []analysis.Flagged{{Code: results.FlagThrottled}}, []analysis.Flagged{{Code: results.FlagDisturbed}}
	for _, tt := range []struct {
		name string
		c    analysis.Comparison
		want string
	}{
		{"sure, noisy", verdictOn(analysis.Faster, analysis.GradeSure, func(c *analysis.Comparison) { c.Noisy, c.Flags = 5, throttled }),
			"faster: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the stolen CPU time did"},
		{"sure, late", verdictOn(analysis.Slower, analysis.GradeSure, func(c *analysis.Comparison) { c.Noisy, c.Metric, c.Flags = 5, "latency_p50", late }),
			"slower: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the late generator did"},
		{"late is nothing to throughput", verdictOn(analysis.Faster, analysis.GradeSure, func(c *analysis.Comparison) { c.Noisy, c.Flags = 5, late }),
			"faster: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the noise of the machine did"},
		{"sure, both", verdictOn(analysis.Slower, analysis.GradeSure, func(c *analysis.Comparison) {
			c.Noisy, c.Metric, c.Flags = 5, "latency_p50", slices.Concat(late, disturbed, throttled)
		}), "slower: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the stolen CPU time, other programs and the late generator did"},
		{"sure, quiet", verdictOn(analysis.Faster, analysis.GradeSure, nil), "faster: 6.06 times (4.93 to 8.44)"},
		{"of before grades", verdictOn(analysis.Faster, "", nil), "faster: 6.06 times (4.93 to 8.44)"},
		{"here by stolen time", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) { c.Noisy, c.Bracketed.Low, c.Flags = 5, 0.93, throttled }),
			"faster as measured here: 6.06 times (4.93 to 8.44); without the stolen CPU time the ratio may be 0.930 to 8.57"},
		{"here by other programs", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) { c.Disturbed, c.Noisy, c.Flags = 3, 3, disturbed }),
			"faster as measured here: 6.06 times (4.93 to 8.44); other programs ran beside 3 of 7 blocks; 4.80 to 8.57 whatever other programs did"},
		{"here by the correction", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) { c.Noisy, c.Flags = 2, throttled }),
			"faster as measured here: 6.06 times (4.93 to 8.44); without the stolen CPU time (4.80 to 8.57) it is not sure"},
		{"memory", verdictOn(analysis.Slower, analysis.GradeHere, func(c *analysis.Comparison) { c.Metric, c.Disturbed = "pss", 2 }),
			"worse as measured here: 6.06 times (4.93 to 8.44); other programs ran beside 2 of 7 blocks"},
		{"undecided", verdictOn(analysis.Undecided, "", func(c *analysis.Comparison) { c.NeedBlocks, c.NeedSeconds = 17, 520 }),
			"undecided: 6.06 times (4.93 to 8.44); about 17 blocks would decide, 10 more in about 9 min"},
		{"far from decided", verdictOn(analysis.Undecided, "", nil), "undecided: 6.06 times (4.93 to 8.44); more than 1,000 blocks would be needed to decide"},
		{"one block", verdictOn(analysis.Undecided, "", func(c *analysis.Comparison) { c.Blocks, c.NeedBlocks, c.NeedSeconds = 1, 6, 61 }),
			"undecided: 6.06 times (1 block, no interval); at least 6 blocks are needed, 5 more in about 61.0 s"},
		{"no block", verdictOn(analysis.Undecided, "", func(c *analysis.Comparison) { c.Blocks, c.Ratio = 0, analysis.Interval{} }), "undecided"},
		{"no data", verdictOn(analysis.NoData, "", func(c *analysis.Comparison) { c.Blocks, c.Ratio = 0, analysis.Interval{} }), "no data"},
		{"one side", verdictOn(analysis.NoData, "", func(c *analysis.Comparison) {
			c.Blocks, c.Ratio, c.Baseline.Values = 0, analysis.Interval{}, []float64{1}
		}), "one side only"},
	} {
		if got := verdictSentence(tt.c); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestLengthsAreRounded(t *testing.T) {
	for seconds, want := range map[float64]string{44.4: "44.4 s", 89: "89.0 s", 91: "2 min", 3600: "60 min", 5400: "1.5 h", 90_000: "25.0 h"} {
		if got := lengthWords(seconds); got != want {
			t.Errorf("%g: %s, want %s", seconds, got, want)
		}
	}
}

// The headline has the numbers of every metric that decides, whatever its verdict.
func TestHeadlineHasTheNumbers(t *testing.T) {
	a := noisyRun()
	a.Comparisons[4].Deciding = true
	want := "On Redis, asynctasq/async is ahead of celery/prefork in throughput: 6.06 times (5.42 to 6.71), 5.07 to 7.97 whatever the stolen CPU time " +
		"did; in median latency, as measured here: 0.611 times (0.580 to 0.644); undecided in p99 latency: 1.08 times (0.922 to 1.25); " +
		"in memory (PSS): 61.1 against 118 (!) MiB."
	if diff := cmp.Diff(want, headline(a)); diff != "" {
		t.Error(diff)
	}
	worse := noisyRun()
	worse.Comparisons = worse.Comparisons[:1]
	worse.Comparisons[0].Verdict, worse.Comparisons[0].Noisy = analysis.Slower, 0
	if got, want := headline(worse), "On Redis, celery/prefork is ahead of asynctasq/async in throughput: asynctasq/async is at 6.06 times (5.42 to 6.71)."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	other := noisyRun()
	for i := range other.Comparisons {
		other.Comparisons[i].Broker = "postgres"
	}
	a.Comparisons = append(a.Comparisons, other.Comparisons...)
	if got := headline(a); !strings.HasSuffix(got, "; 2 of these verdicts only as measured here.") {
		t.Errorf("the tally says %s", got)
	}
	if got := headline(oneArm()); !strings.HasPrefix(got, "Measured, and compared with nothing: celery/prefork on Redis: throughput 591 (566 to 600) tasks/s.") {
		t.Errorf("one arm: %s", got)
	}
}

// No figure that was measured is missing anywhere: of sides of which no trial counts, of one block, of one arm.
func TestNothingMeasuredIsHidden(t *testing.T) {
	for name, a := range map[string]analysis.Analysis{
		"noisy": noisyRun(), "one block": oneBlock(), "one arm": oneArm(), "profiled": profiledRun(), "fixture": fixture(), "brokers": manyBrokers(),
	} {
		t.Run(name, func(t *testing.T) {
			var terminal, markdown bytes.Buffer
			if err := Terminal(&terminal, a, Screen{}); err != nil {
				t.Fatal(err)
			}
			if err := writeMarkdown(&markdown, New(a)); err != nil {
				t.Fatal(err)
			}
			page := render(t, a)
			rows := readCSV(t, a)
			for _, f := range sideFigures(a) {
				words := strings.TrimSuffix(sideWords(f.Estimate), " "+spoiledMark)
				for kind, out := range map[string]string{"terminal": terminal.String(), "Markdown": markdown.String(), "page": page} {
					if !strings.Contains(out, words) {
						t.Errorf("%s lacks the %s of %s, %s", kind, f.metric, f.Arm, words)
					}
				}
				if spoiled(f.Estimate) != rows[f.scenario+f.broker+f.metric+f.Arm] {
					t.Errorf("results.csv has %s of %s as spoiled: %v", f.metric, f.Arm, rows[f.scenario+f.broker+f.metric+f.Arm])
				}
				delete(rows, f.scenario+f.broker+f.metric+f.Arm)
			}
			if len(rows) > 0 {
				t.Errorf("results.csv has more: %v", rows)
			}
			bars := chartFiles(New(a))
			if len(bars) == 0 {
				t.Error("there is no chart")
			}
		})
	}
}

// readCSV tells of each figure of results.csv whether it is spoiled.
func readCSV(t *testing.T, a analysis.Analysis) map[string]bool {
	t.Helper()
	var b bytes.Buffer
	if err := writeCSV(&b, New(a)); err != nil {
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
	a := noisyRun()
	page := parse(t, render(t, a)).text
	var terminal bytes.Buffer
	if err := Terminal(&terminal, a, Screen{}); err != nil {
		t.Fatal(err)
	}
	why := "celery/prefork in memory (PSS): the figure is of 3 trials that don't count (worker-died: " + diedWords + "), and is in no verdict"
	for kind, out := range map[string]string{"page": page, "terminal": terminal.String()} {
		if !strings.Contains(out, why) {
			t.Errorf("%s doesn't say why the figure of memory isn't valid", kind)
		}
	}
	var b bytes.Buffer
	if err := writeTracked(&b, New(a), false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `"pss: throughput on redis, celery/prefork, not valid"`) {
		t.Errorf("trackers: %s", b.String())
	}
	for _, want := range []string{"/valid=no 1 118.31 pss-MiB", "# throughput of asynctasq/async against celery/prefork, throughput on redis: faster: 6.06 times"} {
		if out := written(t, a, writeGoBench); !strings.Contains(out, want) {
			t.Errorf("benchmark.txt lacks %q:\n%.1500s", want, out)
		}
	}
	for _, want := range []string{`arm="celery/prefork",valid="no",bound="estimate"`, `verdict="faster",grade="here"} 1`, `bound="bracketed_low"`} {
		if out := written(t, a, writeOpenMetrics); !strings.Contains(out, want) {
			t.Errorf("metrics.txt lacks %q", want)
		}
	}
	if out := written(t, a, writeRunJUnit); !strings.Contains(out, "581 tasks/s, median over 6 trials; measured") {
		t.Errorf("junit.xml: %s", out)
	}
	var s Summary
	data, err := json.Marshal(summarise(New(a)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
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
	for name, tt := range map[string]struct {
		a    analysis.Analysis
		want bool
	}{"noisy": {noisyRun(), true}, "one of before grades": {fixture(), false}} {
		var terminal, markdown bytes.Buffer
		if err := Terminal(&terminal, tt.a, Screen{}); err != nil {
			t.Fatal(err)
		}
		if err := writeMarkdown(&markdown, New(tt.a)); err != nil {
			t.Fatal(err)
		}
		for kind, out := range map[string]string{"terminal": terminal.String(), "Markdown": markdown.String(), "page": parse(t, render(t, tt.a)).text} {
			if strings.Contains(out, "A verdict holds whatever the noise of the machine did, unless") != tt.want {
				t.Errorf("%s, %s: the grades are explained or not, want %v", name, kind, tt.want)
			}
		}
	}
}
