package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tqbench/tqbench/stats/sequential"
	"github.com/tqbench/tqbench/suite"
)

// A judgement, which simulations use, is what the whole analysis says, looks included.
func TestAJudgementIsThatOfTheWholeAnalysis(t *testing.T) {
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
		terms := Terms{}
		switch seed % 4 {
		case 1:
			plan.Growth, terms.Narrow = &suite.Growth{Until: 0.05, First: 6, Max: 40}, true
		case 2, 3:
			plan.Growth = &suite.Growth{First: 6, Max: 40, Looks: []suite.Look{{Blocks: 6, Fraction: 0.4}, {Blocks: n, Fraction: 1}}}
			plan.Trials = []suite.Trial{{Block: n}}
			if n == 6 {
				plan.Growth.Looks = plan.Growth.Looks[1:]
			}
			var err error
			if terms.Scale, err = sequential.NewScale(plan.Fractions(n)); err != nil {
				t.Fatal(err)
			}
		}
		one := []Comparison{ofLogs(logs...)}
		one[0].test(seed)
		decide(one, plan)
		j := Judge(one[0].blocks(), terms)
		if verdict, grade := j.Verdict(); verdict != one[0].Verdict || grade != one[0].Grade {
			t.Errorf("seed %d: %s, the analysis says %s", seed, verdict, one[0].Verdict)
		}
		seen[one[0].Verdict]++
		for _, ratio := range []float64{one[0].Ratio.Low * 0.999, one[0].Ratio.Low * 1.001, one[0].Ratio.High * 1.001, one[0].Ratio.High * 0.999} {
			if got, bracketed := j.Covers(ratio); got != (one[0].Ratio.Low <= ratio && ratio <= one[0].Ratio.High) || got != bracketed {
				t.Errorf("seed %d: covers %g: %t, %t", seed, ratio, got, bracketed)
			}
		}
		if half := one[0].Ratio.half(); n >= minBlocks && (!j.Narrow(half*1.000001) || j.Narrow(half*0.999)) {
			t.Errorf("seed %d: half-width %g", seed, half)
		}
	}
	for _, v := range []string{Faster, Slower, Equivalent, Undecided} {
		if seen[v] < 10 {
			t.Errorf("%s was seen %d times", v, seen[v])
		}
	}
}

// scipy.stats.binomtest(k, n).proportion_ci(method="exact"), SciPy 1.17.1.
func TestSharesHaveClopperAndPearsonsInterval(t *testing.T) {
	c := checker{t: t}
	for _, x := range []struct {
		k, n      int
		low, high float64
	}{
		{0, 40, 0.0, 0.08809730287880335},
		{1, 40, 0.0006327449320901936, 0.13158585848276577},
		{2, 40, 0.006113646599346682, 0.16919686395941763},
		{40, 40, 0.9119026971211966, 1.0},
		{13, 250, 0.02797489245844044, 0.08728018493035454},
		{500, 10000, 0.045809942198770603, 0.054454527028358866},
		{9771, 10000, 0.973975466902022, 0.9799422102978496},
	} {
		low, high := Exact(x.k, x.n)
		c.near("low", low, x.low)
		c.near("high", high, x.high)
	}
}

func TestOnlyDecidingComparisonsThatCanRunAreTooWide(t *testing.T) {
	wide := Interval{Estimate: 2, Low: 1.8, High: 2.3}
	narrow := Interval{Estimate: 2, Low: 1.95, High: 2.05}
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
