package trial

import (
	"slices"
	"testing"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Each framework of a folder is tested for what it offers, and for nothing else: every task of a scenario that needs it ends well, once.
func TestFrameworksDoWhatTheyOffer(t *testing.T) {
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	const scale = 0.005
	asked := map[string]suite.Scenario{}
	for _, s := range all {
		for _, point := range s.Expand(scale) {
			for _, need := range point.Needs() {
				if _, ok := asked[need]; !ok && need != suite.NeedOwn {
					asked[need] = point.Scaled(scale)
				}
			}
		}
	}
	older := []string{"celery", "asynctasq"} // which have other tests for each
	for _, k := range catalog(t).Frameworks() {
		if slices.Contains(older, k.Framework()) {
			continue
		}
		name := k.Brokers()[0]
		for need, s := range asked {
			if why := contender.Lacks(k, name, s); why != "" {
				t.Logf("%s: no %s: %s", k.Name(), need, why)
				continue
			}
			t.Run(k.Framework()+"/"+need, func(t *testing.T) {
				if s.Chain && k.Framework() == "rq" {
					s.Processes = 16 // each runs one task at a time, and these wait
				}
				c := configOn(t, name, k.Name(), s.For(name))
				for _, q := range s.Queues() {
					c.Target.Queues = append(c.Target.Queues, "tqbench-"+q)
				}
				if len(c.Target.Queues) > 0 {
					c.Target.Queue = c.Target.Queues[0]
				}
				r, err := Run(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				if r.Sent == 0 || r.Finished != r.Sent || r.Lost+r.Duplicated+r.Unexpected != 0 || r.Flagged(results.FlagWorkerDied) {
					t.Errorf("%+v, flags %+v", r.Counts, r.Flags)
				}
				clean(t)
			})
		}
	}
}
