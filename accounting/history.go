package accounting

import (
	"maps"
	"slices"
)

// Kind is what happened to a task.
type Kind uint8

// The kinds of events. A task has an Attempt for each time it was sent, and at most one answer to each.
const (
	Attempt Kind = iota
	Acknowledge
	Reject
	// Doubt is an answer that tells nothing, such as a broken connection. An attempt without any answer is as good.
	Doubt
	Complete
	DeadLetter
)

// Event is one line of a history.
type Event struct {
	Task uint64
	Kind Kind
}

// Report is what a history says: the counts, and the tasks that somebody may want to look at, in the order of their
// numbers. A recovered task may be among the duplicated or the dead ones, too.
type Report struct {
	Counts
	LostTasks, DuplicatedTasks, DeadTasks, RecoveredTasks, UnexpectedTasks []uint64
}

// seen counts a task's events by their kinds.
type seen [DeadLetter + 1]int

// task is what they say. Of a task that was sent several times, one promise is enough, and it is rejected when each
// attempt was.
func (s seen) task() Task {
	t := Task{Attempted: s[Attempt] > 0, Completed: s[Complete], DeadLettered: s[DeadLetter]}
	switch {
	case s[Acknowledge] > 0:
		t.Answer = Acknowledged
	case s[Reject] > 0 && s[Reject] >= s[Attempt]:
		t.Answer = Rejected
	}
	return t
}

// Judge accounts for all tasks of a history, whose events may stand in any order.
func Judge(history []Event) Report {
	tasks := map[uint64]seen{}
	for _, e := range history {
		s := tasks[e.Task]
		s[e.Kind]++
		tasks[e.Task] = s
	}
	var r Report
	for _, n := range slices.Sorted(maps.Keys(tasks)) {
		before := r.Recovered
		switch r.Add(tasks[n].task()) {
		case Lost:
			r.LostTasks = append(r.LostTasks, n)
		case Duplicated:
			r.DuplicatedTasks = append(r.DuplicatedTasks, n)
		case Dead:
			r.DeadTasks = append(r.DeadTasks, n)
		case Ghost:
			r.UnexpectedTasks = append(r.UnexpectedTasks, n)
		}
		if r.Recovered > before {
			r.RecoveredTasks = append(r.RecoveredTasks, n)
		}
	}
	return r
}
