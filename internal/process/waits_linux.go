package process

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// Waits reads how long this process and all below it were ready to run and waited for a CPU.
type Waits struct{ threads map[string]time.Duration }

// Since is how long all their threads together have waited since the last call. It lists each process's threads twice and reads two small
// files of each thread. The kernel counts a wait when it is over. The second result is false at the first call, and if the kernel doesn't
// count.
func (w *Waits) Since() (time.Duration, bool) {
	before, sum := w.threads, time.Duration(0)
	w.threads = map[string]time.Duration{}
	self := os.Getpid()
	for _, pid := range append(descendants(self), self) {
		threads, err := os.ReadDir(procFile(pid, "task"))
		if err != nil {
			continue
		}
		for _, t := range threads {
			data, err := os.ReadFile(procFile(pid, "task/"+t.Name()+"/schedstat"))
			waited, ok := parseWait(data)
			if err != nil || !ok {
				continue
			}
			w.threads[t.Name()] = waited
			// A number that goes down belongs to another thread by now.
			if waited >= before[t.Name()] {
				sum += waited - before[t.Name()]
			} else {
				sum += waited
			}
		}
	}
	return sum, before != nil && len(w.threads) > 0
}

// parseWait is how long a thread was ready and waited. See sched-stats.rst of the kernel: time on a CPU, time ready and waiting, and how
// often it ran.
func parseWait(data []byte) (time.Duration, bool) {
	fields := bytes.Fields(data)
	if len(fields) < 3 {
		return 0, false
	}
	ns, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return time.Duration(ns), err == nil
}
