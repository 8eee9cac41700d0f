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
	// with are those two and later ones.
	with := func(later ...entry) []entry { return append(two[:len(two):len(two)], later...) }
	three := []entry{task(15, 40), task(16, 41), task(17, 42)}
	for _, test := range []struct {
		name  string
		tasks []entry
		when  int64
		ok    bool
	}{
		{"nothing came meanwhile", two, 20, true},
		{"no more came than waited before", with(three[:2]...), 20, true},
		{"the backlog is back when the first one of three has ended", with(three...), 40, true},
		{"what comes later counts as well", with(append(three, task(29, 43))...), 41, true},
		{"a failed task has ended", with(failed, task(16, 40), task(17, 41)), 25, true},
		{"a task that ends before work goes on never waits", with(task(15, 18), task(16, 40), task(17, 41)), 20, true},
		{"later tasks that are never done wait for ever", with(task(11, 0), task(12, 0), task(13, 0)), 0, false},
		{"what the broker never took doesn't wait", with(refused, task(16, 40), task(17, 41)), 20, true},
		{"one task may always be on its way", []entry{task(1, 5), task(15, 21)}, 20, true},
		{"two may not", []entry{task(1, 5), task(15, 21), task(16, 22)}, 21, true},
		{"what waited at most before is normal", with(append(three, task(2, 7), task(3, 7), task(4, 7), task(18, 43), task(19, 44))...), 40, true},
		{"but not what waited long before", []entry{task(-2e9, -1e9), task(-2e9, -1e9), task(-2e9, -1e9), task(8, 30), task(15, 40), task(16, 41)}, 40, true},
		{"what was lost at the fault waited until then", append([]entry{task(8, 0), task(9, 0)}, three...), 40, true},
		{"so did what comes back while the load goes on", append([]entry{task(8, 41), task(9, 50)}, three...), 40, true},
		{"and what comes back after the load", append([]entry{task(8, 2e9), task(9, 3e9)}, three...), 40, true},
	} {
		when, ok := caughtUp(test.tasks, 10, 20)
		if when != test.when || ok != test.ok {
			t.Errorf("%s: %d, %v; want %d, %v", test.name, when, ok, test.when, test.ok)
		}
	}
}
