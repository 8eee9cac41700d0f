package verify

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// strayed says what a trial has otherwise than its plan or its tasks give it, of what figures are taken from, or "". The analysis takes the
// word of trial.json for that.
func (c *checker) strayed(t results.Trial, rows []results.Task) string {
	sc, ok := c.Plan.Scenario(t.Scenario)
	if !ok {
		return "" // the trial is refused already
	}
	sc = sc.For(t.Broker)
	had := map[string]bool{}
	for _, p := range t.Phases {
		what := gone(p, sc, rows)
		i := slices.IndexFunc(sc.Phases, func(q suite.Phase) bool { return q.Name == p.Name })
		switch {
		case i < 0 && searches(sc):
			// there is one for each rate that was tried
		case i < 0:
			return fmt.Sprintf("phase %s isn't in the plan", p.Name)
		case had[p.Name]:
			return fmt.Sprintf("phase %s is there twice", p.Name)
		default:
			what = cmp.Or(load(p, sc.Phases[i], sc), window(t, p, sc.Phases[i]), sending(t, p, sc, rows), what)
		}
		had[p.Name] = true
		if what != "" {
			return fmt.Sprintf("phase %s: %s", p.Name, what)
		}
	}
	for _, q := range sc.Phases {
		if !had[q.Name] && !searches(sc) {
			return fmt.Sprintf("phase %s is missing", q.Name)
		}
	}
	return unflagged(t, rows, sc)
}

// searches reports whether a scenario finds its rates, which the plan doesn't have.
func searches(sc suite.Scenario) bool { return sc.Measure == suite.Search || sc.Measure == suite.Soak }

// load says what a phase offered otherwise than its plan, or "".
func load(p results.Phase, q suite.Phase, sc suite.Scenario) string {
	for _, x := range []struct {
		what         string
		has, planned any
		// free is what the plan leaves open.
		free bool
	}{
		{"arrivals", p.Arrivals, q.Arrivals, false},
		{"producer", p.Producer, q.Producer, sc.Own != nil && p.Producer == suite.Client}, // where only the framework's client can send the task
		{"depth", p.Depth, int64(q.Depth), false},
		{"rate", p.Rate, float64(q.Rate), searches(sc)},
		{"count", p.Count, int64(q.Tasks * sc.Steps()), searches(sc) || q.Arrivals == suite.Sustained},
	} {
		if !x.free && x.has != x.planned {
			return fmt.Sprintf("%s is %v, and the plan has %v", x.what, x.has, x.planned)
		}
	}
	return ""
}

// gone says which of a phase's tasks aren't there, or "". A trial has all that were sent, whatever became of them, and of chains the steps whose
// step before finished. The first requests of a web application enqueue nothing.
func gone(p results.Phase, sc suite.Scenario, rows []results.Task) string {
	if sc.Measure == suite.Web && p.Name == sc.Phases[0].Name {
		return ""
	}
	steps := int64(max(1, sc.Steps()))
	sends := p.Count / steps
	there, finished := make([]int64, steps), make([]int64, steps)
	for _, r := range rows {
		i := r.Seq - p.First
		if r.Phase != p.Name || i < 0 || i >= sends*steps {
			continue
		}
		there[i/sends]++
		if r.Outcome == results.OutcomeFinished {
			finished[i/sends]++
		}
	}
	if there[0] != sends {
		return fmt.Sprintf("%d of its %d tasks are there", there[0], sends)
	}
	for k := range there[1:] {
		if there[k+1] < finished[k] {
			return fmt.Sprintf("%d tasks of step %d are there, and %d of the step before finished", there[k+1], k+2, finished[k])
		}
	}
	return ""
}

// window says how the time over which a sustained backlog's rate is taken isn't the plan's, or "". That it ends with the drain is the analysis's
// to check.
func window(t results.Trial, p results.Phase, q suite.Phase) string {
	after := func(ns int64) time.Duration { return time.Duration(ns - p.Released) }
	n, each := q.TurnsOf()
	from := p.Released + int64(q.Ramp())
	switch none := p.SteadyFrom == 0 && p.SteadyTo == 0; {
	case p.Arrivals != suite.Sustained && (!none || len(p.Turns) > 0):
		return "it has a steady time, and no sustained backlog"
	case p.Arrivals == suite.Sustained && none && !keptOut(t, results.FlagNotDrained):
		return "it has no steady time, and no flag that it was abandoned"
	case none:
		return "" // whatever turns it had before it was abandoned: no rate is taken in them
	case len(p.Turns) == 0 && (p.SteadyFrom != from || p.SteadyTo != from+int64(q.Lasts)):
		return fmt.Sprintf("its rate is taken from %s to %s after its release, and by the plan from %s to %s", after(p.SteadyFrom), after(p.SteadyTo),
			q.Ramp(), q.Ramp()+time.Duration(q.Lasts))
	case len(p.Turns) == 0:
		return "" // its sides ran one after the other
	case len(p.Turns) != n:
		return fmt.Sprintf("its rate is taken in %d turns, and by the plan in %d", len(p.Turns), n)
	case p.Turns[0].From < from:
		return fmt.Sprintf("its first turn began %s after its release, and by the plan after %s at the earliest", after(p.Turns[0].From), q.Ramp())
	}
	for i, s := range p.Turns {
		if lasts := time.Duration(s.To - s.From); lasts != each {
			return fmt.Sprintf("turn %d lasted %s, and by the plan %s", i+1, lasts, each)
		}
	}
	return ""
}

