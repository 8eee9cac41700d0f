package analysis

import (
	"slices"

	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// sweepsOf follows each arm along the points of each sweep that has two or more, for the metrics that decide it.
func sweepsOf(plan suite.Plan, rows []TrialRow) []Sweep {
	out := []Sweep{}
	seen, at := map[string]bool{}, byPlace(rows)
	for _, first := range plan.Scenarios {
		if first.Of == "" || seen[first.Of] {
			continue
		}
		seen[first.Of] = true
		var points []suite.Scenario
		for _, sc := range plan.Scenarios {
			if sc.Of == first.Of {
				points = append(points, sc)
			}
		}
		if len(points) < 2 {
			continue
		}
		for _, b := range plan.Brokers {
			if !first.RunsOn(b) {
				continue
			}
			for _, name := range first.Decide {
				for _, side := range plan.ArmsOf(first) {
					if s, ok := sweepOf(points, b, name, side, plan, at); ok {
						out = append(out, s)
					}
				}
			}
		}
	}
	return out
}

// sweepOf is one arm's way along the points, or false where no point has a value.
func sweepOf(points []suite.Scenario, broker, name string, side suite.Arm, plan suite.Plan, at map[suite.Place][]TrialRow) (Sweep, bool) {
	list := figuresOf(points[0])
	i := slices.IndexFunc(list, func(m figure) bool { return m.Name == name })
	if i < 0 {
		return Sweep{}, false
	}
	m := list[i]
	out := Sweep{Scenario: points[0].Of, Broker: broker, Metric: name, Title: m.Title, Unit: m.Unit, HigherIsBetter: m.HigherIsBetter,
		Arm: side.Name, Defaults: plan.Defaults, Ordered: ordered(points)}
	first := armOf(at[suite.At(points[0].Name, broker)], points[0].Name, broker, side, name)
	found := false
	for n, sc := range points {
		a := armOf(at[suite.At(sc.Name, broker)], sc.Name, broker, side, name)
		p := SweepPoint{At: sc.At, Processes: sc.Processes, Concurrency: sc.Concurrency, Estimate: a.estimate(plan.Blocks)}
		found = found || len(p.Estimate.Values)+len(p.Estimate.Spoiled) > 0
		if logs := a.logRatios(first, plan.Blocks); n > 0 && len(logs) >= 2 {
			t := stats.MeanInterval(logs, stats.Confidence).Exp()
			p.Ratio, p.Blocks = &t, len(logs)
		}
		out.Points = append(out.Points, p)
	}
	return out, found
}

// ordered tells whether points are sizes of one thing: the same tasks in other numbers, by other workers.
func ordered(points []suite.Scenario) bool {
	for _, p := range points[1:] {
		if p.Events != points[0].Events || !slices.Equal(p.Args, points[0].Args) {
			return false
		}
	}
	return true
}
