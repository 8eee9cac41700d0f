package view

import (
	"slices"
	"testing"

	"github.com/tqbench/tqbench/regress"
)

// A reason is said once for all of its metrics, even of those whose titles have a colon.
func TestAReasonIsSaidOnceForAllOfItsMetrics(t *testing.T) {
	web := regress.Row{Title: "Web app: its first request", Unit: "ms", Reason: "one trial: there is no interval"}
	rate := regress.Row{Title: "Throughput", Unit: "tasks/s", Reason: web.Reason}
	other := regress.Row{Title: "Message size", Unit: "bytes", Reason: "not compared"}
	fine := regress.Row{Title: "Median latency", Unit: "ms"}
	for _, tt := range []struct {
		rows []regress.Row
		want []string
	}{
		{[]regress.Row{web, rate}, []string{"All metrics: one trial: there is no interval"}},
		{[]regress.Row{fine, web, other, rate}, []string{"Web app: its first request (ms) and Throughput (tasks/s): one trial: there is no interval",
			"Message size (bytes): not compared"}},
		{[]regress.Row{fine}, nil},
	} {
		if got := RowNotes(tt.rows); !slices.Equal(got, tt.want) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
