package machine

import (
	"cmp"
	"runtime"
	"strconv"
	"strings"
)

// Online is the number of CPUs that the kernel runs. A CPU set, as of taskset or of a container, allows a process fewer, which
// runtime.NumCPU counts; programs that ask for the machine's CPUs still get this number.
func Online() int { return cmp.Or(online(), runtime.NumCPU()) }

// counted is the number of CPUs in the kernel's form of a list, such as 0-3,5; 0 if it is of another form.
func counted(list string) int {
	n := 0
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 16)
		if err != nil {
			return 0
		}
		last, err := strconv.ParseUint(to, 10, 16)
		if err != nil || last < first {
			return 0
		}
		n += int(last-first) + 1
	}
	return n
}
