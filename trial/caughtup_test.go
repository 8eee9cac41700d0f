package trial

import "testing"

func TestCaughtUpIsWhenNoMoreTasksWait(t *testing.T) {
	// A task is due at the first time and ends at the second; 0 is never. One that was never accepted has no acked.
	task := func(due, end int64) entry {
		e := entry{intended: due, sent: due, acked: due, finished: end}
		if end != 0 {
			e.ok = 1
		}
		return e
	}
	refused, failed := task(15, 0), task(15, 25)
	refused.acked = 0
	failed.ok, failed.failed = 0, 1
	// Two tasks wait at 10, when the fault comes; work continues at 20.
	two := []entry{task(1, 5), task(8, 30), task(9, 31)}
	for _, test := range []struct {
		name  string
		tasks []entry
		when  int64
		ok    bool
	}{
		{"nothing came meanwhile", two, 20, true},
		{"the backlog is back when the first one of three has ended", append(two[:3:3], task(15, 40)), 30, true},
		{"what comes later counts as well", append(two[:3:3], task(15, 40), task(29, 41)), 31, true},
		{"a failed task has ended", append(two[:3:3], failed), 25, true},
		{"a task that ends before work goes on never waits", append(two[:3:3], task(15, 18)), 20, true},
		{"tasks from then on that are never done wait for ever", append(two[:3:3], task(11, 0), task(12, 0), task(13, 0)), 0, false},
		{"those from before are gone", append(two[:3:3], task(6, 0), task(7, 0)), 20, true},
		{"what the broker never took doesn't wait", append(two[:3:3], refused), 20, true},
		{"one task may always be on its way", []entry{task(1, 5), task(15, 21)}, 20, true},
		{"two may not", []entry{task(1, 5), task(15, 21), task(16, 22)}, 21, true},
		{"what waited at most before is normal", append(two[:3:3], task(2, 7), task(3, 7), task(4, 7), task(15, 40)), 20, true},
		{"but not what waited long before", []entry{task(-2e9, -1e9), task(-2e9, -1e9), task(-2e9, -1e9), task(8, 30), task(15, 40)}, 30, true},
		{"what was lost at the strike counts at the strike", []entry{task(8, 0), task(9, 0), task(15, 40), task(16, 41), task(17, 42)}, 40, true},
	} {
		when, ok := caughtUp(test.tasks, 10, 20)
		if when != test.when || ok != test.ok {
			t.Errorf("%s: %d, %v; want %d, %v", test.name, when, ok, test.when, test.ok)
		}
	}
}
