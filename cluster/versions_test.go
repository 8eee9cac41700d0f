package cluster

import (
	"slices"
	"testing"

	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

// Workers of another interpreter, framework, package or lock are refused with a line that names the host and both versions.
func TestWorkersOfOtherVersionsAreRefused(t *testing.T) {
	t.Parallel()
	here := workers.Env{Name: "celery", Lock: "aa", Versions: []results.Software{{Name: "cpython", Version: "3.14.1"}, {Name: "celery", Version: "5.5.3"}, {Name: "kombu", Version: "5.5.4"}}}
	for _, tt := range []struct {
		change func(*environment)
		want   string
	}{
		{func(*environment) {}, ""},
		{func(e *environment) { e.Versions[0].Version = "3.14.0" }, "cpython 3.14.0, and the collector 3.14.1"},
		{func(e *environment) { e.Versions[1].Version = "5.4.0" }, "celery 5.4.0, and the collector 5.5.3"},
		{func(e *environment) { e.Versions = e.Versions[:2] }, "kombu none, and the collector 5.5.4"},
		{func(e *environment) { e.Versions = append(e.Versions, results.Software{Name: "uvloop", Version: "1"}) }, "uvloop 1, and the collector none"},
		{func(e *environment) { e.Lock = "bb" }, "packages of the lock bb, and the collector of aa"},
		{func(e *environment) { *e = environment{} }, "cpython none, and the collector 3.14.1"},
	} {
		there := environmentOf(here)
		there.Versions = slices.Clone(there.Versions)
		tt.change(&there)
		good, bad, load := &wire.Peer{Place: wire.Place{Role: Worker}}, &wire.Peer{Place: wire.Place{Role: Worker, Index: 1}}, &wire.Peer{Place: wire.Place{Role: Load}}
		c := &Collector{ready: map[*wire.Peer]described{
			good: {Node: "a", Environments: map[string]environment{"celery": environmentOf(here)}},
			bad:  {Node: "b", Environments: map[string]environment{"celery": there}}}}
		want := ""
		if tt.want != "" {
			want = "worker 1 on b has " + tt.want + ": use one tqbench everywhere, and empty that machine's cache"
		}
		got := ""
		if err := c.alike([]*wire.Peer{good, bad, load}, here); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := environmentOf(here).env("celery").Main(); !slices.Equal(got, here.Versions[:2]) {
		t.Errorf("%+v", got)
	}
}
