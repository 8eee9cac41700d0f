package trial

import (
	"cmp"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Both frameworks take tasks from all the given queues, and on Redis, where both can, in strict order.
func TestTheFirstQueueIsServedFirst(t *testing.T) {
	for _, name := range []string{"asynctasq/async", "celery/prefork"} {
		t.Run(name, func(t *testing.T) {
			const each = 200
			s := scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 2 * each})
			s.Task, s.Args = "", nil
			s.Mix = []suite.Share{{Kind: "urgent", Task: "noop", Share: 1, Queue: "urgent"}, {Kind: "later", Task: "noop", Share: 1, Queue: "later"}}
			c := config(t, name, s)
			c.Target.Queue, c.Target.Queues = "tqbench-urgent", []string{"tqbench-urgent", "tqbench-later"}
			r, err := Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Counts.Finished != 2*each || r.Counts.Lost != 0 || r.Counts.Duplicated != 0 {
				t.Fatalf("counts %+v", r.Counts)
			}
			if err := results.WriteTrial(c.Dir, r); err != nil {
				t.Fatal(err)
			}
			rows, err := results.ReadTasks(c.Dir)
			if err != nil {
				t.Fatal(err)
			}
			// Without an order, half of each kind would be in the first half.
			slices.SortFunc(rows, func(a, b results.Task) int { return cmp.Compare(a.Finished, b.Finished) })
			urgent := 0
			for _, row := range rows[:each] {
				if row.Kind == "urgent" {
					urgent++
				}
			}
			if urgent < each*3/4 {
				t.Errorf("of the first %d tasks that ended, %d were urgent", each, urgent)
			}
			// None of our tasks stay in any queue.
			set, err := c.Contender.Setup(c.Target)
			if err != nil {
				t.Fatal(err)
			}
			if depth, err := c.Broker.Depth(t.Context(), set.Places); err != nil || depth != 0 {
				t.Errorf("%d tasks are left, %v", depth, err)
			}
			clean(t)
		})
	}
}
