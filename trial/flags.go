package trial

import (
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/results"
)

// flag looks at the trial as a whole.
func (r *run) flag() {
	c := r.result.Counts
	for _, f := range []struct {
		code, metrics, what string
		n                   int64
	}{
		{results.FlagLost, "*", "were lost: the broker took them and no worker ran them", c.Lost},
		{results.FlagDuplicated, "*", "ran more than once", c.Duplicated},
		{results.FlagFailed, "*", "failed, though none was meant to", c.Failed},
		{results.FlagRejected, "*", "were refused by the broker, or it gave no answer", c.Rejected},
		{results.FlagUnexpected, "*", "records carry a number that was never sent", c.Unexpected},
	} {
		if f.n > 0 {
			r.addFlag(f.code, f.metrics, "%d of %d tasks %s", f.n, c.Sent+c.Rejected, f.what)
		}
	}
}

// addFlag adds a flag that keeps the trial out of the metrics named, separated by spaces; "*" means all.
func (r *run) addFlag(code, metrics, format string, args ...any) {
	r.result.Flags = append(r.result.Flags, results.Flag{
		Code: code, Detail: fmt.Sprintf(format, args...), Metrics: strings.Fields(metrics),
	})
}
