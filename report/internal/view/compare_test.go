package view

import (
	"math"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/stats"
)

// A reason is said once for all of its metrics, even of those whose titles have a colon.
func TestAReasonIsSaidOnceForAllOfItsMetrics(t *testing.T) {
	t.Parallel()
	web := regress.Row{Title: "Web app: its first request", Unit: "ms", Reason: regress.Reason{Code: regress.ReasonNoInterval}}
	rate := regress.Row{Title: "Throughput", Unit: "tasks/s", Reason: web.Reason}
	other := regress.Row{Title: "Message size", Unit: "bytes", Reason: regress.Reason{Code: regress.ReasonNoRatio, Detail: "it is nought"}}
	fine := regress.Row{Title: "Median latency", Unit: "ms"}
	const few = "0 valid trials old and 0 valid trials new: there is no interval"
	for _, tt := range []struct {
		rows []regress.Row
		want []string
	}{
		{[]regress.Row{web, rate}, []string{"All metrics: " + few}},
		{[]regress.Row{fine, web, other, rate}, []string{"Web app: its first request (ms) and Throughput (tasks/s): " + few,
			"Message size (bytes): it is nought"}},
		{[]regress.Row{fine}, nil},
	} {
		if got := RowNotes(tt.rows); !slices.Equal(got, tt.want) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// Where noise isn't known, no range is called that of all that it can have done.
func TestARangeOfNoiseIsOfWhatWasMeasured(t *testing.T) {
	t.Parallel()
	row := regress.Row{Title: "Throughput", Unit: "tasks/s", Ratio: &stats.Interval{Estimate: 0.9, Low: 0.88, High: 0.92}, Bracketed: &stats.Interval{Low: 0.8, High: 0.95}}
	unknown := row
	unknown.NoiseUnknown = analysis.NoiseAttached
	for _, tt := range []struct {
		row  regress.Row
		want string
	}{
		{row, "Throughput (tasks/s): -20.0 % to -5.00 % whatever stolen CPU time, a late generator and other programs did"},
		{unknown, "Throughput (tasks/s): -20.0 % to -5.00 % whatever the noise did that was measured"},
	} {
		if got := RowNotes([]regress.Row{tt.row}); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestEachDecisionHasItsSentence(t *testing.T) {
	t.Parallel()
	side := func(trials, valid int, by ...string) regress.Side {
		return regress.Side{Trials: trials, KeptOutBy: by, Estimate: analysis.Estimate{Values: make([]float64, valid)}}
	}
	row := regress.Row{Cell: regress.Cell{Scenario: "io", Broker: "redis", Arm: "rq/fork"}, Metric: "throughput", Title: "Throughput",
		Old: side(7, 7), New: side(7, 7), Ratio: &stats.Interval{Estimate: 0.9, Low: 0.88, High: 0.92}}
	few, apart, assumes, runs, unknown := row, row, row, row, row
	unknown.NoiseUnknown = analysis.NoiseAttached
	runs.Old.RunMeans, runs.New.RunMeans = []float64{1, 1}, []float64{1, 1, 1}
	runs.Deviation, runs.Bracketed = &stats.Deviation{}, &stats.Interval{Low: 0.85, High: 1.02}
	few.Ratio, few.New, few.Reason = nil, side(7, 1, "disturbed", "late"), regress.Reason{Code: regress.ReasonNoInterval}
	apart.Ratio, apart.Reason = nil, regress.Reason{Code: regress.ReasonDiffers, More: 2,
		Difference: &regress.Difference{What: "phases.drain.tasks", Old: "3000", Where: "io/redis"}}
	assumes.New, assumes.Reason = side(3, 3), regress.Reason{Code: regress.ReasonAssumes}
	const changed = "Throughput of rq/fork on redis in io changed by -10.0 %"
	for _, tt := range []struct {
		row  regress.Row
		d    regress.Decision
		want string
	}{
		{row, regress.Decision{Outcome: regress.Fails, Bound: 0.95, CorrectedP: 0.0123, Tested: 4},
			changed + " (95 % interval -12.0 % to -8.00 %, 7 old and 7 new trials): all of it is below -5.00 %. p = 0.012 after Holm's correction over 4."},
		{row, regress.Decision{Outcome: regress.Passes, Bound: 1.1, Above: true, CorrectedP: 0.5, Tested: 1},
			changed + " (95 % interval -12.0 % to -8.00 %, 7 old and 7 new trials): none of it is above +10.0 %. p = 0.5 after Holm's correction over 1."},
		{row, regress.Decision{Outcome: regress.CantTell, Bound: 0.9, NeedTrials: 40},
			changed + " (95 % interval -12.0 % to -8.00 %, 7 old and 7 new trials): part of it is below -10.0 %; about 40 trials a side would decide."},
		{row, regress.Decision{Outcome: regress.CantTell, Bound: 0.9},
			changed + " (95 % interval -12.0 % to -8.00 %, 7 old and 7 new trials): part of it is below -10.0 %; more than 1000 trials a side would be needed to decide."},
		{few, regress.Decision{Outcome: regress.CantTell},
			"Throughput of rq/fork on redis in io: 7 valid trials old and 1 valid trial of 7 (disturbed, late) new: there is no interval."},
		{apart, regress.Decision{Outcome: regress.CantTell},
			"Throughput of rq/fork on redis in io: not compared: io/redis: phases.drain.tasks: 3000, now none (and 2 more)."},
		{assumes, regress.Decision{Outcome: regress.CantTell}, changed + " (7 valid trials old and 3 valid trials new: there is no interval that assumes nothing)."},
		{row, regress.Decision{Outcome: regress.CantTell, Row: -1, Metric: "recovery"}, "No cell that it covers has recovery on both sides."},
		{runs, regress.Decision{Outcome: regress.Fails, Bound: 0.95, CorrectedP: 0.0123, Tested: 4, Grade: stats.Here},
			changed + " (95 % interval -12.0 % to -8.00 %, 7 old and 7 new trials in 2 and 3 runs): all of it is below -5.00 %, as measured here; " +
				"noise can have made it -15.0 % to +2.00 %. p = 0.012 after Holm's correction over 4."},
		{unknown, regress.Decision{Outcome: regress.Fails, Bound: 0.95, CorrectedP: 0.0123, Tested: 4, Grade: stats.Here},
			changed + " (95 % interval -12.0 % to -8.00 %, 7 old and 7 new trials): all of it is below -5.00 %, as measured here; " +
				"other programs can't be known with an attached broker. p = 0.012 after Holm's correction over 4."},
		{runs, regress.Decision{Outcome: regress.CantTell, Bound: 0.9, NeedRuns: 4},
			changed + " (95 % interval -12.0 % to -8.00 %, 7 old and 7 new trials in 2 and 3 runs): part of it is below -10.0 %; about 4 runs a side would decide."},
	} {
		if got := DecisionWords(regress.Comparison{Rows: []regress.Row{tt.row}}, tt.d); got != tt.want {
			t.Errorf("%q, want\n%q", got, tt.want)
		}
	}
}

func TestChangesKeepTheirSignAndTheirSide(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64]string{
		1: "0 %", 1.00001: "0 %", 0.9499: "-5.01 %", 1.1: "+10.0 %", 0.9: "-10.0 %", 1.9999: "+100 %", 0.5: "-50.0 %", 3: "+200 %", math.Exp(700): "+1e+306 %", 1e-300: "-100 %",
	} {
		if got := change(ratio); got != want {
			t.Errorf("%v: %s, want %s", ratio, got, want)
		}
	}
}
