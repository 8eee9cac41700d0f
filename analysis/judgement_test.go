package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// What a judgement leaves out must not matter: it says what the whole analysis says.
func TestAJudgementIsThatOfTheWholeAnalysis(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 9))
		n, growing := 4+rng.IntN(12), seed%2 == 0
		logs := make([]float64, n)
		shift, noise := 0.2*rng.NormFloat64(), 0.1*rng.Float64()
		if seed%3 == 0 {
			shift = 0.02 * rng.NormFloat64()
		}
		c := Comparison{Blocks: n, HigherIsBetter: true}
		for i := range logs {
			logs[i] = shift + noise*rng.NormFloat64()
			c.Baseline.Values = append(c.Baseline.Values, 1)
			c.Candidate.Values = append(c.Candidate.Values, math.Exp(logs[i]))
			c.Ratios = append(c.Ratios, BlockRatio{Ratio: math.Exp(logs[i])})
		}
		c.test(logs, seed)
		one := []Comparison{c}
		decide(one, growing)
		j := Judge(logs, growing, generator(seed, "", "", ""))
		if got := j.Verdict(); got != one[0].Verdict {
			t.Errorf("seed %d: %s, the analysis says %s", seed, got, one[0].Verdict)
		}
		seen[one[0].Verdict]++
		j = Judge(logs, growing, generator(seed, "", "", ""))
		for _, ratio := range []float64{one[0].Ratio.Low * 0.999, one[0].Ratio.Low * 1.001, one[0].Ratio.High * 1.001, one[0].Ratio.High * 0.999} {
			if got, want := j.Covers(ratio), one[0].Ratio.Low <= ratio && ratio <= one[0].Ratio.High; got != want {
				t.Errorf("seed %d: covers %g: %t", seed, ratio, got)
			}
		}
		if half := one[0].Ratio.half(); n >= minBlocks && (!j.Narrow(half) || j.Narrow(half*0.999)) {
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
