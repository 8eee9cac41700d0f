package trial

import (
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
			ends := map[string]int64{}
			for _, row := range rows {
				ends[row.Kind] += row.Finished / each
			}
			// Without an order, both kinds would end at the same time on average.
			var first, last int64
			for i, row := range rows {
				if i == 0 || row.Finished < first {
					first = row.Finished
				}
				last = max(last, row.Finished)
			}
			if lead := ends["later"] - ends["urgent"]; lead < (last-first)/4 {
				t.Errorf("urgent tasks ended %d ns before the others on average, of a drain of %d ns", lead, last-first)
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
