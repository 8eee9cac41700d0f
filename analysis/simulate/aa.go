package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/stats"
)

// ErrFew marks a run with too few valid blocks for a statement.
var ErrFew = errors.New("too few valid blocks")

// AA is what a run of a contender against itself says of the method on that machine.
type AA struct {
	Contender string `json:"contender"`
	// Group is how many blocks make one report of those that the run is cut into.
	Group   int        `json:"group"`
	Metrics []AAMetric `json:"metrics"`
	// Alarms are the reports of all metrics that found a difference where none is.
	Alarms Share `json:"alarms"`
}

// AAMetric is one deciding metric of an A/A run.
type AAMetric struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Metric   string `json:"metric"`
	Title    string `json:"title"`
	Blocks   int    `json:"blocks"`
	// Noise is the relative deviation of one trial that the ratios go with: theirs over the root of two.
	Noise float64 `json:"noise"`
	// Verdict is that of all blocks.
	Verdict string `json:"verdict"`
	// Reports are the parts of the run that follow each other, of Group blocks each, and how many of them are false alarms.
	// Redrawn are reports of Group blocks drawn from all of them without replacement, the sides swapped at random, which
	// changes nothing where they are equal.
	Reports Share `json:"reports"`
	Redrawn Share `json:"redrawn"`
	// Power is how often a difference would be found: blocks drawn with replacement, with the ratio put on top.
	Power []Power `json:"power"`
}

// powerBlocks and powerRatios are what Power is tried for.
func powerBlocks() []int     { return []int{5, 10, 20} }
func powerRatios() []float64 { return []float64{1.05, 1.10, 1.20, 1.50} }

// OfAA sums up an A/A run: each deciding comparison of two arms of one contender.
func OfAA(ctx context.Context, a analysis.Analysis, group, runs int, seed uint64) (AA, error) {
	out := AA{Group: group, Metrics: []AAMetric{}}
	var stream uint64
	for _, c := range a.Comparisons {
		if !c.Deciding || c.Baseline.Contender != c.Candidate.Contender {
			continue
		}
		if len(c.Ratios) < group {
			return AA{}, fmt.Errorf("%w: %s of %s on %s has %d, and %d are needed", ErrFew, c.Metric, c.Scenario, c.Broker, len(c.Ratios), group)
		}
		var logs []float64
		for _, r := range c.Ratios {
			logs = append(logs, math.Log(r.Ratio))
		}
		stream += 100
		m, err := metricOf(ctx, logs, group, runs, seed, stream)
		if err != nil {
			return AA{}, err
		}
		m.Scenario, m.Broker, m.Metric, m.Title = c.Scenario, c.Broker, c.Metric, c.Title
		out.Contender = c.Baseline.Contender
		out.Alarms.Count += m.Reports.Count
		out.Alarms.Runs += m.Reports.Runs
		out.Metrics = append(out.Metrics, m)
	}
	if len(out.Metrics) == 0 {
		return AA{}, fmt.Errorf("%w: the run has no deciding comparison of a contender with itself", ErrFew)
	}
	return out, nil
}

func metricOf(ctx context.Context, logs []float64, group, runs int, seed, stream uint64) (AAMetric, error) {
	m := AAMetric{Blocks: len(logs), Noise: stats.MomentsOf(logs).SD / math.Sqrt2}
	m.Verdict = analysis.VerdictOn(verdict(logs), true)
	for at := 0; at+group <= len(logs); at += group {
		m.Reports.Runs++
		if found(logs[at : at+group]) {
			m.Reports.Count++
		}
	}
	side := func(rng *rand.Rand, x float64) float64 {
		if rng.IntN(2) == 0 {
			return -x
		}
		return x
	}
	err := each(ctx, runs, seed, stream+1, func(rng *rand.Rand) bool {
		drawn := make([]float64, group)
		for i, k := range rng.Perm(len(logs))[:group] {
			drawn[i] = side(rng, logs[k])
		}
		return found(drawn)
	}, m.Redrawn.add)
	if err != nil {
		return m, err
	}
	for i, ratio := range powerRatios() {
		for k, blocks := range powerBlocks() {
			p := Power{Noise: m.Noise, Ratio: ratio, Blocks: float64(blocks)}
			err := each(ctx, runs, seed, stream+uint64(10+10*i+k), func(rng *rand.Rand) bool {
				drawn := draw(blocks, func(int) float64 { return math.Log(ratio) + side(rng, logs[rng.IntN(len(logs))]) })
				return verdict(drawn) == stats.Higher
			}, p.Found.add)
			if err != nil {
				return m, err
			}
			m.Power = append(m.Power, p)
		}
	}
	return m, nil
}

// add counts one run.
func (s *Share) add(is bool) {
	s.Runs++
	if is {
		s.Count++
	}
}
