package cluster

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

// environment is what runs the workers of a framework on a host.
type environment struct {
	Versions []results.Software `json:"versions"`
	Lock     string             `json:"lock"`
}

func environmentOf(e workers.Env) environment { return environment{Versions: e.Versions, Lock: e.Lock} }

// env is one of that name with these versions.
func (e environment) env(name string) workers.Env {
	return workers.Env{Name: name, Versions: e.Versions, Lock: e.Lock}
}

// differs says what the environment has other than the collector's, or "".
func (e environment) differs(here environment) string {
	for _, s := range slices.Concat(here.Versions, e.Versions) {
		if there, want := e.env("").Version(s.Name), here.env("").Version(s.Name); there != want {
			return fmt.Sprintf("%s %s, and the collector %s", s.Name, cmp.Or(there, "none"), cmp.Or(want, "none"))
		}
	}
	if e.Lock != here.Lock {
		return fmt.Sprintf("packages of the lock %s, and the collector of %s", e.Lock, here.Lock)
	}
	return ""
}

// alike refuses hosts whose workers would not be those that the run says it measures.
func (c *Collector) alike(peers []*wire.Peer, env workers.Env) error {
	here := environmentOf(env)
	for _, p := range peers {
		if !runsWorkers(p.Place) {
			continue
		}
		d := c.describedOf(p)
		if what := d.Environments[env.Name].differs(here); what != "" {
			return fmt.Errorf("%s on %s has %s: use one tqbench everywhere, and empty that machine's cache", p.Place, d.Node, what)
		}
	}
	return nil
}
