package analysis

import (
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// resamples is how often the bootstrap draws.
const resamples = 10_000

// The codes with which a comparison tells why a block has no ratio, where no flag of a trial does.
const (
	// flagNoRatio: the block's values can't be divided.
	flagNoRatio = "no-ratio"
	// flagNotRun: the trial was given up before its load.
	flagNotRun = "not-run"
	// flagNoValue: the trial ran and doesn't have the metric.
	flagNoValue = "no-value"
	// flagMissing: the plan has the trial and the results don't.
	flagMissing = "missing"
)

// cell is where one comparison's values come from.
type cell struct {
	scenario suite.Scenario
	broker   string
	metric   figure
	baseline suite.Arm
	other    suite.Arm
}

// comparisons makes those that a plan asks for, of which some trial has the metric, as many at a time as there are CPUs.
func comparisons(plan suite.Plan, rows []TrialRow) []Comparison {
	at, planned := byPlace(rows), map[suite.Place][]suite.Trial{}
	for _, t := range plan.Trials {
		p := suite.At(t.Scenario, t.Broker)
		planned[p] = append(planned[p], t)
	}
	asked := cells(plan)
	all, found := make([]Comparison, len(asked)), make([]bool, len(asked))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range asked {
		g.Go(func() error {
			there, p := plan, suite.At(c.scenario.Name, c.broker)
			there.Trials = planned[p]
			all[i], found[i] = compare(c, at[p], there)
			return nil
		})
	}
	_ = g.Wait() // a comparison can't fail
	out := []Comparison{}
	for i, c := range all {
		if found[i] {
			out = append(out, c)
		}
	}
	return out
}

// sided is a value of one side with its bracket.
type sided struct {
	value     float64
	bracket   Bracket
	disturbed bool
}

// compare builds a comparison up to the point where the family's correction is needed.
func compare(c cell, rows []TrialRow, plan suite.Plan) (Comparison, bool) {
	out, ok := gather(c, rows, plan)
	if ok {
		out.test(plan.Seed)
	}
	return out, ok
}

// gather finds the values of a comparison, and its ratios by block.
func gather(c cell, rows []TrialRow, plan suite.Plan) (Comparison, bool) {
	out := Comparison{
		Scenario: c.scenario.Name, Broker: c.broker, Metric: c.metric.Name, Title: c.metric.Title, Unit: c.metric.Unit,
		HigherIsBetter: c.metric.HigherIsBetter, Defaults: plan.Defaults, CorrectedP: 1, BracketedP: 1,
		Intervals: []stats.Interval{}, Tests: []stats.Test{}, Effects: []stats.Effect{}, Ratios: []BlockRatio{}, Flags: []Flagged{},
	}
	out.Deciding = slices.Contains(c.scenario.Decide, c.metric.Name)
	sides := map[string]map[int]sided{c.baseline.Name: {}, c.other.Name: {}}
	values, spoiled := map[string][]float64{}, map[string][]float64{}
	recorded := map[int]bool{}
	for _, r := range rows {
		side, ok := sides[r.Arm]
		if !ok || r.Scenario != c.scenario.Name || r.Broker != c.broker {
			continue
		}
		recorded[r.ID] = true
		v, ok := r.Metrics[c.metric.Name]
		valid := out.flags(r)
		switch {
		case !r.Done():
			out.tell(r.ID, r.Block, r.Arm, flagNotRun, r.Reason, results.Fact{})
		case !ok:
			out.tell(r.ID, r.Block, r.Arm, flagNoValue, "", results.Fact{Check: results.CheckNoValue, Metric: c.metric.Title})
		case !valid:
			spoiled[r.Arm] = append(spoiled[r.Arm], v)
		default:
			side[r.Block] = r.sided(c.metric.Name)
			values[r.Arm] = append(values[r.Arm], v)
		}
	}
	if len(values)+len(spoiled) == 0 {
		return out, false
	}
	for _, p := range plan.Trials {
		if p.Scenario == out.Scenario && p.Broker == out.Broker && sides[p.Arm] != nil && !recorded[p.ID] {
			out.tell(p.ID, p.Block, p.Arm, flagMissing, "", results.Fact{Check: results.CheckAbsent})
		}
	}
	out.Baseline = Level(c.baseline, values[c.baseline.Name], spoiled[c.baseline.Name])
	out.Candidate = Level(c.other, values[c.other.Name], spoiled[c.other.Name])
	for n := 1; n <= plan.Blocks; n++ {
		base, ok := sides[c.baseline.Name][n]
		cand, both := sides[c.other.Name][n]
		if ok && both {
			out.pair(n, base, cand)
		}
	}
	out.Blocks = len(out.Ratios)
	return out, true
}

// noisyRatio is by how much the ends of a block's bracket may differ before the block counts as a noisy one.
const noisyRatio = 1.02

// sided is a trial's value of a metric that it has, with its bracket.
func (r TrialRow) sided(name string) sided {
	v := r.Metrics[name]
	bracket, ok := r.Brackets[name]
	if !ok {
		bracket = Bracket{v, v}
	}
	return sided{v, bracket, r.Flagged(results.FlagDisturbed)}
}

// over is the log of a value over another one, at both ends of their brackets, too. Values that aren't above zero have none.
func (s sided) over(base sided) (stats.Block, bool) {
	log, ok := stats.LogRatio(base.value, s.value)
	return stats.Block{Log: log, Low: math.Log(s.bracket.Low) - math.Log(base.bracket.High), High: math.Log(s.bracket.High) - math.Log(base.bracket.Low)}, ok
}

// pair takes in a block in which both sides have a value.
func (c *Comparison) pair(block int, base, cand sided) {
	b, ok := cand.over(base)
	if !ok {
		c.tell(0, block, c.Candidate.Arm, flagNoRatio, "", results.Fact{Check: results.CheckNoRatio, Value: cand.value, Base: base.value})
		return
	}
	r := BlockRatio{Block: block, Baseline: base.value, Candidate: cand.value, Ratio: stats.Ratio(b.Log), Low: stats.Ratio(b.Low), High: stats.Ratio(b.High)}
	c.Ratios = append(c.Ratios, r)
	if r.High > noisyRatio*r.Low {
		c.Noisy++
	}
	if base.disturbed || cand.disturbed {
		c.Disturbed++
	}
}

// flags lists a trial's flags that concern the metric and tells whether the trial is valid for it.
func (c *Comparison) flags(r TrialRow) bool {
	valid := true
	for _, f := range r.Flags {
		excluded := f.Invalidates(c.Metric)
		if len(f.Metrics) > 0 && !excluded {
			continue
		}
		valid = valid && !excluded
		c.Flags = append(c.Flags, Flagged{Trial: r.ID, Block: r.Block, Arm: r.Arm, Code: f.Code, Detail: f.Detail, Excluded: excluded, Fact: f.Fact})
	}
	return valid
}

// tell lists a trial that has no part in the comparison, and why.
func (c *Comparison) tell(trial, block int, arm, code, detail string, f results.Fact) {
	c.Flags = append(c.Flags, Flagged{Trial: trial, Block: block, Arm: arm, Code: code, Detail: detail, Excluded: true, Fact: f})
}

// test fills in intervals, tests and effects from the ratios by block.
func (c *Comparison) test(seed uint64) {
	b := c.LogRatios()
	switch len(b) {
	case 0:
		return
	case 1:
		c.Ratio = stats.Interval{Method: stats.IntervalPairedT, Estimate: c.Ratios[0].Ratio, Low: c.Ratios[0].Ratio, High: c.Ratios[0].Ratio}
		c.Bracketed = stats.Interval{Method: stats.IntervalPairedT, Estimate: c.Ratios[0].Ratio, Low: c.Ratios[0].Low, High: c.Ratios[0].High}
		return
	}
	logs := b.Logs()
	c.Ratio, c.Bracketed = b.Interval(stats.Confidence)
	c.Intervals = []stats.Interval{c.Ratio, stats.BCaInterval(logs, resamples, stats.Confidence, generator(seed, c.Scenario, c.Broker, c.Metric)).Exp()}
	if i, ok := stats.MedianInterval(logs, stats.Confidence); ok {
		c.Intervals = append(c.Intervals, i.Exp())
	}
	base, cand := stats.Logs(c.Baseline.Values), stats.Logs(c.Candidate.Values)
	c.Tests = stats.FiniteTests(stats.PairedT(logs), stats.Wilcoxon(logs), stats.MannWhitney(base, cand), stats.Welch(base, cand),
		stats.TOST(logs, stats.Margin))
	if e, ok := stats.Hedges(base, cand); ok {
		c.Effects = append(c.Effects, e)
	}
	if e, ok := stats.Cliff(base, cand); ok {
		c.Effects = append(c.Effects, e)
	}
	if e, ok := stats.HodgesLehmann(base, cand); ok {
		c.Effects = append(c.Effects, e)
	}
}

// LogRatios are the comparison's blocks as the rule looks at them.
func (c Comparison) LogRatios() stats.Blocks {
	var b stats.Blocks
	for _, r := range c.Ratios {
		b = append(b, stats.Block{Low: math.Log(r.Low), Log: math.Log(r.Ratio), High: math.Log(r.High)})
	}
	return b
}

// generator draws for one comparison. It is seeded by the plan and by what is compared, so that an analysis gives
// the same bytes each time, and adding a scenario doesn't change the others.
func generator(seed uint64, scenario, broker, metric string) *rand.Rand {
	h := fnv.New64a()
	for _, s := range []string{scenario, broker, metric} {
		_, _ = io.WriteString(h, s+"\x00") // a hash never fails to write
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Level sums up the values of an arm, as one side of a comparison is summed up: their median, with the interval of order
// statistics, or the range of too few values.
func Level(arm suite.Arm, values, spoiled []float64) Estimate {
	e := Estimate{Contender: arm.Contender, Arm: arm.Name, Values: append([]float64{}, values...), Spoiled: append([]float64{}, spoiled...)}
	if len(values) == 0 {
		values = spoiled // which are shown, and count nowhere
	}
	if len(values) == 0 {
		return e
	}
	i := stats.MedianOrRange(values, stats.Confidence)
	e.Estimate, e.Low, e.High = i.Estimate, i.Low, i.High
	// Beyond the range of floats there is no figure that JSON could hold.
	if cv := stats.MomentsOf(values).CV(); stats.IsFinite(cv) {
		e.CV = cv
	}
	return e
}

// trialRows reads the trials, as many at a time as there are CPUs, and hands each to use in their order.
func trialRows(out string, trials []results.Trial, plan suite.Plan, use func(*measured, TrialRow)) error {
	type read struct {
		m    *measured
		row  TrialRow
		room *scratch
		err  error
	}
	lists := map[string][]figure{}
	for _, sc := range plan.Scenarios {
		lists[sc.Name] = figuresIn(sc)
	}
	one := func(t results.Trial, room *scratch) read {
		sc, _ := plan.Scenario(t.Scenario)
		row, m, err := readRow(out, t, sc, lists[sc.Name], room)
		return read{m: m, row: row, room: room, err: err}
	}
	// What was read and not yet used is bounded: a trial's tasks are large.
	ahead := runtime.GOMAXPROCS(0)
	pending := make([]chan read, len(trials))
	start := func(i int, room *scratch) {
		if i < len(trials) {
			pending[i] = make(chan read, 1)
			go func() { pending[i] <- one(trials[i], room) }()
		}
	}
	for i := range ahead {
		start(i, new(scratch))
	}
	for i := range trials {
		r := <-pending[i]
		if r.err != nil {
			return r.err
		}
		use(r.m, r.row)
		start(i+ahead, r.room)
	}
	return nil
}

// readRow reads a trial, and what its metrics are, of a list of those that its scenario has.
func readRow(out string, t results.Trial, sc suite.Scenario, list []figure, room *scratch) (TrialRow, *measured, error) {
	m, err := room.readMeasured(out, t, sc)
	if err != nil {
		return TrialRow{}, nil, err
	}
	row := TrialRow{Trial: t, Metrics: m.values(list), Steadiness: m.steadiness(sc)}
	row.Brackets = m.brackets(list, row.Metrics)
	row.Flags = withFlags(t.Flags, row.Steadiness)
	return row, m, nil
}
