package analysis

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/stats/steady"
	"github.com/tqbench/tqbench/suite"
)

// Steadiness is how steady a trial was in one phase.
type Steadiness struct {
	Phase string `json:"phase"`
	// Of is "throughput", of windows of equal length, or "latency", of windows of equally many tasks.
	Of string `json:"of"`
	steady.Result
	// WindowSeconds is a window's length where Of is "throughput".
	WindowSeconds float64 `json:"window_seconds,omitempty"`
	// SteadyOverAll is the figure of the steady part over that of all windows; 0 where there is no steady part.
	SteadyOverAll float64 `json:"steady_over_all"`
}

// What Steadiness can be of.
const (
	SteadyThroughput = "throughput"
	SteadyLatency    = "latency"
)

// steadiness judges the phases of a trial whose load is meant to be the same all the time. A phase with too few tasks,
// or with latencies that are no positive numbers, has none.
func (m *measured) steadiness(sc suite.Scenario) []Steadiness {
	out := []Steadiness{}
	if !m.Done() || !evenLoad(sc, suite.Load, suite.Codec) {
		return out
	}
	add := func(p results.Phase, of string, windows []float64, seconds float64) {
		r, err := steady.Judge(windows, of == SteadyThroughput, stats.Margin)
		if len(windows) == 0 || err != nil {
			return
		}
		s := Steadiness{Phase: p.Name, Of: of, Result: r, WindowSeconds: seconds}
		if r.From < len(windows) {
			s.SteadyOverAll = stats.Ratio(stats.MomentsOf(stats.Logs(windows[r.From:])).Mean - stats.MomentsOf(stats.Logs(windows)).Mean)
		}
		out = append(out, s)
	}
	if p, ok := m.drained(); ok {
		add(p, SteadyThroughput, m.rates, m.window)
	}
	unresolved := func(ms float64) bool { return !m.resolved(ms) }
	if p, ok := m.paced(suite.Open, suite.Poisson); ok && !slices.ContainsFunc(m.medians, unresolved) {
		add(p, SteadyLatency, m.medians, 0)
	}
	return out
}

// evenLoad tells whether a scenario is measured in one of those ways; what says nothing is measured by its load.
func evenLoad(sc suite.Scenario, ways ...string) bool {
	return slices.Contains(ways, cmp.Or(sc.Measure, suite.Load))
}

// flag reports a series that slowed down or was never steady. It keeps nothing out: the figure is of the whole phase,
// on both sides, and what is not steady shows in the spread between trials.
func (s Steadiness) flag() (results.Flag, bool) {
	switch s.Class {
	case steady.SlowDown:
		return s.unsteady(results.CheckSlower), true
	case steady.Never:
		return s.unsteady(results.CheckUnsteady), true
	}
	return results.Flag{}, false
}

func (s Steadiness) unsteady(check string) results.Flag {
	f := results.Fact{Check: check, Phase: s.Phase, Metric: s.Of}
	for _, c := range s.Changes {
		f.Changes = append(f.Changes, float64(c)/float64(s.Windows))
	}
	return results.Flag{Code: results.FlagUnsteady, Fact: f}
}

// withFlags are a trial's flags and those that its steadiness gives it.
func withFlags(flags []results.Flag, all []Steadiness) []results.Flag {
	out := slices.Clone(flags)
	for _, s := range all {
		if f, ok := s.flag(); ok {
			out = append(out, f)
		}
	}
	return out
}

// Levels says where the spread of an arm's throughput comes from, as Kalibera and Jones name the levels in "Rigorous
// benchmarking in reasonable time", ISMM 2013: windows within a trial, trials (each starts broker and workers again),
// and blocks (the moment that the trials of all arms in it share). Deviations are relative: 0.02 is 2 %.
type Levels struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
	// Trials is how many trials the figures rest on, Windows how many windows the steady part of one has on average.
	Trials  int     `json:"trials"`
	Windows float64 `json:"windows"`
	// Window is the deviation between windows of one trial, Trial that between trials beyond what their windows explain,
	// Block that which arms share within a block. A block of one arm can't be distinguished from its trial.
	Window float64 `json:"window"`
	Trial  float64 `json:"trial"`
	Block  float64 `json:"block"`
	// WindowSeconds is the length of a window, Overhead the seconds of a trial that aren't in its steady part.
	WindowSeconds float64 `json:"window_seconds"`
	Overhead      float64 `json:"overhead_seconds"`
	// BestWindows is how many windows a trial should have so that a given time gives the narrowest interval; 0 where
	// trials differ by no more than their windows explain: then a longer trial is always better than another.
	BestWindows int `json:"best_windows"`
}

