package analysis

import (
	"slices"

	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// Order is the order of finish of three sides or more by one deciding metric of a scenario on a broker.
type Order struct {
	Scenario       string `json:"scenario"`
	Broker         string `json:"broker"`
	Metric         string `json:"metric"`
	Title          string `json:"title"`
	Unit           string `json:"unit"`
	HigherIsBetter bool   `json:"higher_is_better"`
	Defaults       bool   `json:"defaults"`
	// Family is how many pairs the p-values were corrected for: all pairs of the scenario's deciding metrics on the broker.
	Family int `json:"family"`
	// Sides are ranked, the best first; those without a value that counts come last.
	Sides []Finisher `json:"sides"`
	Pairs []Pair     `json:"pairs"`
}

// Finisher is a side's place in an order of finish.
type Finisher struct {
	Arm string `json:"arm"`
	// Place is one more than the number of sides that are surely better; 0 without a value that counts.
	Place int `json:"place"`
	// Letters are the groups of the side: two sides that share a letter are not surely different.
	Letters string `json:"letters"`
	// Estimate is the side's median over trials with its interval, as in a comparison.
	Estimate Estimate `json:"estimate"`
}

// Pair is the verdict on two sides of an order of finish, First being the one that is ranked before.
type Pair struct {
	First  string `json:"first"`
	Second string `json:"second"`
	// Ratio is Second over First, as in a comparison.
	Ratio      stats.Interval `json:"ratio"`
	CorrectedP float64        `json:"corrected_p"`
	// Verdict is on First: Faster, Slower, Equivalent or Undecided, with its grade.
	Verdict string `json:"verdict"`
	Grade   string `json:"grade,omitempty"`
	// NotCounted is why the pair is in no choice: what its sides promise, where that differs.
	NotCounted Promises `json:"not_counted,omitzero"`
}

// parted tells whether the pair's sides are surely different.
func (p Pair) parted() bool { return p.Verdict == Faster || p.Verdict == Slower }

// Choice is what a scenario on a broker says of three sides or more, all deciding metrics together.
type Choice struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	// Unbeaten are the sides of which no other is surely better in a deciding metric without being surely worse in another.
	// A side that promises something else beats none: less work is no merit.
	Unbeaten []string `json:"unbeaten"`
	// Grade is GradeHere where other sides would be unbeaten if verdicts that hold only as measured here were undecided, and
	// else GradeSure; it is empty where no verdict parts two sides.
	Grade string `json:"grade,omitempty"`
	// BlockSeconds is how long a block of all sides takes, at the pace of those that ran; 0 where that is unknown.
	BlockSeconds float64 `json:"block_seconds,omitempty"`
}

// ordersOf makes the orders of finish that a plan asks for. cells say what each side promises.
func ordersOf(plan suite.Plan, rows []TrialRow, compared []Comparison, cells map[suite.Key]Cell) ([]Order, []Choice) {
	orders, choices := []Order{}, []Choice{}
	at, scales := byPlace(rows), newScales(plan)
	for _, sc := range plan.Scenarios {
		for _, b := range plan.Brokers {
			sides := plan.Sides(sc, b)
			if len(sides) < 3 {
				continue
			}
			var here []Order
			var pairs [][]Comparison
			for _, m := range figuresOf(sc) {
				if counts(compared, suite.At(sc.Name, b), m.Name) {
					o, p := unjudged(cell{scenario: sc, broker: b, metric: m}, sides, at[suite.At(sc.Name, b)], plan, cells)
					here, pairs = append(here, o), append(pairs, p)
				}
			}
			if len(here) == 0 {
				continue
			}
			var family []*Comparison
			for _, p := range pairs {
				for i := range p {
					family = append(family, &p[i])
				}
			}
			size := decideFamily(family, scales)
			for i := range here {
				here[i].Family = size
				here[i].finish(pairs[i])
			}
			orders, choices = append(orders, here...), append(choices, ChoiceOf(sc.Name, b, armNames(sides), here))
		}
	}
	return orders, choices
}

// unjudged is the order of finish by one metric without its verdicts, and the comparisons of each two sides that these are made of.
func unjudged(c cell, sides []suite.Arm, rows []TrialRow, plan suite.Plan, cells map[suite.Key]Cell) (Order, []Comparison) {
	o := Order{Scenario: c.scenario.Name, Broker: c.broker, Metric: c.metric.Name, Title: c.metric.Title, Unit: c.metric.Unit,
		HigherIsBetter: c.metric.HigherIsBetter, Defaults: plan.Defaults, Sides: []Finisher{}, Pairs: []Pair{}}
	for _, s := range sides {
		o.Sides = append(o.Sides, Finisher{Arm: s.Name, Estimate: armOf(rows, c.scenario.Name, c.broker, s, c.metric.Name).estimate(plan.Blocks)})
	}
	o.sort()
	var pairs []Comparison
	for i := range sides {
		for j := i + 1; j < len(sides); j++ {
			c.baseline, c.other = sides[i], sides[j]
			p, _ := gather(c, rows, suite.Plan{Blocks: plan.Blocks, Defaults: plan.Defaults})
			p.match(cells)
			p.Baseline.Arm, p.Candidate.Arm = sides[i].Name, sides[j].Name // also where neither has a value
			pairs = append(pairs, p)
		}
	}
	return o, pairs
}

