package analysis

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// contradicted refuses a trial whose trial.json says other than its own tasks and samples do: figures are taken from both, and a
// file that was patched, or is half of an earlier one, would else be believed. What is counted has to be the same; what is read by
// other readings than the samples' has to be about the same.
func (s *scratch) contradicted(out string, t results.Trial, steps int) error {
	path := filepath.Join(results.TrialDir(out, t.ID), "trial.json")
	wrong := func(what string, says, made any) error {
		return fmt.Errorf("read %s: %w: %s is %v, and its own tasks and samples make it %v: it was changed after it was written", path, results.ErrFormat,
			what, says, made)
	}
	if t.Accounting != nil {
		if err := t.Accounting.Check(); err != nil {
			return fmt.Errorf("read %s: %w: %v", path, results.ErrFormat, err)
		}
	}
	for _, c := range []struct {
		what, outcome string
		says          int64
	}{
		{"finished", results.OutcomeFinished, t.Finished}, {"failed", results.OutcomeFailed, t.Failed},
		{"lost", results.OutcomeLost, t.Lost}, {"unknown", results.OutcomeUnknown, t.Unknown}, {"rejected", results.OutcomeRejected, t.Rejected},
	} {
		if got := int64(among(s.tasks.Outcome, s.tasks.Outcome.Is(c.outcome))); got != c.says {
			return wrong(c.what, c.says, got)
		}
	}
	if got := int64(len(s.tasks.Sent)) - t.Rejected; got != t.Sent {
		return wrong("sent", t.Sent, got)
	}
	for _, f := range []struct {
		code string
		n    int64
	}{
		{results.FlagLost, t.Lost}, {results.FlagUnknown, t.Unknown}, {results.FlagDuplicated, t.Duplicated}, {results.FlagFailed, t.Failed},
		{results.FlagRejected, t.Rejected}, {results.FlagUnexpected, t.Unexpected},
	} {
		if f.n > 0 && !t.Flagged(f.code) {
			return wrong("the flag "+f.code, "missing", "due")
		}
	}
	for _, p := range t.Phases {
		if slices.ContainsFunc(t.Phases, func(q results.Phase) bool { return q.Name == p.Name && q.First != p.First }) {
			continue // a rate that was tried twice has two phases of one name
		}
		if what, says, made := s.phaseContradicted(p, steps); what != "" {
			return wrong(p.Name+": "+what, says, made)
		}
	}
	return nil
}

// heldEarly is which share of the tasks may have begun before the workers were let go: a worker that holds a lock is let go for a
// moment.
const heldEarly = 0.1

// phaseContradicted names what a phase of chains of that many steps says and its tasks or samples don't, with both; nothing where they agree.
func (s *scratch) phaseContradicted(p results.Phase, steps int) (what string, says, made any) {
	chain := steps > 1
	in := s.tasks.Phase.Is(p.Name)
	var count, broken, early, sends, own int64
	finished, swarm := s.tasks.Outcome.Is(results.OutcomeFinished), len(s.tasks.HalfWidth) == len(s.tasks.Sent)
	var drained, firstSent, lastSent, due int64
	var late []int64
	for i, phase := range s.tasks.Phase.Index {
		if !in[phase] {
			continue
		}
		count++
		if !finished[s.tasks.Outcome.Index[i]] {
			broken++
		} else if swarm && s.tasks.HalfWidth[i] == 0 {
			own++
		}
		drained = max(drained, s.tasks.Finished[i])
		sent, intended := s.tasks.Sent[i], s.tasks.Intended[i]
		if started := s.tasks.Started[i]; started > 0 && started < p.Released {
			early++
		}
		if sent == 0 {
			continue
		}
		if sends == 0 || sent < firstSent {
			firstSent = sent
		}
		if due == 0 || intended < due {
			due = intended
		}
		late = append(late, sent-intended)
		if sends++; p.Depth == 0 || sends <= p.Depth {
			lastSent = max(lastSent, sent)
		}
	}
	held := suite.Held(p.Arrivals)
	switch {
	case count == 0 && p.Drained == 0:
		return s.samplesContradict(p) // requests that enqueue nothing have no tasks
	case p.OwnOf > 0 && (!swarm || own != p.OwnTasks):
		return "own_tasks", p.OwnTasks, own
	case count > p.Count, p.Count-count > broken*int64(steps-1): // steps after one that didn't end were never sent
		return "count", p.Count, count
	case drained > 0 && drained != p.Drained:
		return "drained_ns", p.Drained, drained
	case sends > 0 && p.EnqueueEnded > 0 && p.EnqueueBegan > firstSent: // starts of workers have no such time
		return "enqueue_began_ns", p.EnqueueBegan, fmt.Sprintf("at most %d", firstSent)
	case sends > 0 && p.EnqueueEnded > 0 && !chain && p.EnqueueEnded < lastSent:
		return "enqueue_ended_ns", p.EnqueueEnded, fmt.Sprintf("at least %d", lastSent)
	case held && p.EnqueueEnded > p.Released:
		return "released_ns", p.Released, fmt.Sprintf("at least %d", p.EnqueueEnded)
	case held && float64(early) > heldEarly*float64(count):
		return "released_ns", p.Released, fmt.Sprintf("earlier: %d of %d tasks had begun", early, count)
	case p.SteadyTo > 0 && !within(p):
		return "the steady time", append([]results.Turn{{From: p.SteadyFrom, To: p.SteadyTo}}, p.Turns...),
			fmt.Sprintf("turns one after the other between %d and %d", p.Released, p.Drained+int64(emptySlack))
	case p.Arrivals == suite.Open && due > 0 && p.Released != due, scheduled(p) && due > 0 && p.Released > due:
		return "released_ns", p.Released, due // at random or by a trace, the first may come a while after the release
	}
	if scheduled(p) && !chain && len(late) > 0 {
		slices.Sort(late)
		for _, l := range []struct {
			what string
			says int64
			q    float64
		}{{"late_p50_ns", p.LateP50, 0.5}, {"late_p99_ns", p.LateP99, 0.99}, {"late_max_ns", p.LateMax, 1}} {
			if got := results.NearestRank(late, l.q); got != l.says {
				return l.what, l.says, got
			}
		}
	}
	return s.samplesContradict(p)
}

