package accounting

import (
	"maps"
	"slices"
)

// Kind is what happened to a task.
type Kind uint8

// The kinds of events. A task has an Attempt each time it was sent, and at most one answer to each.
const (
	Attempt Kind = iota
	Acknowledge
	Reject
	// Doubt is a useless answer, such as a broken connection. An attempt without an answer counts the same.
	Doubt
	Complete
	DeadLetter
)

// Event is one line of a history.
type Event struct {
	Task uint64
	Kind Kind
}

// Report is a history's result: the counts, and the tasks worth a look, in order of number. A recovered task may also be among the
// duplicated or dead ones.
type Report struct {
	Counts
	LostTasks, DuplicatedTasks, DeadTasks, RecoveredTasks, UnexpectedTasks []uint64
}

// seen counts a task's events by their kinds.
type seen [DeadLetter + 1]int

// task is their result. For a task that was sent several times, one promise is enough, and it is rejected if each attempt was.
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

// Judge accounts for all tasks of a history, with events in any order.
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
