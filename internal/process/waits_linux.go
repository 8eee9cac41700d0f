package process

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// Waits reads how long this process and all below it were ready to run and waited for a CPU.
type Waits struct{ threads map[string]time.Duration }

// Since is how long their threads, all added up, have waited since the call before. It reads three small files a process and one
// a thread. The kernel counts a wait when it is over. The second result is false at the first call, and where the kernel
// doesn't count.
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
			// See sched-stats.rst of the kernel: time on a CPU, time ready and waiting, and how often it ran.
			data, err := os.ReadFile(procFile(pid, "task/"+t.Name()+"/schedstat"))
			fields := bytes.Fields(data)
			if err != nil || len(fields) < 3 {
				continue
			}
			ns, _ := strconv.ParseInt(string(fields[1]), 10, 64)
			w.threads[t.Name()] = time.Duration(ns)
			// A number that goes down is another thread's by now.
			if waited := time.Duration(ns); waited >= before[t.Name()] {
				sum += waited - before[t.Name()]
			} else {
				sum += waited
			}
		}
	}
	return sum, before != nil && len(w.threads) > 0
}
