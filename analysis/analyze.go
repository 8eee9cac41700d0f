package analysis

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// Analyze reads plan and results of an output folder and compares what they hold. One trial's tasks are in memory at a
// time. It writes nothing.
func Analyze(out string) (Analysis, error) {
	plan, err := suite.ReadPlan(out)
	if err != nil {
		return Analysis{}, err
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		return Analysis{}, err
	}
	if len(trials) == 0 {
		return Analysis{}, fmt.Errorf("%w: no trials in %s: run tqbench run first", results.ErrFormat, filepath.Join(out, "results"))
	}
	trials = placed(trials)
	run, err := results.ReadRun(out)
	if err != nil {
		return Analysis{}, err
	}
	end, ended, err := results.ReadEnd(out)
	if err != nil {
		return Analysis{}, err
	}
	if err := belong(out, trials, plan, run); err != nil {
		return Analysis{}, err
	}
	if ended {
		if err := complete(out, trials, run, end); err != nil {
			return Analysis{}, err
		}
	}
	published, err := suite.Claims()
	if err != nil {
		return Analysis{}, err
	}
	native, dagger, err := Commands(plan, run.Command, run.Image)
	if err != nil {
		return Analysis{}, err
	}
	a := Analysis{
		Version: Version, Run: run, Planned: len(plan.Trials), Ended: end.Why, Command: native, DaggerCommand: dagger,
		Scenarios: []Scenario{}, Trials: []TrialRow{},
		Method: Method{Confidence: stats.Confidence, Margin: stats.Margin, Resamples: resamples, Seed: plan.Seed, Rule: rule, Growth: plan.Growth},
	}
	for _, sc := range plan.Scenarios {
		asked, err := definitions(plan, sc)
		if err != nil {
			return Analysis{}, err
		}
		a.Scenarios = append(a.Scenarios, Scenario{Name: sc.Name, Title: sc.Title, Question: sc.Question, Why: sc.Why, Of: sc.Of, At: sc.At,
			Processes: sc.Processes, Concurrency: sc.Concurrency, Definitions: asked, LeftOut: plan.OmittedPhasesOf(sc.Name)})
	}
	sketches, parts, sizes := newSketches(), steadyParts{}, sizings{}
	err = trialRows(out, trials, plan, func(m *measured, row TrialRow) {
		sketches.add(m)
		parts.add(m, row)
		sizes.add(m)
		a.Trials = append(a.Trials, row)
	})
	if err != nil {
		return Analysis{}, err
	}
	a.Cells = cellsOf(plan, run, a.Trials)
	cellPrices(a.Cells, plan, trials)
	a.Comparisons = comparisons(plan, a.Trials)
	byArm := map[suite.Key]Cell{}
	for _, c := range a.Cells {
		byArm[c.key()] = c
	}
	for i := range a.Comparisons {
		a.Comparisons[i].match(byArm)
	}
	a.Method.Family = decide(a.Comparisons, plan)
	price(a.Comparisons, trials)
	deciding := map[string][]string{}
	for _, sc := range plan.Scenarios {
		deciding[sc.Name] = sc.Decide
	}
	a.Alone = aloneOf(a.Comparisons, a.Trials, deciding)
	a.Orders, a.Choices = ordersOf(plan, a.Trials, a.Comparisons, byArm)
	blockPrices(a.Choices, trials)
	if !plan.OfOwn() { // no one has published figures of the user's application
		a.Claims = claims(published, plan, a.Trials)
	}
	a.Sweeps = sweepsOf(plan, a.Trials)
	a.Scalings = scalingsOf(plan, cmp.Or(run.Machine.CPUs, plan.Environment.CPUs), a.Trials)
	for i := range a.Scalings {
		a.Scalings[i].bound(noiseUnknown(plan, run, a.Scalings[i].Broker))
	}
	a.Levels = parts.levels(plan)
	a.Sizings = sizes.list(plan)
	a.Drifts = drifts(plan, a.Trials)
	a.Curves = sketches.curves(plan)
	a.Harness = harness(trials)
	return a, nil
}

