package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// failedRate is a rate that a search tried and that didn't hold. It is sure where noise can't have made it fail.
type failedRate struct {
	phase results.Phase
	sure  bool
}

// failedRates are those above the highest that held, ascending, up to the first that is sure: p99 was beyond the bound even without
// what noise may have added to each latency. They are read from the tasks and samples in s.
func (s *scratch) failedRates(t results.Trial, hold time.Duration) []failedRate {
	held, searched := t.Values[metric.MaxRate]
	if !searched {
		return nil
	}
	var above []results.Phase
	for _, p := range t.Phases {
		if p.Rate > held && strings.HasSuffix(p.Name, " at "+strconv.FormatInt(int64(p.Rate), 10)) {
			above = append(above, p)
		}
	}
	slices.SortFunc(above, func(a, b results.Phase) int { return cmp.Compare(a.Rate, b.Rate) })
	var failed []failedRate
	for _, p := range above {
		sure := !noisy(p) || s.leftOf(p) > hold.Seconds()*1000
		failed = append(failed, failedRate{p, sure})
		if sure {
			break
		}
	}
	return failed
}

// leftOf is the p99 of a phase's latencies in ms, each without all that noise can have added to it.
func (s *scratch) leftOf(p results.Phase) float64 {
	still := standstillsOf(&s.series, p)
	finished, in := s.tasks.Outcome.Is(results.OutcomeFinished), s.tasks.Phase.Is(p.Name)
	var left []float64
	for i, phase := range s.tasks.Phase.Index {
		if !in[phase] || !finished[s.tasks.Outcome.Index[i]] {
			continue
		}
		sent, ended := max(s.tasks.Intended[i], min(s.tasks.Sent[i], s.tasks.Started[i])), s.tasks.Finished[i]
		left = append(left, float64(max(ended-sent-still.added(sent, ended), 0))/1e6)
	}
	if len(left) == 0 {
		return 0
	}
	slices.Sort(left)
	return stats.Quantile(left, 0.99) * (1 - noiseOf(p).slowed())
}

// heldBracket is that of the highest rate that a search found. Noise can't have made a rate hold, so what held is the lower end. The
// lowest rate that failed decides it: if that failed for sure, noise has slowed the workers as it slows any rate. If not, they may have
// held any rate up to the next one that failed for sure.
func heldBracket(t *measured, v float64) Bracket {
	for i, f := range t.failed {
		switch {
		case f.sure && i == 0:
			return Bracket{v, min(rateBracket(v, noiseOf(f.phase)).High, f.phase.Rate)}
		case f.sure:
			return Bracket{v, f.phase.Rate}
		}
	}
	if len(t.failed) == 0 {
		return rateBracket(v, t.noise(t.Still))
	}
	return Bracket{v, v / (1 - most)}
}
