package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/results"
)

// placement is where a host of a trial was.
type placement struct{ node, boot, kernel string }

func placementOf(h results.Host) placement { return placement{h.Node, h.Boot, h.Machine.Kernel} }

// placed are the trials with a flag on all those of a block in which a host moved to another machine, or its machine was started again: sides of
// such a block didn't run on the same machines. Moves between blocks do no harm.
func placed(trials []results.Trial) []results.Trial {
	blocks := map[int]map[string][]placement{}
	for _, t := range trials {
		for _, h := range t.Hosts {
			hosts := blocks[t.Block]
			if hosts == nil {
				hosts = map[string][]placement{}
				blocks[t.Block] = hosts
			}
			if p := placementOf(h); !slices.Contains(hosts[h.Name], p) {
				hosts[h.Name] = append(hosts[h.Name], p)
			}
		}
	}
	out := slices.Clone(trials)
	for i, t := range out {
		var words []string
		for name, at := range blocks[t.Block] {
			if len(at) > 1 {
				words = append(words, name+" "+movedWords(at))
			}
		}
		slices.Sort(words)
		if len(words) > 0 {
			out[i].Flags = append(slices.Clone(t.Flags), results.Flag{Code: results.FlagMoved, Metrics: []string{"*"}, Detail: strings.Join(words, "; "),
				Fact: results.Fact{Check: results.CheckPlacement, Count: int64(len(words))}})
		}
	}
	return out
}

// movedWords say what changed of a host's places, the first time.
func movedWords(at []placement) string {
	from, to := at[0], at[1]
	switch {
	case from.node != to.node:
		return fmt.Sprintf("was on %s, then on %s", from.node, to.node)
	case from.kernel != to.kernel:
		return fmt.Sprintf("on %s had the kernel %s, then %s", from.node, from.kernel, cmp.Or(to.kernel, "another one"))
	}
	return fmt.Sprintf("was on %s, which was started again", from.node)
}