// series is the steady part of one trial.
type series struct {
	block    int
	logs     []float64
	seconds  float64
	overhead float64
}

// steadyParts gathers the steady parts of a run's drains by cell.
type steadyParts map[suite.Key][]series

// perBatch windows are one value: neighbours are not independent, and their means are less dependent.
const perBatch = 5

// add takes a trial in, if its drain is valid and has a steady part.
func (p steadyParts) add(m *measured, row TrialRow) {
	for _, s := range row.Steadiness {
		if s.Of != SteadyThroughput || s.From >= s.Windows || !valid(m.Trial, metric.Throughput) {
			continue
		}
		x := series{block: m.Block, seconds: perBatch * s.WindowSeconds, overhead: m.Startup.BrokerSeconds + m.Startup.WorkerSeconds +
			m.Warmup.Seconds + m.Startup.StopSeconds + float64(s.From)*s.WindowSeconds}
		for i := s.From; i+perBatch <= s.Windows; i += perBatch {
			x.logs = append(x.logs, math.Log(stats.MomentsOf(m.rates[i:i+perBatch]).Mean))
		}
		if len(x.logs) >= 2 {
			key := suite.KeyOf(m.Scenario, m.Broker, m.Arm)
			p[key] = append(p[key], x)
		}
	}
}

// levels are those of all cells with at least two trials, in the plan's order.
func (p steadyParts) levels(plan suite.Plan) []Levels {
	out := []Levels{}
	for _, sc := range plan.Scenarios {
		for _, b := range plan.Brokers {
			sides := plan.Sides(sc, b)
			for _, arm := range sides {
				all := p[suite.KeyOf(sc.Name, b, arm.Name)]
				if len(all) < 2 {
					continue
				}
				var others [][]series
				for _, o := range sides {
					if o.Name != arm.Name {
						others = append(others, p[suite.KeyOf(sc.Name, b, o.Name)])
					}
				}
				l := levelsOf(all, others)
				l.Scenario, l.Broker, l.Arm = sc.Name, b, arm.Name
				out = append(out, l)
			}
		}
	}
	return out
}

// levelsOf splits the variance of one cell. The estimators are the unbiased ones of Kalibera and Jones, section 9.3: a
// level's variance is what the means of that level have beyond the share of the level below. The block's is the mean
// covariance with the other arms. Each is 0 where its estimate is negative.
func levelsOf(all []series, others [][]series) Levels {
	var means, seconds, overheads []float64
	var within, inverse, count float64
	for _, s := range all {
		m := stats.MomentsOf(s.logs)
		means = append(means, m.Mean)
		within += m.SD * m.SD
		inverse += 1 / float64(m.N)
		count += float64(m.N)
		seconds, overheads = append(seconds, s.seconds), append(overheads, s.overhead)
	}
	n := float64(len(all))
	within, inverse = within/n, inverse/n
	m := stats.MomentsOf(means)
	var shared []float64
	for _, o := range others {
		if c, ok := covariance(all, o); ok {
			shared = append(shared, c)
		}
	}
	block := 0.0
	if len(shared) > 0 {
		block = min(max(0, stats.MomentsOf(shared).Mean), m.SD*m.SD)
	}
	trial := max(0, m.SD*m.SD-block-within*inverse)
	l := Levels{Trials: len(all), Windows: count / n, Window: math.Sqrt(within), Trial: math.Sqrt(trial), Block: math.Sqrt(block),
		WindowSeconds: stats.Median(seconds), Overhead: stats.Median(overheads)}
	if trial > 0 && l.WindowSeconds > 0 {
		best := math.Ceil(math.Sqrt(l.Overhead / l.WindowSeconds * within / trial))
		l.BestWindows = int(min(max(best, 1), math.MaxInt32))
	}
	return l
}

// covariance is that of the means of trials in the same block, if there are at least three such blocks.
func covariance(a, b []series) (float64, bool) {
	means := map[int][]float64{}
	for _, o := range b {
		means[o.block] = append(means[o.block], stats.MomentsOf(o.logs).Mean)
	}
	var x, y []float64
	for _, s := range a {
		for _, mean := range means[s.block] {
			x, y = append(x, stats.MomentsOf(s.logs).Mean), append(y, mean)
		}
	}
	if len(x) < 3 {
		return 0, false
	}
	return stat.Covariance(x, y, nil), true
}
