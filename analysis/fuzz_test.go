package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tqbench/tqbench/internal/fuzzfloats"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// metricsOfLatency are the metrics of a trial with one task of that latency.
func metricsOfLatency(ms float64) map[string]float64 {
	return (&measured{Trial: results.Trial{}, latencies: []float64{ms}}).values(basic())
}

// Whatever trials measured, the report can be written, and its figures obey their own rules.
func FuzzAnyTrialsGiveAWritableReport(f *testing.F) {
	fuzzfloats.AddSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) { checkReport(t, fuzzfloats.Of(data)) })
}

// The fuzzer seldom makes a second number like the first. Numbers from a short list often are.
func TestAwkwardNumbersGiveAWritableReport(t *testing.T) {
	t.Parallel()
	awkward := []float64{0, 1, 1, 1, -1, 2, 3, 0.5, math.Nextafter(1, 2), math.NaN(), math.Inf(1), math.Inf(-1), 1e-300, 1e300,
		math.SmallestNonzeroFloat64, math.MaxFloat64, -math.MaxFloat64, -math.SmallestNonzeroFloat64, 1e160, 1e-160}
	rng := rand.New(rand.NewPCG(16, 17))
	for range 800 {
		values := make([]float64, 2*(1+rng.IntN(9)))
		// A few kinds at a time, so that ties and constant sides come up.
		kinds := rng.Perm(len(awkward))[:1+rng.IntN(6)]
		for i := range values {
			values[i] = awkward[kinds[rng.IntN(len(kinds))]]
		}
		checkReport(t, values)
	}
}

// checkReport compares the second half of the numbers, the candidate's, with the first.
func checkReport(t *testing.T, values []float64) {
	t.Helper()
	half := len(values) / 2
	rows := rowsOf("latency_p50", values[:half], values[half:])
	for i, r := range rows {
		v := values[r.Block-1]
		if r.Arm == "b" {
			v = values[half+r.Block-1]
		}
		rows[i].Metrics = metricsOfLatency(v)
	}
	c, ok := compareRows(t, "latency_p50", rows, 1)
	if !ok {
		return
	}
	all := []Comparison{c}
	decide(all, suite.Plan{})
	mustMarshal(t, all)
	checkClaims(t, half, rows)
	c = all[0]
	if c.Verdict == "" || (c.Verdict == NoData) != (len(c.Baseline.Values) == 0 || len(c.Candidate.Values) == 0) {
		t.Fatalf("%v: %+v", values, c)
	}
	for _, x := range c.Tests {
		if !(x.P >= 0 && x.P <= 1) || c.BracketedP < c.CorrectedP {
			t.Fatalf("%+v, corrected %v", x, c.CorrectedP)
		}
	}
	for _, i := range c.Intervals {
		if !(i.Low <= i.High && c.Bracketed.Low <= c.Ratio.Low && c.Ratio.High <= c.Bracketed.High) {
			t.Fatalf("%+v, %+v in %+v", i, c.Ratio, c.Bracketed)
		}
	}
	if different(c) && c.Ratio.Low <= 1 && c.Ratio.High >= 1 {
		t.Fatalf("%s with %+v", c.Verdict, c.Ratio)
	}
}

// checkClaims holds claims of each form against the trials, and follows them along a sweep.
func checkClaims(t *testing.T, blocks int, rows []TrialRow) {
	t.Helper()
	side := suite.Side{Scenario: "throughput", Broker: "redis", Contender: "asynctasq", Metric: "latency_p50"}
	other := &suite.Side{Contender: "celery"}
	var list []suite.Claim
	for _, k := range []suite.Check{{About: bound(1)}, {AtMost: bound(1)}, {AtLeast: bound(1), AtMost: bound(2), Per: suite.PerProcess}} {
		k.Side, k.Unit = side, "ms"
		difference, ratio := k, k
		difference.Minus = other
		ratio.Over, ratio.Unit = other, suite.Times
		list = append(list, suite.Claim{Check: &k}, suite.Claim{Check: &difference}, suite.Claim{Check: &ratio})
	}
	plan := planOf(blocks)
	all := claims(list, plan, rows)
	mustMarshal(t, all)
	for _, c := range all {
		if c.Outcome == "" || !c.Checked() && c.Reason.Code == "" || c.Checked() && !(c.Low <= c.Measured && c.Measured <= c.High) {
			t.Fatalf("%+v", c)
		}
	}
	plan.Scenarios[0].Of, plan.Scenarios[1].Of, plan.Scenarios[1].Name = "size", "size", "throughput"
	for i := range plan.Scenarios {
		plan.Scenarios[i].Decide = []string{"latency_p50"}
	}
	mustMarshal(t, sweepsOf(plan, rows))
}
