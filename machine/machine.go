// Package machine describes the machine that numbers come from.
package machine

import (
	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/results"
)

// Same tells whether two runs' machines are one kind: whether trials of both may stand in one comparison.
func Same(a, b results.Machine) bool {
	a.LoadBefore, b.LoadBefore = 0, 0
	return a == b
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:])
}
