package view

import (
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// OwnCounts are the counts of a side's tasks in a place, over all trials that ran.
type OwnCounts struct {
	suite.Key
	// Failed of Sent tasks failed, and trials count anyway, as the tasks are the user's. Both are 0 otherwise.
	Failed, Sent int64
	// Followed tasks were enqueued by tasks.
	Followed int64

	// own is true where a trial with failures counts.
	own bool
}

// ownCounts has the sides of which some tasks failed, or enqueued others, in the order of their trials.
func ownCounts(a analysis.Analysis) []OwnCounts {
	var out []OwnCounts
	for _, t := range a.Trials {
		k := suite.KeyOf(t.Scenario, t.Broker, t.Arm)
		i := slices.IndexFunc(out, func(c OwnCounts) bool { return c.Key == k })
		if !t.Done() {
			continue
		}
		if i < 0 {
			i, out = len(out), append(out, OwnCounts{Key: k})
		}
		c := &out[i]
		c.Followed += t.Followed
		c.Sent += t.Sent
		c.Failed += t.Failed
		// A failure of one of tqbench's own tasks keeps the trial out of everything, and so does one of all of a user's.
		c.own = c.own || slices.ContainsFunc(t.Flags, func(f results.Flag) bool { return f.Code == results.FlagFailed && len(f.Metrics) == 0 })
	}
	for i, c := range out {
		if !c.own || c.Failed == 0 {
			out[i].Failed, out[i].Sent = 0, 0
		}
	}
	return slices.DeleteFunc(out, func(c OwnCounts) bool { return c.Failed == 0 && c.Followed == 0 })
}

// failing says which share of whose tasks failed.
func failing(known Products, counts []OwnCounts) []string {
	var out []string
	for _, c := range counts {
		if c.Failed > 0 {
			out = append(out, fmt.Sprintf("%s of the tasks of %s on %s failed (%d of %d): throughput and latencies are of those that succeeded.",
				number.Percent(float64(c.Failed)/float64(c.Sent)), Name(c.Arm), Name(known.Name(c.Broker)), c.Failed, c.Sent))
		}
	}
	return out
}

// following says how many tasks the tasks enqueued.
func following(known Products, counts []OwnCounts) []string {
	var out []string
	for _, c := range counts {
		if c.Followed > 0 {
			out = append(out, fmt.Sprintf("Tasks of %s on %s enqueued %s, warm-up included, which ran on the same workers and are in no figure but CPU and memory.",
				Name(c.Arm), Name(known.Name(c.Broker)), number.Plural(int(c.Followed), "other task")))
		}
	}
	return out
}
