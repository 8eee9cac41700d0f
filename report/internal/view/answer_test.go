package view

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/results"
)

// decided is an analysis with one deciding comparison a verdict.
func decided(verdicts ...string) analysis.Analysis {
	titles := []string{"Throughput", "Median latency", "CPU per task", "p99 latency", "Memory"}
	a := analysis.Analysis{Method: analysis.Method{Margin: 0.05}, Planned: 2}
	for i, v := range verdicts {
		a.Comparisons = append(a.Comparisons, analysis.Comparison{
			Scenario: "throughput", Broker: "redis", Metric: titles[i], Title: titles[i], Deciding: true, Verdict: v, Blocks: 6,
			Baseline: analysis.Estimate{Arm: "B"}, Candidate: analysis.Estimate{Arm: "C"},
		})
	}
	return a
}

func TestHeadlineClaimsOnlyWhatIsSure(t *testing.T) {
	t.Parallel()
	const (
		faster, slower, equivalent = analysis.Faster, analysis.Slower, analysis.Equivalent
		undecided, missing         = analysis.Undecided, analysis.NoData
	)
	for _, c := range []struct {
		name     string
		verdicts []string
		want     string
	}{
		{"candidate wins", []string{faster, faster}, "On redis, C is ahead of B in throughput; in median latency."},
		{"baseline wins", []string{slower}, "On redis, B is ahead of C in throughput."},
		{"split", []string{faster, slower}, "On redis, C is ahead of B in throughput; B is ahead in median latency."},
		{"either", []string{equivalent, equivalent}, "On redis, either will do: C and B differ by less than 5 % in throughput; in median latency."},
		{"undecided", []string{undecided}, "On redis, undecided: this run can't tell C from B in throughput."},
		{"missing", []string{missing}, "On redis, no data on throughput."},
		{"all kinds", []string{faster, equivalent, slower, undecided, missing}, "On redis, C is ahead of B in throughput; " +
			"B is ahead in CPU per task; either will do, differing by less than 5 %, in median latency; " +
			"undecided in p99 latency; no data on memory."},
		{"none", nil, "No answer: this run has nothing to compare. 0 of 2 planned trials ran; 2 did not begin: the run was cut short."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := headline(decided(c.verdicts...)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestHeadlineTalliesManyScenarios(t *testing.T) {
	t.Parallel()
	a := decided(analysis.Faster, analysis.Undecided)
	other := decided(analysis.Slower, analysis.Equivalent, analysis.NoData)
	for _, c := range other.Comparisons {
		c.Broker = "rabbitmq"
		a.Comparisons = append(a.Comparisons, c)
	}
	want := "C is ahead of B in 1 of 5 deciding comparisons; B is ahead in 1; either will do in 1 (less than 5 % apart); " +
		"undecided in 1; nothing to compare in 1."
	if got := headline(a); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// The comparison as installed is another question and gets its own sentence.
	installed := decided(analysis.Slower)
	installed.Comparisons[0].Defaults = true
	a.Comparisons = append(a.Comparisons, installed.Comparisons...)
	if got := headline(a); !strings.HasSuffix(got, " On redis, as installed, B is ahead of C in throughput.") {
		t.Errorf("got %s", got)
	}
}

func TestHeadlineWithoutADecidingMetricIsNoAnswer(t *testing.T) {
	t.Parallel()
	a := decided(analysis.Faster)
	a.Comparisons[0].Deciding = false
	if got := headline(a); !strings.HasPrefix(got, "No answer") {
		t.Errorf("got %s", got)
	}
}

// A contender against itself has two arms of one contender; they are distinguished by arm.
func TestGroupsTellArmsOfOneContenderApart(t *testing.T) {
	t.Parallel()
	a := decided(analysis.Equivalent)
	a.Comparisons[0].Baseline = analysis.Estimate{Contender: "x", Arm: "x"}
	a.Comparisons[0].Candidate = analysis.Estimate{Contender: "x", Arm: "x#2"}
	g := groups(a)
	if len(g) != 1 || g[0].Base != "x" || g[0].Cand != "x#2" {
		t.Errorf("groups %+v", g)
	}
}

func TestFlagsAreListedOnceWithAllThatTheyExcluded(t *testing.T) {
	t.Parallel()
	rows := flagRows(fixture.OneBroker())
	if len(rows) != 2 {
		t.Fatalf("%d rows, want 2: %+v", len(rows), rows)
	}
	if got := rows[0].KeptOut(); rows[0].Trial != 4 || got != "median latency and 99th percentile latency" {
		t.Errorf("trial %d was kept out of %q", rows[0].Trial, got)
	}
	if got := rows[1].KeptOut(); rows[1].Trial != 9 || got != "nothing: it is a note" {
		t.Errorf("trial %d was kept out of %q", rows[1].Trial, got)
	}
}

// A block's flag is a row for each block, and no trial's: it isn't among the trials that were kept out.
func TestAFlagOfABlockIsNoTrials(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	before := tallyTrials(a)
	c := &a.Comparisons[0]
	for block := range 3 {
		c.Flags = append(c.Flags, analysis.Flagged{Block: block + 1, Arm: fixture.CandArm, Code: "no-ratio", Excluded: true,
			Fact: results.Fact{Check: results.CheckNoRatio, Base: 0.5}})
	}
	if got := tallyTrials(a); got != before {
		t.Errorf("%+v, want %+v", got, before)
	}
	rows := KeepIf(flagRows(a), func(r FlagRow) bool { return r.Trial == 0 })
	if len(rows) != 3 || rows[2].Block != 3 {
		t.Errorf("rows %+v", rows)
	}
}

func TestAFlagOfAllMetricsIsCalledSo(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	for i := range a.Trials {
		for j := range a.Trials[i].Flags {
			a.Trials[i].Flags[j].Metrics = []string{"*"}
		}
	}
	if got := flagRows(a)[0].KeptOut(); got != "all metrics" {
		t.Errorf("kept out of %q", got)
	}
}

func TestSectionIDsDifferWhateverTheNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 30)
	gs := []Group{
		{Scenario: "a b", Broker: "c"}, {Scenario: "a", Broker: "b c"}, {Scenario: "\u65e5\u672c", Broker: "\u8a9e"},
		{Scenario: "\u8a9e", Broker: "\u65e5"}, {Scenario: long, Broker: "x"}, {Scenario: long, Broker: "y"},
		{Scenario: "../../etc", Broker: "passwd"}, {Scenario: "a b", Broker: "c", Defaults: true},
	}
	seen := map[string]bool{}
	for i, id := range sectionIDs(gs) {
		if seen[id] {
			t.Errorf("group %d has the id %s of another", i, id)
		}
		seen[id] = true
		if strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || !strings.HasPrefix(id, SectionPrefix) {
			t.Errorf("group %d has the id %q", i, id)
		}
	}
}
