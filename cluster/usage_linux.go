package cluster

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// kernelTime is what adjtimex(2) says: a time service keeps its estimate of the greatest error there.
func kernelTime() string {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return ""
	}
	if t.Status&unix.STA_UNSYNC != 0 {
		return "kernel: no time service disciplines the wall clock"
	}
	return fmt.Sprintf("kernel: the wall clock is at most %.6f s wrong", float64(t.Maxerror)/1e6)
}
