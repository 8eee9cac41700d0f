package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/stats/sequential"
	"github.com/tqbench/tqbench/suite"
)

// A judgement, which simulations use, is what the whole analysis says, looks included.
func TestAJudgementIsThatOfTheWholeAnalysis(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "more than a few seconds")
	seen := map[string]int{}
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 9))
		n := 4 + rng.IntN(12)
		logs := make([]float64, n)
		shift, noise := 0.2*rng.NormFloat64(), 0.1*rng.Float64()
		if seed%3 == 0 {
			shift = 0.02 * rng.NormFloat64()
		}
		for i := range logs {
			logs[i] = shift + noise*rng.NormFloat64()
		}
		var plan suite.Plan
		var c stats.Comparison
		switch seed % 4 {
		case 1:
			plan.Growth, c.Narrow = &suite.Growth{Until: 0.05, First: 6, Max: 40}, true
		case 2, 3:
			plan.Growth = &suite.Growth{First: 6, Max: 40, Looks: []suite.Look{{Blocks: 6, Fraction: 0.4}, {Blocks: n, Fraction: 1}}}
			plan.Trials = []suite.Trial{{Block: n}}
			if n == 6 {
				plan.Growth.Looks = plan.Growth.Looks[1:]
			}
			var err error
			if c.Scale, err = sequential.NewScaleAt(sequential.Spent, plan.LooksAt(n)); err != nil {
				t.Fatal(err)
			}
		}
		one := []Comparison{ofLogs(logs...)}
		one[0].test(seed)
		decide(one, plan)
		c.Blocks = one[0].LogRatios()
		j := stats.Judge([]stats.Comparison{c})[0]
		if VerdictOn(j.Verdict, true) != one[0].Verdict || string(j.Grade) != one[0].Grade || j.Need != one[0].NeedBlocks || j.P.Plain != one[0].CorrectedP {
			t.Errorf("seed %d: %+v, the analysis says %+v", seed, j, one[0])
		}
		seen[one[0].Verdict]++
	}
	for _, v := range []string{Faster, Slower, Equivalent, Undecided} {
		if seen[v] < 10 {
			t.Errorf("%s was seen %d times", v, seen[v])
		}
	}
}

// The document's words are those of package stats, where the direction of the metric has no part in them.
func TestVerdictsAreInTheWordsOfTheDocument(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		of     stats.Verdict
		higher bool
		want   string
	}{
		{stats.Higher, true, Faster}, {stats.Higher, false, Slower}, {stats.Lower, true, Slower}, {stats.Lower, false, Faster},
		{stats.Equivalent, true, string(stats.Equivalent)}, {stats.Undecided, false, string(stats.Undecided)},
	} {
		if got := VerdictOn(tt.of, tt.higher); got != tt.want {
			t.Errorf("%s, higher is better %v: %s, want %s", tt.of, tt.higher, got, tt.want)
		}
	}
	if GradeSure != string(stats.Sure) || GradeHere != string(stats.Here) {
		t.Errorf("the grades are %s and %s", GradeSure, GradeHere)
	}
}

func TestOnlyDecidingComparisonsThatCanRunAreTooWide(t *testing.T) {
	t.Parallel()
	wide := stats.Interval{Estimate: 2, Low: 1.8, High: 2.3}
	narrow := stats.Interval{Estimate: 2, Low: 1.95, High: 2.05}
	side := Estimate{Arm: "a"}
	a := Analysis{
		Cells: []Cell{{Scenario: "gone", Broker: "redis", Arm: "a"}, {Scenario: "s", Broker: "redis", Arm: "a", Ran: 6}},
		Comparisons: []Comparison{
			{Scenario: "s", Broker: "redis", Metric: "wide", Deciding: true, Blocks: 7, Ratio: wide, Candidate: side},
			{Scenario: "s", Broker: "redis", Metric: "narrow", Deciding: true, Blocks: 7, Ratio: narrow, Candidate: side},
			{Scenario: "s", Broker: "redis", Metric: "few", Deciding: true, Blocks: 5, Ratio: narrow, Candidate: side},
			{Scenario: "s", Broker: "redis", Metric: "told", Blocks: 7, Ratio: wide, Candidate: side},
			{Scenario: "gone", Broker: "redis", Metric: "wide", Deciding: true, Candidate: side},
		},
	}
	got := a.TooWide(0.05)
	if len(got) != 2 || got[0].Metric != "wide" || math.Abs(got[0].Half-0.15) > 1e-9 || got[1].Metric != "few" {
		t.Errorf("%+v", got)
	}
	if got := a.TooWide(0.2); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}