// belong makes sure that plan, run and trials are of each other. A plan that was only extended keeps its numbers and its hash.
func belong(out string, trials []results.Trial, plan suite.Plan, run results.Run) error {
	hash, err := plan.Hash()
	if err != nil {
		return err
	}
	if run.PlanHash != "" && run.PlanHash != hash {
		return fmt.Errorf("read %s: %w: it isn't the plan that %s was made with: it was changed or made again after the run",
			suite.PlanPath(out), results.ErrFormat, results.RunPath(out))
	}
	for _, t := range trials {
		where := results.TrialDir(out, t.ID)
		switch {
		case !plan.Has(suite.Trial{ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm}):
			return fmt.Errorf("read %s: %w: it is not a trial of %s: the plan was made again after the run", where, results.ErrFormat, suite.PlanPath(out))
		case t.Run != "" && t.Run != run.ID || t.Plan != "" && t.Plan != run.PlanHash:
			return fmt.Errorf("read %s: %w: it is a trial of another run (%s, of plan %s)", where, results.ErrFormat, t.Run, t.Plan)
		}
	}
	return nil
}

// complete makes sure that the trials are those that the run had when it ended.
func complete(out string, trials []results.Trial, run results.Run, end results.End) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("read %s: %w: %s", results.EndPath(out), results.ErrFormat, fmt.Sprintf(format, args...))
	}
	if end.Run != run.ID {
		return wrong("it is of another run (%s)", end.Run)
	}
	have := map[int]bool{}
	for _, t := range trials {
		have[t.ID] = true
	}
	kept := map[int]bool{}
	for _, id := range end.Trials {
		kept[id] = true
		if !have[id] {
			return wrong("the run ended with %d trials, and trial %d is missing", len(end.Trials), id)
		}
	}
	for _, t := range trials {
		if !kept[t.ID] {
			return wrong("the run ended without trial %d", t.ID)
		}
	}
	return nil
}

// cells are all comparisons that a plan asks for: every arm against the first, the deciding metrics before the others.
func cells(plan suite.Plan) []cell {
	var out []cell
	for _, sc := range plan.Scenarios {
		list := figuresOf(sc)
		slices.SortStableFunc(list, func(a, b figure) int {
			return rankOf(sc.Decide, a.Name) - rankOf(sc.Decide, b.Name)
		})
		for _, b := range plan.Brokers {
			sides := plan.Sides(sc, b)
			for _, m := range list {
				for i := 1; i < len(sides); i++ {
					out = append(out, cell{sc, b, m, sides[0], sides[i]})
				}
			}
		}
	}
	return out
}

// rankOf is the place of a name in a list, and the list's length for one that isn't there.
func rankOf(list []string, name string) int {
	if i := slices.Index(list, name); i >= 0 {
		return i
	}
	return len(list)
}

// harness sums up what tqbench itself cost, the worst over the trials.
func harness(trials []results.Trial) Harness {
	var h Harness
	var shares []float64
	for _, t := range trials {
		if !t.Done() {
			continue
		}
		h.MaxPSSMiB = max(h.MaxPSSMiB, t.Harness.PSSMiB)
		h.MaxCPUShare = max(h.MaxCPUShare, t.Harness.CPUShare)
		shares = append(shares, t.Harness.CPUShare)
		for _, p := range t.Phases {
			if p.Producer == suite.Wire && p.Arrivals != suite.Backlog {
				h.LateP50Ms = max(h.LateP50Ms, float64(p.LateP50)/1e6)
				h.LateP99Ms = max(h.LateP99Ms, float64(p.LateP99)/1e6)
				h.LateMaxMs = max(h.LateMaxMs, float64(p.LateMax)/1e6)
			}
		}
	}
	h.MedianCPUShare = stats.Median(shares)
	return h
}
