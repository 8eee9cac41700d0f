package bundle_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tqbench/tqbench/bundle/bundletest"
	"github.com/tqbench/tqbench/bundle/verify"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// phaseOf changes a phase of the first trial.
func phaseOf(i int, change func(*results.Phase)) func(*testing.T, string) {
	return trialOf(1, func(x *results.Trial) { change(&x.Phases[i]) })
}

// fateOf changes the 8th task of the first trial, and its trial.json with it.
func fateOf(task func(*results.Task), change func(*results.Trial)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		tasksOf(1, func(r []results.Task) []results.Task { task(&r[7]); return r })(t, dir)
		trialOf(1, change)(t, dir)
	}
}

// noted is a flag that is there, and keeps the trial out of nothing.
func noted(code string) []results.Flag { return []results.Flag{{Code: code, Metrics: []string{}}} }

// mutationsOfPhases change what figures are taken from, within what the analysis takes the word of trial.json for. The forger derives the analysis
// again: its figures are other ones. Phases are drain, paced and client.
func mutationsOfPhases() []mutation {
	const drain, paced, client = 0, 1, 2
	second := int64(time.Second)
	of := func(name, says string, change func(*testing.T, string)) mutation {
		return mutation{name, change, true, verify.Phases, says}
	}
	return []mutation{
		of("a turn of a nanosecond", "turn 1 lasted 1ns, and by the plan 250ms", phaseOf(drain, func(p *results.Phase) { p.Turns[0].To = p.Turns[0].From + 1 })),
		of("one turn less", "in 1 turns, and by the plan in 2", phaseOf(drain, func(p *results.Phase) {
			p.Turns = p.Turns[:1]
			p.SteadyTo = p.Turns[0].To
		})),
		of("a turn within the ramp-up", "its first turn began 10ms after its release", phaseOf(drain, func(p *results.Phase) {
			by := p.Turns[0].From - p.Released - int64(10*time.Millisecond)
			for i := range p.Turns {
				p.Turns[i].From, p.Turns[i].To = p.Turns[i].From-by, p.Turns[i].To-by
			}
			p.SteadyFrom, p.SteadyTo = p.SteadyFrom-by, p.SteadyTo-by
		})),
		of("a window of a nanosecond", "by the plan from 150ms to 650ms", phaseOf(drain, func(p *results.Phase) {
			p.Turns, p.SteadyFrom, p.SteadyTo = nil, p.Drained-1, p.Drained
		})),
		of("no window", "no steady time, and no flag", phaseOf(drain, func(p *results.Phase) { p.Turns, p.SteadyFrom, p.SteadyTo = nil, 0, 0 })),
		of("a window that was abandoned, and counts", "no steady time, and no flag", trialOf(1, func(x *results.Trial) {
			p := &x.Phases[drain]
			p.Turns, p.SteadyFrom, p.SteadyTo = nil, 0, 0
			x.Flags = noted(results.FlagNotDrained)
		})),
		of("a window of a phase without one", "and no sustained backlog", phaseOf(client, func(p *results.Phase) {
			p.SteadyFrom, p.SteadyTo = p.Released, p.Drained
		})),
		of("a turn of a phase without one", "and no sustained backlog", phaseOf(client, func(p *results.Phase) {
			p.Turns = []results.Turn{{From: p.Released, To: p.Drained}}
		})),
		of("a deeper backlog", "depth is 600, and the plan has 500", phaseOf(drain, func(p *results.Phase) { p.Depth = 600 })),
		of("another producer", "producer is client, and the plan has wire", phaseOf(drain, func(p *results.Phase) { p.Producer = suite.Client })),
		of("other arrivals", "arrivals is backlog, and the plan has sustained", phaseOf(drain, func(p *results.Phase) { p.Arrivals = suite.Backlog })),
		of("a rate", "rate is 500, and the plan has 400", phaseOf(paced, func(p *results.Phase) { p.Rate = 500 })),
		of("the slowest task taken away", "count is 99, and the plan has 100", func(t *testing.T, dir string) {
			tasksOf(1, func(r []results.Task) []results.Task {
				slow := -1
				for i := range r {
					if r[i].Phase == "paced" && (slow < 0 || r[i].Finished-r[i].Intended > r[slow].Finished-r[slow].Intended) {
						slow = i
					}
				}
				return slices.Delete(r, slow, slow+1)
			})(t, dir)
			trialOf(1, func(x *results.Trial) {
				x.Sent, x.Finished = x.Sent-1, x.Finished-1
				x.Phases[paced].Count--
			})(t, dir)
		}),
		of("all tasks of a phase taken away", "phase paced: 0 of its 100 tasks are there", func(t *testing.T, dir string) {
			takenAway(t, dir, paced, func(results.Task) bool { return true })
		}),
		of("a phase taken away", "phase client is missing", trialOf(1, func(x *results.Trial) { x.Phases = x.Phases[:client] })),
		of("a phase before the others", "phase other isn't in the plan", trialOf(1, func(x *results.Trial) {
			x.Phases = append([]results.Phase{{Name: "other", Arrivals: suite.Sustained, Producer: suite.Wire}}, x.Phases...)
		})),
		of("a phase twice", "phase paced is there twice", trialOf(1, func(x *results.Trial) { x.Phases = append(x.Phases, x.Phases[paced]) })),
		of("an enqueueing that began earlier", "enqueue_began_ns is 5.", phaseOf(drain, func(p *results.Phase) { p.EnqueueBegan -= 5 * second })),
		of("a client's enqueueing that began earlier", "enqueue_began_ns is 1ms before", phaseOf(client, func(p *results.Phase) { p.EnqueueBegan -= second / 1000 })),
		of("a client's enqueueing that ended later", "enqueue_ended_ns is 1ms after", phaseOf(client, func(p *results.Phase) { p.EnqueueEnded += second / 1000 })),
		of("a lost task that counts", "the flag lost is due for 1 of its tasks", fateOf(func(r *results.Task) { r.Outcome, r.Attempts = results.OutcomeLost, 0 },
			func(x *results.Trial) { x.Lost, x.Finished, x.Flags = 1, x.Finished-1, noted(results.FlagLost) })),
		of("an unknown task that counts", "the flag unknown is due", fateOf(func(r *results.Task) { r.Outcome, r.Attempts = results.OutcomeUnknown, 0 },
			func(x *results.Trial) { x.Unknown, x.Finished, x.Flags = 1, x.Finished-1, noted(results.FlagUnknown) })),
		of("a failed task that counts", "the flag failed is due", fateOf(func(r *results.Task) { r.Outcome = results.OutcomeFailed },
			func(x *results.Trial) { x.Failed, x.Finished, x.Flags = 1, x.Finished-1, noted(results.FlagFailed) })),
		of("a rejected task that counts", "the flag rejected is due", fateOf(func(r *results.Task) { r.Outcome, r.Acked, r.Attempts = results.OutcomeRejected, 0, 0 },
			func(x *results.Trial) {
				x.Rejected, x.Sent, x.Finished, x.Flags = 1, x.Sent-1, x.Finished-1, noted(results.FlagRejected)
			})),
		of("a repeated task that counts", "the flag duplicated is due", fateOf(func(r *results.Task) { r.Attempts = 2 },
			func(x *results.Trial) { x.Duplicated, x.Flags = 1, noted(results.FlagDuplicated) })),
		of("an unexpected task that counts", "the flag unexpected is due", trialOf(1, func(x *results.Trial) {
			x.Unexpected, x.Flags = 1, noted(results.FlagUnexpected)
		})),
	}
}