// How much earlier than its first task a backlog's sending may begin, and later than the last answer end: a busy machine gives the producer no turn
// for so long. Other machines get their orders before, and report afterwards; one may be away for nearly 15 s meanwhile, as its connection may be
// silent for 5 s (silence of cluster/wire) before the 10 s begin after which it is lost (agentPatience of cluster). Messages are encoded before they
// are sent, which takes no longer than to send them all.
const (
	sendingSlack = 250 * time.Millisecond
	hostsSlack   = 20 * time.Second
)

// sending says how the time over which a backlog's enqueue rate is taken isn't that of its tasks, or "".
func sending(t results.Trial, p results.Phase, sc suite.Scenario, rows []results.Task) string {
	if !suite.Held(p.Arrivals) {
		return "" // no figure is taken over it
	}
	sends := p.Count / int64(max(1, sc.Steps()))
	if p.Arrivals == suite.Sustained {
		sends = p.Depth
	}
	var first, last int64
	answered := true
	for _, r := range rows {
		if r.Phase != p.Name || r.Seq >= p.First+sends {
			continue
		}
		if r.Sent > 0 && (first == 0 || r.Sent < first) {
			first = r.Sent
		}
		last = max(last, r.Acked)
		answered = answered && r.Acked > 0
	}
	slack, encoding := sendingSlack, time.Duration(max(0, last-first))
	switch {
	case first == 0:
		return "" // the notes of it were lost with their host
	case p.Producer == suite.Client && p.Arrivals == suite.Backlog:
		slack, encoding = 0, 0 // it is timed by its tasks
	case len(t.Hosts) > 0:
		slack = hostsSlack
	}
	// Without an answer, the sender waits. A worker that is let go with a lock holds the watch over it up.
	waited := slack > 0 && (!answered || t.Flagged(results.FlagReleasedEarly))
	early, late := time.Duration(first-p.EnqueueBegan), time.Duration(p.EnqueueEnded-last)
	before, after := max(0, early-slack-encoding), max(0, late-slack)
	if waited {
		after = 0
	}
	allowed := time.Duration(0)
	if slack > 0 {
		allowed = stolen(p)
	}
	switch {
	case before+after > allowed && before >= after:
		return fmt.Sprintf("enqueue_began_ns is %s before its first task was sent", early)
	case before+after > allowed:
		return fmt.Sprintf("enqueue_ended_ns is %s after its last task was acknowledged", late)
	case slack == 0 && late < 0:
		return fmt.Sprintf("enqueue_ended_ns is %s before its last task was acknowledged", -late)
	}
	return ""
}

// stolen is for how long a producer may have had no CPU while it sent, before its first task and after its last one together, as the hypervisor
// gave it to others. The bracket of the rate allows for as much.
func stolen(p results.Phase) time.Duration {
	still := max(0, min(p.EnqueueStill, results.MostStill))
	return time.Duration(still * float64(max(0, p.EnqueueEnded-p.EnqueueBegan)))
}

// unflagged says which flag a trial's tasks make due that doesn't keep it out of every figure, or "". That it is there at all, the analysis checks.
func unflagged(t results.Trial, rows []results.Task, sc suite.Scenario) string {
	faulty := sc.Measure == suite.Recovery // tasks that are lost or run twice are its result
	for _, f := range []struct {
		code  string
		n     int64
		noted bool
	}{
		{results.FlagLost, t.Lost, faulty}, {results.FlagUnknown, t.Unknown, false}, {results.FlagDuplicated, t.Duplicated, faulty},
		{results.FlagRejected, t.Rejected, false}, {results.FlagUnexpected, t.Unexpected, false},
		{results.FlagFailed, t.Failed, sc.Own != nil && !fruitless(rows)}, // a user's own task may fail
	} {
		if f.n > 0 && !f.noted && !keptOut(t, f.code) {
			return fmt.Sprintf("the flag %s is due for %d of its tasks, and doesn't keep the trial out", f.code, f.n)
		}
	}
	return ""
}

// keptOut reports whether a flag of that code keeps a trial out of every figure.
func keptOut(t results.Trial, code string) bool {
	return slices.ContainsFunc(t.Flags, func(f results.Flag) bool { return f.Code == code && f.Invalidates("*") })
}

// fruitless reports whether tasks of a phase failed, and none of it succeeded.
func fruitless(rows []results.Task) bool {
	failed, finished := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		failed[r.Phase] = failed[r.Phase] || r.Outcome == results.OutcomeFailed
		finished[r.Phase] = finished[r.Phase] || r.Outcome == results.OutcomeFinished
	}
	for name := range failed {
		if failed[name] && !finished[name] {
			return true
		}
	}
	return false
}
