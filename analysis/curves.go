package analysis

import (
	"math"
	"slices"
	"sort"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// The kinds of curves.
const (
	CurveLatency     = "latency"
	CurveCompletions = "completions"
	CurveDepth       = "depth"
)

const (
	// tailTasks is how many tasks must lie beyond a quantile for a curve to go there.
	tailTasks = 10
	// timeSteps is the number of steps of a curve over time.
	timeSteps = 60
)

// sketches gathers what the curves of a run are made of, a few hundred numbers a trial.
type sketches struct {
	// latency is by trial, at latencyGrid; NaN where the value is too short for the clocks that measured it.
	latency map[suite.Key][][]float64
	done    map[suite.Key][]*ends
	depth   map[suite.Key][2][]*depths // open, backlog
	phases  map[suite.Key][2]string    // open, backlog
}

// ends is a trial's completions, thinned.
type ends struct {
	total int
	at    []float64 // the times of every step-th completion
	step  int
}

// depths are the samples of a phase: how many tasks the broker held, at so many seconds after the phase began.
type depths struct{ at, held []float64 }

func newSketches() *sketches {
	return &sketches{
		latency: map[suite.Key][][]float64{}, done: map[suite.Key][]*ends{}, depth: map[suite.Key][2][]*depths{},
		phases: map[suite.Key][2]string{},
	}
}

// depthsOf takes a phase's samples out of a trial's, and has none where the broker couldn't tell its depth. It reads the
// samples from the first at or after the phase's begin to the first at or after its end.
func depthsOf(series *results.Depths, p results.Phase) *depths {
	d := &depths{}
	in := series.Phase.Is(p.Name)
	for i, at := range series.At {
		if !in[series.Phase.Index[i]] || at < p.Released {
			continue
		}
		if held := series.Depth[i]; held >= 0 {
			d.at, d.held = append(d.at, seconds(p.Released, at)), append(d.held, float64(held))
		}
		if at >= p.Drained {
			break
		}
	}
	if len(d.at) < 2 {
		return nil
	}
	return d
}

// latencyGrid are the quantiles at which latency curves have points.
func latencyGrid() []float64 {
	var grid []float64
	for i := range 100 {
		grid = append(grid, float64(i)/100)
	}
	return append(grid, 0.995, 0.999, 0.9999)
}

// add takes a trial in. One that a flag keeps out of all metrics is in no curve.
func (s *sketches) add(m *measured) {
	if !m.Done() {
		return
	}
	key := suite.KeyOf(m.Scenario, m.Broker, m.Arm)
	open, _ := m.paced(suite.Open, suite.Poisson, suite.Trace)
	drain, _ := m.drained()
	s.phases[key] = [2]string{open.Name, drain.Name}
	if len(m.latencies) > 0 && valid(m.Trial, metric.LatencyP99) {
		var at []float64
		for _, q := range latencyGrid() {
			if float64(len(m.latencies))*(1-q) < tailTasks {
				break
			}
			v := stats.Quantile(m.latencies, q)
			if !m.resolved(v) {
				v = math.NaN()
			}
			at = append(at, v)
		}
		s.latency[key] = append(s.latency[key], at)
	}
	if len(m.ends) > 0 && valid(m.Trial, metric.Throughput) {
		e := &ends{total: len(m.ends), step: max(1, len(m.ends)/2000)}
		for i := e.step - 1; i < len(m.ends); i += e.step {
			e.at = append(e.at, m.ends[i])
		}
		if last := m.ends[len(m.ends)-1]; e.at[len(e.at)-1] != last {
			e.at = append(e.at, last)
		}
		s.done[key] = append(s.done[key], e)
	}
	held := s.depth[key]
	for i, of := range [2]string{metric.LatencyP99, metric.Throughput} {
		if d := m.held[i]; d != nil && valid(m.Trial, of) {
			held[i] = append(held[i], d)
		}
	}
	s.depth[key] = held
}

// end is when the last sample was taken.
func (d *depths) end() float64 { return d.at[len(d.at)-1] }

// by is what the broker held x seconds after the phase began, as the last sample before says. Before the first sample
// nothing is known but that sample, and what is held when the last is taken stays.
func (d *depths) by(x float64) float64 {
	n := sort.Search(len(d.at), func(i int) bool { return d.at[i] > x })
	return d.held[max(n-1, 0)]
}

// end is when the last task ended.
func (e *ends) end() float64 { return e.at[len(e.at)-1] }

// by is how many tasks had ended x seconds after the release.
func (e *ends) by(x float64) float64 {
	n := sort.Search(len(e.at), func(i int) bool { return e.at[i] > x })
	return math.Min(float64(n*e.step), float64(e.total))
}

// curves are all that the plan's cells have, in the plan's order.
func (s *sketches) curves(plan suite.Plan) []Curve {
	out := []Curve{}
	for _, sc := range plan.Scenarios {
		for _, b := range plan.Brokers {
			for _, arm := range plan.Sides(sc, b) {
				key := suite.KeyOf(sc.Name, b, arm.Name)
				c := Curve{Scenario: sc.Name, Broker: b, Arm: arm.Name, Defaults: plan.Defaults}
				if points := latencyPoints(s.latency[key]); len(points) > 0 {
					c.Kind, c.Phase, c.Points = CurveLatency, s.phases[key][0], points
					out = append(out, c)
				}
				if trials := s.done[key]; len(trials) > 0 {
					c.Kind, c.Phase, c.Points = CurveCompletions, s.phases[key][1], timePoints(trials)
					out = append(out, c)
				}
				for i, trials := range s.depth[key] {
					if len(trials) > 0 {
						c.Kind, c.Phase, c.Points = CurveDepth, s.phases[key][i], timePoints(trials)
						out = append(out, c)
					}
				}
			}
		}
	}
	return out
}

func latencyPoints(trials [][]float64) []Point {
	var points []Point
	for i, q := range latencyGrid() {
		var values []float64
		for _, t := range trials {
			if i < len(t) {
				values = append(values, t[i])
			}
		}
		if len(values) < len(trials) || len(values) == 0 {
			break // a point of fewer trials would be of other trials
		}
		if !slices.ContainsFunc(values, math.IsNaN) {
			points = append(points, point(q, values))
		}
	}
	return points
}

// timePoints are those of a curve over time, from the begin of the phase to the end of the longest trial.
func timePoints[T interface {
	end() float64
	by(x float64) float64
}](trials []T) []Point {
	longest := 0.0
	for _, t := range trials {
		longest = max(longest, t.end())
	}
	var points []Point
	for i := range timeSteps + 1 {
		x := longest * float64(i) / timeSteps
		var values []float64
		for _, t := range trials {
			values = append(values, t.by(x))
		}
		points = append(points, point(x, values))
	}
	return points
}

func point(x float64, values []float64) Point {
	s := slices.Sorted(slices.Values(values))
	return Point{X: x, Y: stats.Quantile(s, 0.5), Low: s[0], High: s[len(s)-1], Trials: len(s)}
}
