package analysis

import (
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// arm is the values of a metric of one arm in one scenario on one broker, by block: those that are valid, and those of trials
// that a flag keeps out.
type arm struct {
	suite.Arm
	values, spoiled map[int]float64
}

// byPlace sorts trials by where they ran. Who looks at one place after another would else go through all trials each time.
func byPlace(rows []TrialRow) map[suite.Place][]TrialRow {
	out := map[suite.Place][]TrialRow{}
	for _, r := range rows {
		at := suite.At(r.Scenario, r.Broker)
		out[at] = append(out[at], r)
	}
	return out
}

// armOf gathers the values of an arm.
func armOf(rows []TrialRow, scenario, broker string, a suite.Arm, metric string) arm {
	out := arm{a, map[int]float64{}, map[int]float64{}}
	for _, r := range rows {
		if r.Scenario != scenario || r.Broker != broker || r.Arm != a.Name {
			continue
		}
		v, ok := r.Metrics[metric]
		switch {
		case !ok:
		case valid(r.Trial, metric):
			out.values[r.Block] = v
		default:
			out.spoiled[r.Block] = v
		}
	}
	return out
}

// KeptOutBy lists the codes of the flags that keep a trial out of a metric. That tasks failed doesn't keep it out of
// their share.
func KeptOutBy(t results.Trial, name string) []string {
	var out []string
	for _, f := range t.Flags {
		if f.Invalidates(name) && !(f.Code == results.FlagFailed && name == metric.FailedShare) {
			out = append(out, f.Code)
		}
	}
	return out
}

// valid tells whether no flag keeps the trial out of a metric.
func valid(t results.Trial, metric string) bool { return len(KeptOutBy(t, metric)) == 0 }

// list has the valid values in block order.
func (a arm) list(blocks int) []float64 { return byBlock(a.values, blocks) }

// estimate sums up the arm. Where no trial is valid, the figure is of those that a flag keeps out.
func (a arm) estimate(blocks int) Estimate {
	return Level(a.Arm, a.list(blocks), byBlock(a.spoiled, blocks))
}

func byBlock(values map[int]float64, blocks int) []float64 {
	var out []float64
	for n := 1; n <= blocks; n++ {
		if v, ok := values[n]; ok {
			out = append(out, v)
		}
	}
	return out
}

// logRatios are the logs of a over b by block, of the blocks in which both have a value above zero.
func (a arm) logRatios(b arm, blocks int) []float64 {
	var out []float64
	for n := 1; n <= blocks; n++ {
		x, y := a.values[n], b.values[n]
		if log, ok := stats.LogRatio(y, x); ok {
			out = append(out, log)
		}
	}
	return out
}

// differences are a less b by block, of the blocks in which both have a value.
func (a arm) differences(b arm, blocks int) []float64 {
	var out []float64
	for n := 1; n <= blocks; n++ {
		x, ok := a.values[n]
		y, both := b.values[n]
		if d := x - y; ok && both && stats.IsFinite(d) {
			out = append(out, d)
		}
	}
	return out
}

// inUnit is the factor that turns a metric's unit into a claim's.
func inUnit(m figure, unit string) (float64, bool) {
	switch {
	case m.Unit == unit:
		return 1, true
	case m.Unit == "MiB" && unit == "MB":
		return float64(1<<20) / 1e6, true
	case m.Unit == "s" && m.Family == metric.FamilyCPU && unit == "us a task":
		return 1e6 / 1000, true
	}
	return 0, false
}