// emptySlack is for how long a backlog may have been empty when its steady part ended: workers that are faster than their producer end the
// last task before the producer looks again.
const emptySlack = time.Second

// within tells whether the turns of the steady part follow each other between release and drain, and are its bounds.
func within(p results.Phase) bool {
	at := p.Released
	turns := p.SteadyTurns()
	for _, s := range turns {
		if s.From < at || s.To < s.From {
			return false
		}
		at = s.To
	}
	return at <= p.Drained+int64(emptySlack) && p.SteadyFrom == turns[0].From && p.SteadyTo == at
}

// scheduled tells whether the phase's tasks came by a schedule.
func scheduled(p results.Phase) bool { return suite.Phase{Arrivals: p.Arrivals}.Scheduled() }

// samplesContradict is as phaseContradicted for what processes used. The first and the last sample of a phase are taken close to
// the readings that its figures are made of, not with them, and memory once a second.
func (s *scratch) samplesContradict(p results.Phase) (what string, says, made any) {
	in := s.series.Phase.Is(p.Name)
	first, last, least, most := -1, -1, math.Inf(1), 0.0
	for i, phase := range s.series.Phase.Index {
		if !in[phase] {
			continue
		}
		if first < 0 || len(s.series.WorkerCPU) != len(s.series.At) {
			first = i
		}
		last = i
		if pss := s.series.WorkerPSS[i]; pss > 0 {
			least, most = min(least, pss), max(most, pss)
		}
	}
	if first < 0 || len(s.series.WorkerCPU) != len(s.series.At) {
		return "", nil, nil // a phase of another way of measuring has no samples
	}
	// The time that a phase took is without the other sides' turns. One that was abandoned doesn't say whether there were any.
	away := len(p.Turns) > 0 || p.Arrivals == suite.Sustained && p.SteadyTo == 0
	for _, u := range []struct {
		what       string
		says, made float64
		measured   bool
	}{
		{"the workers' cpu_seconds", p.Workers.CPUSeconds, s.series.WorkerCPU[last] - s.series.WorkerCPU[first], p.Workers.Measured},
		{"the broker's cpu_seconds", p.BrokerUsage.CPUSeconds, s.series.BrokerCPU[last] - s.series.BrokerCPU[first], p.BrokerUsage.Measured},
		{"the workers' wall_seconds", p.Workers.WallSeconds, float64(s.series.At[last]-s.series.At[first]) / 1e9, p.Workers.Measured && !away},
	} {
		if u.measured && math.Abs(u.says-u.made) > sampleSlack+sampleShare*math.Abs(u.made) {
			return u.what, u.says, fmt.Sprintf("about %.2f", u.made)
		}
	}
	// Workers that had ended by the end of the phase have no memory, and no figure is made of that.
	if pss := p.Workers.PSSMiB; p.Workers.Measured && most > 0 && pss != 0 && (pss > pssTimes*most || pss < least/pssTimes) {
		return "the workers' pss_mib", pss, fmt.Sprintf("%.1f to %.1f", least, most)
	}
	return "", nil, nil
}

// By how much a figure may differ from what samples make it: a machine that is busy takes its time between two readings.
const (
	sampleSlack = 0.5 // seconds
	sampleShare = 0.25
	pssTimes    = 2
)