// takenAway takes tasks of a phase of the first trial away, and leaves their number in the phase.
func takenAway(t *testing.T, dir string, phase int, gone func(results.Task) bool) {
	t.Helper()
	n, drained := int64(0), int64(0)
	x, err := results.ReadTrial(results.TrialDir(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	tasksOf(1, func(rows []results.Task) (kept []results.Task) {
		for _, r := range rows {
			switch in := r.Phase == x.Phases[phase].Name; {
			case in && gone(r):
				n++
				continue
			case in:
				drained = max(drained, r.Finished)
			}
			kept = append(kept, r)
		}
		return kept
	})(t, dir)
	trialOf(1, func(x *results.Trial) {
		x.Sent, x.Finished = x.Sent-n, x.Finished-n
		x.Phases[phase].Drained = drained
	})(t, dir)
}

// Chains may end before their last step, and none of theirs may be taken away: the slowest would be.
func TestTasksOfAChainThatWereTakenAwayAreMissed(t *testing.T) {
	f := bundletest.Small(1)
	f.Scenarios, f.Contenders = []string{"orders"}, []string{"celery/threads", "asynctasq/async"}
	out := bundletest.Run(t, f)
	analysed(t, out)
	if r, err := verify.File(t.Context(), bundled(t, out), verify.Options{}); err != nil || !r.Verified() {
		t.Fatalf("%v %+v", err, r.Findings)
	}
	const paced, chains, steps = 1, 100, 4
	x, err := results.ReadTrial(results.TrialDir(out, 1))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := results.ReadTasks(results.TrialDir(out, 1))
	if err != nil {
		t.Fatal(err)
	}
	// of is the chain of a task, and took how long each took.
	of := func(r results.Task) int64 { return (r.Seq - x.Phases[paced].First) % chains }
	var took [chains]int64
	for _, r := range rows {
		if r.Phase == x.Phases[paced].Name {
			took[of(r)] = max(took[of(r)], r.Finished-r.Intended)
		}
	}
	limit := slices.Sorted(slices.Values(took[:]))[chains-15]
	for name, tt := range map[string]struct {
		first int64
		says  string
	}{
		"whole chains":             {0, "phase paced: 85 of its 100 tasks are there"},
		"all but their first step": {1, "phase paced: 85 tasks of step 2 are there, and 100 of the step before finished"},
		"their last step":          {steps - 1, "phase paced: 85 tasks of step 4 are there, and 100 of the step before finished"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, out)
			takenAway(t, dir, paced, func(r results.Task) bool {
				return took[of(r)] >= limit && (r.Seq-x.Phases[paced].First)/chains >= tt.first
			})
			analysed(t, dir)
			r, err := verify.File(t.Context(), packed(t, dir), verify.Options{})
			if err != nil || r.Verified() {
				t.Fatalf("%v %+v", err, r.Findings)
			}
			refusedBy(t, r, verify.Phases, tt.says)
		})
	}
}
