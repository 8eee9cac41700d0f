package trial

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
)

// holding is a broker that holds tasks forever.
type holding struct{ broker.Broker }

func (holding) Depth(context.Context, []broker.Place) (int64, error) { return 7, nil }

// empty is a broker that counts no task.
type empty struct{ broker.Broker }

func (empty) Depth(context.Context, []broker.Place) (int64, error) { return 0, nil }

// waiters make waiters for a worker that runs until the test ends.
func waiters(t *testing.T) func(broker.Broker) *waiter {
	t.Helper()
	dir := t.TempDir()
	group, err := process.Start(t.Context(), []process.Command{{Argv: []string{"/bin/sleep", "100"}, Dir: dir, Log: filepath.Join(dir, "log")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { group.Stop(syscall.SIGKILL, 0) })
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	return func(b broker.Broker) *waiter {
		return &waiter{clock: c, broker: b, fleet: &fleet{group: group, argv: [][]string{nil}}, ledger: &ledger{}}
	}
}

// A drain in which no task ends for a minute and a half is abandoned, at any limit: tasks that workers hold without running come back after
// the visibility timeout, if at all. A failed task may wait a minute for its next attempt. Long tasks get their time, and a recovery waits for
// exactly that.
func TestADrainThatIsStuckIsGivenUp(t *testing.T) {
	waiting := waiters(t)
	for name, tt := range map[string]struct {
		faulty  bool
		longest time.Duration
		still   time.Duration
		want    bool
	}{
		"a retry":        {false, time.Second, 65 * time.Second, false},
		"longer":         {false, time.Second, 91 * time.Second, true},
		"long tasks":     {false, 20 * time.Second, 91 * time.Second, false},
		"very long ones": {false, 20 * time.Second, 201 * time.Second, true},
		"a recovery":     {true, time.Second, 91 * time.Second, false},
	} {
		w := waiting(holding{})
		w.faulty = tt.faulty
		w.ledger.longest.Store(int64(tt.longest))
		p := w.patience(time.Hour)
		if p.over(t.Context(), 3) {
			t.Errorf("%s: it is given up at once", name)
		}
		p.ended -= int64(tt.still)
		if got := p.over(t.Context(), 3); got != tt.want {
			t.Errorf("%s: given up %v, want %v", name, got, tt.want)
		}
		if p.over(t.Context(), 4) {
			t.Errorf("%s: it is given up though a task has ended", name)
		}
	}
}

// Where the broker holds no task, workers may still run some: a drain is abandoned when they should have ended.
func TestADrainWaitsForTasksThatTheBrokerDoesNotCount(t *testing.T) {
	waiting := waiters(t)
	for name, tt := range map[string]struct {
		own            bool
		done           int64
		longest, still time.Duration
		want           bool
	}{
		"short tasks, a moment":          {false, 3, time.Second, 2 * time.Second, false},
		"short tasks":                    {false, 3, time.Second, 6 * time.Second, true},
		"long tasks, still running":      {true, 3, 6 * time.Second, 11 * time.Second, false},
		"long tasks":                     {true, 3, 6 * time.Second, 13 * time.Second, true},
		"no user's task yet, in time":    {true, 0, 0, 29 * time.Second, false},
		"no user's task yet, for long":   {true, 0, 0, 31 * time.Second, true},
		"no task yet, of a known length": {false, 0, 0, 6 * time.Second, true},
	} {
		w := waiting(empty{})
		w.own = tt.own
		w.ledger.longest.Store(int64(tt.longest))
		p := w.patience(time.Hour)
		if p.over(t.Context(), tt.done) {
			t.Errorf("%s: it is given up at once", name)
		}
		p.looked -= int64(tt.still)
		if p.over(t.Context(), tt.done) {
			t.Errorf("%s: it is given up after one look at the broker", name)
		}
		p.empty -= min(p.empty, emptiness(emptyFor))
		if got := p.over(t.Context(), tt.done); got != tt.want {
			t.Errorf("%s: given up %v, want %v", name, got, tt.want)
		}
	}
}

// counting is a broker that holds these tasks, one number for each reading; the last one stays. One below 0 is no answer.
type counting struct {
	broker.Broker
	depths []int64
	read   int
}

func (c *counting) Depth(context.Context, []broker.Place) (int64, error) {
	c.read++
	depth := c.depths[min(c.read, len(c.depths))-1]
	if depth < 0 {
		return 0, errors.New("no answer")
	}
	return depth, nil
}

// A broker isn't empty whose tasks are in a worker's hands for a moment, as it looks whether they are due: no reading alone ends a wait.
func TestABrokerThatIsEmptyForAMomentHoldsTasks(t *testing.T) {
	waiting := waiters(t)
	for name, tt := range map[string]struct {
		depths []int64
		want   []bool // after each of its looks
	}{
		"empty":                   {[]int64{0, 0}, []bool{false, true}},
		"for a moment":            {[]int64{0, 7}, []bool{false, false}},
		"for a moment, and again": {[]int64{0, 7, 0, 7}, []bool{false, false, false, false}},
		"with no answer between":  {[]int64{0, -1, 0}, []bool{false, false, false}},
		"later":                   {[]int64{7, 0, 0}, []bool{false, false, true}},
	} {
		p := waiting(&counting{depths: tt.depths}).patience(time.Hour)
		p.over(t.Context(), 3) // no other task ends
		for i, want := range tt.want {
			p.looked -= int64(stallLimit) + 1
			if got := p.over(t.Context(), 3); got != want {
				t.Errorf("%s: given up after look %d: %v, want %v", name, i+1, got, want)
			}
			p.empty -= min(p.empty, emptiness(emptyFor))
		}
	}
}

// After a load, a user's tasks are waited for until the broker is empty for longer than a moment.
func TestTheNextLoadWaitsForTasksThatWereOutOfSight(t *testing.T) {
	b := &counting{depths: []int64{0, 7, 0}}
	w := waiters(t)(b)
	w.own, w.limit, w.rec = true, time.Minute, &recorder{}
	if left, err := w.settle(t.Context()); left != 0 || err != nil || b.read < 4 {
		t.Errorf("%d tasks are left after %d readings (%v)", left, b.read, err)
	}
}
