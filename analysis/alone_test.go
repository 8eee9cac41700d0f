package analysis

import (
	"math"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// loneRow is a trial of an arm with its metrics.
func loneRow(block int, arm string, metrics map[string]float64, flags ...results.Flag) TrialRow {
	return TrialRow{Trial: results.Trial{ID: block, Block: block, Scenario: "s", Broker: "redis", Arm: arm, Contender: arm, Flags: flags}, Metrics: metrics}
}

// An arm without a comparison has figures, those that would decide first; one with a comparison has its figures there.
func TestAnArmThatNothingIsComparedWithHasFigures(t *testing.T) {
	t.Parallel()
	both := func(x float64) map[string]float64 { return map[string]float64{"pss": 100 + x, "throughput": 1000 + x} }
	rows := []TrialRow{loneRow(1, "a", both(1)), loneRow(1, "b", both(2)), loneRow(1, "c", both(3)), loneRow(2, "c", both(5))}
	gone := loneRow(2, "c", nil)
	gone.Reason = "its broker is gone"
	rows = append(rows, gone)
	compared := []Comparison{{Scenario: "s", Broker: "redis", Baseline: Estimate{Arm: "a"}, Candidate: Estimate{Contender: "b"}}}
	got := aloneOf(compared, rows, map[string][]string{"s": {"pss"}})
	if len(got) != 2 || got[0].Metric != "pss" || !got[0].Deciding || got[1].Metric != "throughput" || got[1].Deciding {
		t.Fatalf("%+v", got)
	}
	f := got[1]
	if f.Title != "Throughput" || f.Unit != "tasks/s" || !f.HigherIsBetter || f.Estimate.Arm != "c" || f.Estimate.Estimate != 1004 ||
		!slices.Equal(f.Estimate.Values, []float64{1003, 1005}) {
		t.Errorf("%+v", f)
	}
	// An analysis of before there were such figures has the same.
	old := Analysis{Comparisons: compared, Trials: rows}
	if again := old.AloneFigures(); len(again) != 2 || again[0].Metric != "throughput" || again[0].Estimate.Estimate != 1004 {
		t.Errorf("%+v", again)
	}
	if none := aloneOf(compared, rows[:2], nil); none == nil || len(none) != 0 {
		t.Errorf("%+v", none)
	}
}

// One block has no interval. Two have Student's, on logarithms, which is as wide as two values deserve; six have that of order statistics.
func TestALoneFigureHasAnIntervalFromTwoBlocksOn(t *testing.T) {
	t.Parallel()
	of := func(values ...float64) Alone {
		var rows []TrialRow
		for i, v := range values {
			rows = append(rows, loneRow(i+1, "a", map[string]float64{"throughput": v}))
		}
		return aloneOf(nil, rows, nil)[0]
	}
	if f := of(100); f.HasInterval() || f.Confidence != 0 || f.Estimate.Low != 100 || f.Estimate.High != 100 {
		t.Errorf("one: %+v", f)
	}
	// t with one degree of freedom has 12.706 at 97.5 %, and the standard error of two logarithms is half their distance.
	half := 12.7062 * math.Log(1.1) / 2
	f := of(100, 110)
	if !f.HasInterval() || f.Confidence != stats.Confidence || math.Abs(f.Estimate.High/math.Exp(math.Log(100*110)/2+half)-1) > 1e-4 || f.Estimate.Low >= 100 {
		t.Errorf("two: %+v, half %g", f, half)
	}
	if f := of(1, 2, 3, 4, 5, 6); f.Confidence < stats.Confidence || f.Estimate.Low != 1 || f.Estimate.High != 6 || f.Estimate.Estimate != 3.5 {
		t.Errorf("six: %+v", f)
	}
}

// Trials that a flag keeps out are in no figure, unless there are no others.
func TestALoneFigureLeavesSpoiledTrialsOut(t *testing.T) {
	t.Parallel()
	died := results.Flag{Code: results.FlagWorkerDied, Metrics: []string{"*"}}
	slow := map[string]float64{"throughput": 1}
	f := aloneOf(nil, []TrialRow{loneRow(1, "a", slow, died), loneRow(2, "a", map[string]float64{"throughput": 9})}, nil)[0]
	if f.Estimate.Estimate != 9 || !slices.Equal(f.Estimate.Spoiled, []float64{1}) || f.HasInterval() {
		t.Errorf("%+v", f)
	}
	f = aloneOf(nil, []TrialRow{loneRow(1, "a", slow, died), loneRow(2, "a", slow, died)}, nil)[0]
	if f.Estimate.Estimate != 1 || len(f.Estimate.Values) != 0 || len(f.Estimate.Spoiled) != 2 {
		t.Errorf("%+v", f)
	}
}
