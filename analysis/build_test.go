package analysis

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// These helpers are the only ones that know how a comparison is put together.

// missing stands for a trial without the metric.
var missing = math.NaN()

// basic are the metrics that each scenario has.
func basic() []figure { return figuresOf(suite.Scenario{})[:len(metric.In(metric.Trial))] }

// figureNamed is one of them by its name.
func figureNamed(t testing.TB, name string) figure {
	t.Helper()
	for _, f := range basic() {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("there is no metric %s", name)
	return figure{}
}

// rowsOf are the trials of blocks 1, 2, ... with one metric; a value that JSON can't hold is no value, as in Analyze.
func rowsOf(metric string, base, cand []float64) []TrialRow {
	var rows []TrialRow
	add := func(block int, arm string, v float64) {
		m := map[string]float64{}
		if stats.IsFinite(v) {
			m[metric] = v
		}
		rows = append(rows, TrialRow{Metrics: m, Trial: results.Trial{
			ID: len(rows) + 1, Block: block, Scenario: "throughput", Broker: "redis", Arm: arm}})
	}
	for i := range max(len(base), len(cand)) {
		if i < len(base) {
			add(i+1, "a", base[i])
		}
		if i < len(cand) {
			add(i+1, "b", cand[i])
		}
	}
	return rows
}

// compareRows is one comparison of arm b with arm a, without a verdict. It is false where no trial has the metric.
func compareRows(t testing.TB, of string, rows []TrialRow, seed uint64) (Comparison, bool) {
	t.Helper()
	blocks := 0
	for _, r := range rows {
		blocks = max(blocks, r.Block)
	}
	return compare(cell{
		scenario: suite.Scenario{Name: "throughput"}, broker: "redis", metric: figureNamed(t, of),
		baseline: suite.Arm{Name: "a", Contender: "celery/prefork"}, other: suite.Arm{Name: "b", Contender: "asynctasq/async"},
	}, rows, suite.Plan{Blocks: blocks, Seed: seed})
}

// judged is the only comparison of a report, with its verdict.
func judged(t testing.TB, metric string, base, cand []float64) Comparison {
	t.Helper()
	c, ok := compareRows(t, metric, rowsOf(metric, base, cand), 1)
	if !ok {
		t.Fatal("no trial has the metric")
	}
	all := []Comparison{c}
	decide(all, suite.Plan{})
	mustMarshal(t, all)
	return all[0]
}

// mustMarshal is the JSON of v. The encoder refuses NaN and infinities.
func mustMarshal(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v: %+v", err, v)
	}
	return string(b)
}

// draw gives n log-normal values around 100.
func draw(rng *rand.Rand, n int, sd float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 100 * math.Exp(sd*rng.NormFloat64())
	}
	return out
}

func scaled(values []float64, k float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = k * v
	}
	return out
}