// pairOf is the verdict of a comparison on its baseline.
func pairOf(c Comparison) Pair {
	p := Pair{First: c.Baseline.Arm, Second: c.Candidate.Arm, Verdict: Undecided, CorrectedP: c.CorrectedP, NotCounted: c.NotCounted}
	if c.Verdict != "" {
		p.Verdict, p.Grade, p.Ratio = opposite(c.Verdict), c.Grade, stats.MeanInterval(c.LogRatios().Logs(), stats.Confidence).Exp()
	}
	return p
}

// opposite is the verdict on the other side.
func opposite(verdict string) string {
	switch verdict {
	case Faster:
		return Slower
	case Slower:
		return Faster
	}
	return verdict
}

// counts tells whether a metric decides in a place, by the comparisons that were made there.
func counts(compared []Comparison, at suite.Place, metric string) bool {
	return slices.ContainsFunc(compared, func(c Comparison) bool {
		return c.Scenario == at.Scenario && c.Broker == at.Broker && c.Metric == metric && (c.Deciding || c.NotCounted.Differ())
	})
}

// sort puts the best side first, and those without a value that counts last.
func (o *Order) sort() {
	slices.SortStableFunc(o.Sides, func(a, b Finisher) int {
		x, y := len(a.Estimate.Values) > 0, len(b.Estimate.Values) > 0
		switch {
		case x != y && x:
			return -1
		case x != y:
			return 1
		case !x || a.Estimate.Estimate == b.Estimate.Estimate:
			return 0
		case (a.Estimate.Estimate > b.Estimate.Estimate) == o.HigherIsBetter:
			return -1
		}
		return 1
	})
}

// finish takes the verdicts in, turned the way of the order, and gives places and letters.
func (o *Order) finish(pairs []Comparison) {
	rank := map[string]int{}
	for i, s := range o.Sides {
		rank[s.Arm] = i
	}
	for _, c := range pairs {
		p := pairOf(c)
		if rank[p.First] > rank[p.Second] {
			p = p.turned()
		}
		o.Pairs = append(o.Pairs, p)
	}
	slices.SortStableFunc(o.Pairs, func(a, b Pair) int {
		if d := rank[a.First] - rank[b.First]; d != 0 {
			return d
		}
		return rank[a.Second] - rank[b.Second]
	})
	// Those without a value come last and have neither place nor letters, and no verdict on them parts them from another.
	valued := 0
	for _, s := range o.Sides {
		if len(s.Estimate.Values) > 0 {
			valued++
		}
	}
	beats := func(a, b int) bool {
		return slices.ContainsFunc(o.Pairs, func(p Pair) bool {
			x, y := o.Sides[a].Arm, o.Sides[b].Arm
			return p.First == x && p.Second == y && p.Verdict == Faster || p.First == y && p.Second == x && p.Verdict == Slower
		})
	}
	places := stats.Places(valued, beats)
	letters := stats.Letters(valued, func(a, b int) bool { return beats(a, b) || beats(b, a) })
	for i := range valued {
		o.Sides[i].Place, o.Sides[i].Letters = places[i], letters[i]
	}
}

// turned is the pair seen from its other side.
func (p Pair) turned() Pair {
	p.First, p.Second, p.Verdict = p.Second, p.First, opposite(p.Verdict)
	if p.Ratio.Confidence > 0 {
		p.Ratio.Estimate, p.Ratio.Low, p.Ratio.High = 1/p.Ratio.Estimate, 1/p.Ratio.High, 1/p.Ratio.Low
	}
	return p
}

// ChoiceOf is what some orders of finish of a place say of arms: those that aren't among these beat none.
func ChoiceOf(scenario, broker string, arms []string, orders []Order) Choice {
	out := Choice{Scenario: scenario, Broker: broker, Unbeaten: unbeaten(arms, orders, Pair.parted)}
	if slices.ContainsFunc(orders, func(o Order) bool { return slices.ContainsFunc(o.Pairs, Pair.parted) }) {
		out.Grade = GradeHere
		if slices.Equal(out.Unbeaten, unbeaten(arms, orders, func(p Pair) bool { return p.parted() && p.Grade == GradeSure })) {
			out.Grade = GradeSure
		}
	}
	return out
}

// unbeaten are the sides with a value that no other one beats by the pairs that part.
func unbeaten(arms []string, orders []Order, parts func(Pair) bool) []string {
	type meeting struct{ winner, loser string }
	wins := map[meeting]bool{}
	valued := map[string]bool{}
	for _, o := range orders {
		for _, p := range o.Pairs {
			switch {
			case !parts(p) || p.NotCounted.Differ():
			case p.Verdict == Faster:
				wins[meeting{p.First, p.Second}] = true
			default:
				wins[meeting{p.Second, p.First}] = true
			}
		}
		for _, f := range o.Sides {
			valued[f.Arm] = valued[f.Arm] || f.Place > 0
		}
	}
	out := []string{}
	for _, arm := range arms {
		beaten := slices.ContainsFunc(arms, func(o string) bool { return wins[meeting{o, arm}] && !wins[meeting{arm, o}] })
		if valued[arm] && !beaten {
			out = append(out, arm)
		}
	}
	return out
}

func armNames(sides []suite.Arm) []string {
	var out []string
	for _, s := range sides {
		out = append(out, s.Name)
	}
	return out
}
