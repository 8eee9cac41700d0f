package trial

import "fmt"

// logEnds is how much of a long log is kept of its beginning, and of its end: a framework that writes lines for each task
// would fill a disk with what nobody reads.
const logEnds = 256 << 10

// shortened leaves the middle out of a long log and says so.
func shortened(log []byte) []byte {
	left := len(log) - 2*logEnds
	if left <= 0 {
		return log
	}
	out := append([]byte(nil), log[:logEnds]...)
	out = fmt.Appendf(out, "\n\n[tqbench: %d bytes left out]\n\n", left)
	return append(out, log[len(log)-logEnds:]...)
}
