package analysis

import (
	"math"
	"sort"

	"github.com/tqbench/tqbench/suite"
)

// The kinds of curves.
const (
	CurveLatency     = "latency"
	CurveCompletions = "completions"
)

const (
	// tailTasks is how many tasks must lie beyond a quantile for a curve to go there.
	tailTasks = 10
	// completionSteps is the number of points of a completion curve.
	completionSteps = 60
)

// curveKey tells curves apart.
type curveKey struct{ scenario, broker, arm string }

// sketches gathers what the curves of a run are made of, a few hundred numbers a trial.
type sketches struct {
	latency map[curveKey][][]float64 // by trial, at latencyGrid
	done    map[curveKey][]*ends
	phases  map[curveKey][2]string // open, backlog
}

// ends is a trial's completions, thinned.
type ends struct {
	total int
	at    []float64 // the times of every step-th completion
	step  int
}

func newSketches() *sketches {
	return &sketches{latency: map[curveKey][][]float64{}, done: map[curveKey][]*ends{}, phases: map[curveKey][2]string{}}
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
	key := curveKey{m.Scenario, m.Broker, m.Arm}
	open, _ := m.phase(suite.Wire, suite.Open, suite.Poisson, suite.Trace)
	drain, _ := m.drained()
	s.phases[key] = [2]string{open.Name, drain.Name}
	if len(m.latencies) > 0 && valid(m.Trial, "latency_p99") {
		var at []float64
		for _, q := range latencyGrid() {
			if float64(len(m.latencies))*(1-q) >= tailTasks {
				at = append(at, quantile(m.latencies, q))
			}
		}
		s.latency[key] = append(s.latency[key], at)
	}
	if len(m.ends) > 0 && valid(m.Trial, "throughput") {
		e := &ends{total: len(m.ends), step: max(1, len(m.ends)/2000)}
		for i := e.step - 1; i < len(m.ends); i += e.step {
			e.at = append(e.at, m.ends[i])
		}
		if last := m.ends[len(m.ends)-1]; e.at[len(e.at)-1] != last {
			e.at = append(e.at, last)
		}
		s.done[key] = append(s.done[key], e)
	}
}

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
			for _, arm := range plan.Sides(sc) {
				key := curveKey{sc.Name, b, arm.Name}
				c := Curve{Scenario: sc.Name, Broker: b, Arm: arm.Name, Defaults: plan.Defaults}
				if trials := s.latency[key]; len(trials) > 0 {
					c.Kind, c.Phase, c.Points = CurveLatency, s.phases[key][0], latencyPoints(trials)
					out = append(out, c)
				}
				if trials := s.done[key]; len(trials) > 0 {
					c.Kind, c.Phase, c.Points = CurveCompletions, s.phases[key][1], completionPoints(trials)
					out = append(out, c)
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
		if len(values) < len(trials) {
			break // a point of fewer trials would be of other trials
		}
		points = append(points, point(q, values))
	}
	return points
}

func completionPoints(trials []*ends) []Point {
	longest := 0.0
	for _, t := range trials {
		longest = max(longest, t.at[len(t.at)-1])
	}
	var points []Point
	for i := range completionSteps + 1 {
		x := longest * float64(i) / completionSteps
		var values []float64
		for _, t := range trials {
			values = append(values, t.by(x))
		}
		points = append(points, point(x, values))
	}
	return points
}

func point(x float64, values []float64) Point {
	s := ascending(values)
	return Point{X: x, Y: quantile(s, 0.5), Low: s[0], High: s[len(s)-1], Trials: len(s)}
}
