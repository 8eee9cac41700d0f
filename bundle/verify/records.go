package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/suite/pace"
)

// planned checks that the trials are those of the plan.
func (c *checker) planned(context.Context) error {
	before := len(c.Of(Wrong))
	have := map[int]bool{}
	notRun := 0
	for _, t := range c.trials {
		have[t.ID] = true
		switch {
		case !c.Plan.Has(suite.Trial{ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm}):
			c.note(Trials, Wrong, "trial %d (%s on %s with %s in block %d) isn't in the plan", t.ID, t.Scenario, t.Broker, t.Arm, t.Block)
		case t.Run != "" && t.Run != c.run.ID || t.Plan != "" && t.Plan != c.run.PlanHash:
			c.note(Trials, Wrong, "trial %d is of another run (%s, of plan %s)", t.ID, t.Run, t.Plan)
		case !t.Done():
			notRun++
			c.note(Trials, Note, "trial %d did not run: %s", t.ID, t.Reason)
		}
	}
	var missing []suite.Trial
	for _, t := range c.Plan.Trials {
		if !have[t.ID] {
			missing = append(missing, t)
		}
	}
	if len(missing) > 0 {
		c.missing(missing)
	}
	if len(c.Of(Wrong)) == before {
		c.note(Trials, Right, "%d of %d planned trials are there, %d of them ran", len(c.trials), len(c.Plan.Trials), len(c.trials)-notRun)
	}
	return nil
}

// missing says why trials may be missing: a run whose time was up leaves out the last ones. Any other is refused, because trials that someone
// took away look the same.
func (c *checker) missing(missing []suite.Trial) {
	first := missing[0]
	switch {
	case !c.ended:
		c.note(Trials, Wrong, "%d of %d planned trials are missing, trial %d first, and the run has no end", len(missing), len(c.Plan.Trials), first.ID)
	case c.end.Why != results.EndTimeOver:
		c.note(Trials, Wrong, "%d of %d planned trials are missing, trial %d first (the run's end: %s)", len(missing), len(c.Plan.Trials), first.ID, c.end.Why)
	default:
		if why := c.notForTime(missing); why != "" {
			c.note(Trials, Wrong, "%d of %d planned trials are missing, trial %d first, because the time was up, it says: %s", len(missing), len(c.Plan.Trials), first.ID, why)
			return
		}
		c.note(Trials, Note, "the last %d of %d planned trials did not begin: the time was up", len(missing), len(c.Plan.Trials))
	}
}

// timeSlack is how much shorter than estimated a comparison may be that was left out: the estimate changes with each trial.
const timeSlack = 2

// notForTime says why missing trials weren't left out because the time was up, or "". A run leaves out whole comparisons, the last of their
// place, if they would not end in time.
func (c *checker) notForTime(missing []suite.Trial) string {
	if c.Plan.Growth == nil || c.Plan.Growth.Within == 0 {
		return "the plan has no limit of time"
	}
	out := map[suite.Place]int{} // the first block that is left out
	gone := map[suite.Place][]suite.Trial{}
	for _, t := range missing {
		at := suite.At(t.Scenario, t.Broker)
		if b, ok := out[at]; !ok || t.Block < b {
			out[at] = t.Block
		}
		gone[at] = append(gone[at], t)
	}
	left := time.Duration(c.Plan.Growth.Within)
	for _, t := range c.trials {
		left -= time.Duration(t.WallSeconds * float64(time.Second))
		if b, ok := out[suite.At(t.Scenario, t.Broker)]; ok && t.Block >= b {
			return fmt.Sprintf("trial %d of a later or the same block is there", t.ID)
		}
	}
	takes := pace.New(c.Plan, c.trials)
	for at, trials := range gone {
		one := slices.DeleteFunc(slices.Clone(trials), func(t suite.Trial) bool { return t.Block != out[at] })
		if need := takes.Trials(one); timeSlack*need < left {
			return fmt.Sprintf("%s were left, and the next block of %s on %s takes %s", left.Round(time.Second), at.Scenario, at.Broker, need.Round(time.Second))
		}
	}
	return ""
}

// records counts the tasks of each trial again, and checks what its figures are taken from.
func (c *checker) records(context.Context) error {
	tasks, phases := int64(0), 0
	counted, kept := true, true
	for _, t := range c.trials {
		if !t.Done() {
			continue
		}
		rows, err := results.ReadTasks(results.TrialDir(c.dir, t.ID))
		if err != nil {
			counted, kept = false, false
			c.note(Accounting, Wrong, "trial %d: %v", t.ID, err)
			continue
		}
		if what := recount(t, rows); what != "" {
			counted = false
			c.note(Accounting, Wrong, "trial %d: %s", t.ID, what)
		}
		if what := c.strayed(t, rows); what != "" {
			kept = false
			c.otherwise(Phases, fmt.Sprintf("trial %d: %s", t.ID, what))
		}
		tasks += int64(len(rows))
		phases += len(t.Phases)
	}
	if counted {
		c.note(Accounting, Right, "%d tasks counted again: in each trial, sent = finished + failed + lost + unknown", tasks)
	}
	if kept {
		c.note(Phases, Right, "%d phases have the plan's load and times, and no flag that is due for their tasks is missing", phases)
	}
	return nil
}

// recount says what a trial's counts have and its tasks don't give, or "".
func recount(t results.Trial, rows []results.Task) string {
	by, seen := map[string]int64{}, map[int64]bool{}
	var acked, twice int64
	for _, r := range rows {
		if seen[r.Seq] {
			return fmt.Sprintf("task %d is there twice", r.Seq)
		}
		seen[r.Seq] = true
		by[r.Outcome]++
		if r.Acked > 0 {
			acked++
		}
		if r.Attempts > 1 {
			twice++
		}
	}
	n := int64(len(rows))
	type count struct {
		what       string
		says, made int64
	}
	counts := []count{
		{"finished", t.Finished, by[results.OutcomeFinished]}, {"failed", t.Failed, by[results.OutcomeFailed]},
		{"lost", t.Lost, by[results.OutcomeLost]}, {"unknown", t.Unknown, by[results.OutcomeUnknown]}, {"rejected", t.Rejected, by[results.OutcomeRejected]},
		{"sent", t.Sent, t.Finished + t.Failed + t.Lost + t.Unknown}, {"sent and rejected", t.Sent + t.Rejected, n},
	}
	if a := t.Accounting; a != nil {
		if err := a.Check(); err != nil {
			return err.Error()
		}
		counts = append(counts, count{"attempted", a.Attempted, n}, count{"acknowledged", a.Acknowledged, acked}, count{"lost after the broker acknowledged it", a.Lost, t.Lost})
	}
	for _, x := range counts {
		if x.says != x.made {
			return fmt.Sprintf("%s is %d, and its tasks make it %d", x.what, x.says, x.made)
		}
	}
	if t.Duplicated > twice {
		return fmt.Sprintf("%d tasks ran twice, it says, and %d have two records", t.Duplicated, twice)
	}
	return ""
}
