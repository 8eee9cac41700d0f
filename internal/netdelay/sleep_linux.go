package netdelay

import (
	"time"

	"golang.org/x/sys/unix"
)

// timerSlack is how much later than requested the kernel may end a sleep, in ns. The default is 50 us.
const timerSlack = 1

// sleepUntil sleeps in the kernel: time.Sleep uses the runtime's poller, which rounds up to a millisecond. The goroutine isn't bound to a
// thread, as passing on work from a bound one costs more than it saves.
func sleepUntil(at time.Time) {
	for left := time.Until(at); left > 0; left = time.Until(at) {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0) // where it is refused, the sleep ends 50 us later
		ts := unix.NsecToTimespec(int64(left))
		_ = unix.Nanosleep(&ts, nil) // an interrupted sleep goes on
	}
}
