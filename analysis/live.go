package analysis

import (
	"slices"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Live compares what a run has measured so far, trial by trial. It is for one goroutine.
type Live struct {
	out  string
	plan suite.Plan
	rows map[suite.Place][]TrialRow
	room scratch
	// sides has what each side promises, nil until it was read.
	sides map[suite.Key]Cell
}

// NewLive compares trials of a plan, whose results are below out.
func NewLive(out string, plan suite.Plan) *Live {
	return &Live{out: out, plan: plan, rows: map[suite.Place][]TrialRow{}}
}

// Add takes in the trial of that number, which has been kept, and gives the deciding comparisons of its scenario and broker as they are with it. Their
// verdicts are of these blocks alone, as if this were the only look at them.
func (l *Live) Add(id int) ([]Comparison, error) {
	t, err := results.ReadTrial(results.TrialDir(l.out, id))
	if err != nil {
		return nil, err
	}
	at := suite.At(t.Scenario, t.Broker)
	if _, ok := l.rows[at]; !ok {
		if err := l.before(at, t.ID); err != nil {
			return nil, err
		}
	}
	if err := l.read(at, t); err != nil {
		return nil, err
	}
	plan := suite.Plan{Seed: l.plan.Seed, Defaults: l.plan.Defaults}
	for _, r := range l.rows[at] {
		plan.Blocks = max(plan.Blocks, r.Block)
	}
	var out []Comparison
	for _, c := range cells(l.plan) {
		if c.scenario.Name != at.Scenario || c.broker != at.Broker || !slices.Contains(c.scenario.Decide, c.metric.Name) {
			continue
		}
		if x, ok := compare(c, l.rows[at], plan); ok {
			out = append(out, x)
		}
	}
	if err := l.readSides(); err != nil {
		return nil, err
	}
	for i := range out {
		out[i].match(l.sides)
	}
	decide(out, suite.Plan{})
	return out, nil
}

// readSides reads what each side promises, which a run knows before its first trial.
func (l *Live) readSides() error {
	if l.sides != nil {
		return nil
	}
	run, err := results.ReadRun(l.out)
	if err != nil {
		return err
	}
	l.sides = map[suite.Key]Cell{}
	for _, c := range cellsOf(l.plan, run, nil) {
		l.sides[c.key()] = c
	}
	return nil
}

// before reads what an earlier part of the run has measured there.
func (l *Live) before(at suite.Place, but int) error {
	l.rows[at] = []TrialRow{}
	for _, p := range l.plan.Trials {
		dir := results.TrialDir(l.out, p.ID)
		if p.ID == but || p.Scenario != at.Scenario || p.Broker != at.Broker || !results.Exists(dir) {
			continue
		}
		t, err := results.ReadTrial(dir)
		if err == nil {
			err = l.read(at, t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Live) read(at suite.Place, t results.Trial) error {
	sc, _ := l.plan.Scenario(t.Scenario)
	row, _, err := readRow(l.out, t, sc, figuresIn(sc), &l.room)
	if err != nil {
		return err
	}
	rows := slices.DeleteFunc(l.rows[at], func(r TrialRow) bool { return r.ID == t.ID })
	l.rows[at] = append(rows, row)
	return nil
}
