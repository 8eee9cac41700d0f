// Package accounting determines the result of each sent task, in the terms of Jepsen's checker of queues: attempted, acknowledged, lost,
// duplicated, unexpected, recovered (total-queue in https://github.com/jepsen-io/jepsen/blob/main/jepsen/src/jepsen/checker.clj). It adds
// what a task queue has beyond a queue: tasks that were given up after they failed.
//
// Its one opinion: the order of events doesn't matter. Only the kinds of a task's events and their numbers count, so a history read from
// many files, in any order, has one answer.
package accounting

import "fmt"

// Answer is the broker's answer when a task was sent.
type Answer uint8

// The answers.
const (
	// Unknown is no answer, or an error that leaves open whether the broker has the task.
	Unknown Answer = iota
	// Acknowledged promises that the broker has it.
	Acknowledged
	// Rejected says that the broker doesn't have it.
	Rejected
)

// Task is what is known about one task.
type Task struct {
	// Attempted reports whether it was ever sent.
	Attempted bool
	Answer    Answer
	// Completed is how often it succeeded, DeadLettered how often it failed for good.
	Completed, DeadLettered int
	// Unrecorded reports whether records that would concern it are missing, as those of a host that was lost: that it has none means nothing.
	Unrecorded bool
}

// Fate is the result of a task.
type Fate uint8

// The fates.
const (
	// Nothing is the fate of a task without events.
	Nothing Fate = iota
	// Refused was rejected and never ran.
	Refused
	// Unseen was sent, with an unknown result, and never ran.
	Unseen
	// Once succeeded one time, after any number of failures.
	Once
	// Duplicated succeeded more than once.
	Duplicated
	// Dead failed and never succeeded.
	Dead
	// Lost was acknowledged and never ran.
	Lost
	// Unrecorded was not refused, and whether it ran is unknown: records are missing.
	Unrecorded
	// Ghost ran but was never sent.
	Ghost
)

// Fate returns the task's fate.
func (t Task) Fate() Fate {
	ended := t.Completed+t.DeadLettered > 0
	switch {
	case !t.Attempted && ended:
		return Ghost
	case !t.Attempted:
		return Nothing
	case t.Completed > 1:
		return Duplicated
	case t.Completed == 1:
		return Once
	case ended:
		return Dead
	case t.Answer == Rejected:
		return Refused
	case t.Unrecorded:
		return Unrecorded
	case t.Answer == Acknowledged:
		return Lost
	}
	return Unseen
}

// ran reports whether the task ran at all.
func (t Task) ran() bool { return t.Completed+t.DeadLettered > 0 }

// Counts sum up tasks. Two sums always hold:
//
//	Attempted    = Acknowledged + Rejected + Unknown
//	Acknowledged = Once + Duplicated + DeadLettered + Lost + Unrecorded
//
// A rejected task that ran counts as Unknown: the broker had it, and the answer was wrong.
type Counts struct {
	Attempted    int64 `json:"attempted"`
	Acknowledged int64 `json:"acknowledged"`
	Rejected     int64 `json:"rejected,omitempty"`
	Unknown      int64 `json:"unknown,omitempty"`
	// Once, Duplicated, DeadLettered, Lost and Unrecorded are fates of acknowledged tasks.
	Once         int64 `json:"completed_once"`
	Duplicated   int64 `json:"duplicated,omitempty"`
	DeadLettered int64 `json:"dead_lettered,omitempty"`
	Lost         int64 `json:"lost,omitempty"`
	Unrecorded   int64 `json:"unrecorded,omitempty"`
	// Recovered are the Unknown tasks that ran: the broker had them. RecoveredTwice are those that succeeded more than once.
	Recovered      int64 `json:"recovered,omitempty"`
	RecoveredTwice int64 `json:"recovered_duplicated,omitempty"`
	// Unexpected ran and were never attempted.
	Unexpected int64 `json:"unexpected,omitempty"`
}

// Add counts a task and returns its fate.
func (c *Counts) Add(t Task) Fate {
	f := t.Fate()
	switch {
	case f == Nothing:
		return f
	case f == Ghost:
		c.Unexpected++
		return f
	}
	c.Attempted++
	switch {
	case t.Answer == Acknowledged:
		c.Acknowledged++
		switch f {
		case Once:
			c.Once++
		case Duplicated:
			c.Duplicated++
		case Dead:
			c.DeadLettered++
		case Lost:
			c.Lost++
		case Unrecorded:
			c.Unrecorded++
		}
	case f == Refused:
		c.Rejected++
	default:
		c.Unknown++
		if t.ran() {
			c.Recovered++
		}
		if f == Duplicated {
			c.RecoveredTwice++
		}
	}
	return f
}

// Check returns an error if a sum doesn't hold. It is for counts that were read: those from Add hold.
func (c Counts) Check() error {
	if sum := c.Acknowledged + c.Rejected + c.Unknown; sum != c.Attempted {
		return fmt.Errorf("%d tasks were attempted, and %d acknowledged, rejected or unknown", c.Attempted, sum)
	}
	if sum := c.Once + c.Duplicated + c.DeadLettered + c.Lost + c.Unrecorded; sum != c.Acknowledged {
		return fmt.Errorf("%d tasks were acknowledged, and %d completed, dead-lettered, lost or unrecorded", c.Acknowledged, sum)
	}
	if c.Recovered > c.Unknown || c.RecoveredTwice > c.Recovered {
		return fmt.Errorf("%d unknown tasks, of which %d were recovered and %d of these twice", c.Unknown, c.Recovered, c.RecoveredTwice)
	}
	return nil
}
