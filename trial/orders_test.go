package trial

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Each order goes through all its steps, on both sides, and is charged once; both decline the same ones.
func TestOrdersGoThroughAllTheirSteps(t *testing.T) {
	declined := map[float64]bool{}
	for _, name := range []string{"celery/threads", "asynctasq"} {
		s := scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 100})
		s.Task, s.Chain, s.Service, s.Concurrency = "", true, suite.MockAPI, 20
		s.Limit = suite.Duration(60 * time.Second)
		// Two AsyncTasQ workers may each take the same retry from Redis.
		s.Processes = 1
		for _, step := range []string{"validate", "charge", "email", "inventory"} {
			s.Mix = append(s.Mix, suite.Share{Kind: step, Task: "order_" + step, Share: 1})
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		c := config(t, name, s)
		r, err := runWatched(t, c)
		if err != nil {
			t.Fatal(err)
		}
		if r.Sent != 400 || r.Finished != 400 || r.Duplicated+r.Lost+r.Failed != 0 || r.Values[metric.ChargedTwice] != 0 {
			t.Errorf("%s: %+v, %v", name, r.Counts, r.Values)
		}
		declined[r.Values[metric.Declined]] = true
		if err := results.WriteTrial(c.Dir, r); err != nil {
			t.Fatal(err)
		}
		rows, err := results.ReadTasks(c.Dir)
		if err != nil {
			t.Fatal(err)
		}
		steps := map[string]int{}
		for i, row := range rows {
			steps[row.Kind]++
			if i >= 100 && (row.Intended != rows[i-100].Intended || row.Sent != rows[i-100].Finished) {
				t.Fatalf("%s: task %d: %+v does not follow %+v", name, i, row, rows[i-100])
			}
		}
		if len(steps) != 4 || steps["inventory"] != 100 {
			t.Errorf("%s: steps %v", name, steps)
		}
		clean(t)
	}
	if len(declined) != 1 || declined[0] {
		t.Errorf("declined charges: %v", declined)
	}
}
