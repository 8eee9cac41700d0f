// Package simulate finds out how often the verdicts of package analysis are wrong, and how often they find a
// difference that is there, on noise of known kinds.
package simulate

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/tqbench/tqbench/stats"
)

// Share is how many of Runs had something.
type Share struct {
	Count int `json:"count"`
	Runs  int `json:"runs"`
}

// Of is the share itself.
func (s Share) Of() float64 { return float64(s.Count) / float64(s.Runs) }

// Interval is the 95 % interval of the share.
func (s Share) Interval() (low, high float64) {
	return stats.ShareInterval(s.Count, s.Runs, stats.Confidence)
}

// chunk is how many runs are drawn from one generator, so that the outcome doesn't depend on the number of CPUs.
const chunk = 250

// each does runs runs, in parallel, and hands each its generator; done adds up what a run gave, one at a time.
func each[T any](ctx context.Context, runs int, seed, stream uint64, one func(rng *rand.Rand) T, done func(T)) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	for start := 0; start < runs; start += chunk {
		select {
		case limit <- struct{}{}:
		case <-ctx.Done():
			wg.Wait()
			return context.Cause(ctx)
		}
		wg.Go(func() {
			defer func() { <-limit }()
			rng := rand.New(rand.NewPCG(seed, stream<<32|uint64(start/chunk)))
			var out []T
			for range min(chunk, runs-start) {
				if ctx.Err() != nil {
					return
				}
				out = append(out, one(rng))
			}
			mu.Lock()
			defer mu.Unlock()
			for _, t := range out {
				done(t)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// Try tries a rule on a kind of noise.
func Try(ctx context.Context, n Noise, r Rule, runs int, seed, stream uint64) (Errors, error) {
	var e Errors
	type fared struct {
		alarm, here, covered, plain, alike, found, sure bool
		blocks                                          int
	}
	j, err := r.judge(1)
	if err != nil {
		return e, err
	}
	var sum float64
	err = each(ctx, runs, seed, stream, func(rng *rand.Rand) fared {
		all := n.Draw(rng, r.most())
		x := j.stop(all)
		o := fared{blocks: len(x.blocks)}
		o.plain, o.covered = x.covers(cmp.Or(n.Ratio, 1))
		o.alarm = different(x.verdict) && x.grade == stats.Sure
		o.here = different(x.verdict) && x.grade == stats.Here
		o.alike = j.stop(apart(all, margin)).verdict == stats.Equivalent
		x = j.stop(apart(all, large))
		o.found = x.verdict == stats.Higher
		o.sure = o.found && x.grade == stats.Sure
		return o
	}, func(o fared) {
		e.Alarm.add(o.alarm)
		e.Here.add(o.here)
		e.Covered.add(o.covered)
		e.Plain.add(o.plain)
		e.Alike.add(o.alike)
		e.Found.add(o.found)
		e.Sure.add(o.sure)
		sum += float64(o.blocks)
	})
	e.Blocks = sum / float64(max(e.Alarm.Runs, 1))
	return e, err
}

// Drift is how often two equal sides are called different while the machine drifts.
type Drift struct {
	// Order is how the trials are run: interleaved by block, or one side after the other.
	Order string
	Alarm Share
}

// Orders of the trials under a drift.
const (
	Interleaved = "interleaved by block, in random order"
	Sequential  = "all of one side, then all of the other"
)

// UnderDrift has the machine get slower linearly, by a share of its first speed over the run, with log-normal noise.
func UnderDrift(ctx context.Context, slower float64, blocks, runs int, seed, stream uint64) ([]Drift, error) {
	out := []Drift{{Order: Interleaved}, {Order: Sequential}}
	err := each(ctx, runs, seed, stream, func(rng *rand.Rand) [2]bool {
		speed := make([]float64, 2*blocks)
		for i := range speed {
			speed[i] = math.Log(1-slower*float64(i)/float64(len(speed)-1)) + trialNoise*rng.NormFloat64()
		}
		within, apart := make([]float64, blocks), make([]float64, blocks)
		for b := range blocks {
			x, y := speed[2*b], speed[2*b+1]
			if rng.IntN(2) == 0 {
				x, y = y, x
			}
			within[b] = y - x
			apart[b] = speed[blocks+b] - speed[b]
		}
		return [2]bool{found(within), found(apart)}
	}, func(alarm [2]bool) {
		for i := range out {
			out[i].Alarm.add(alarm[i])
		}
	})
	return out, err
}

// verdict is that of a single comparison of a run that looks once.
func verdict(logs []float64) stats.Verdict {
	c := stats.Comparison{Blocks: stats.Exactly(logs)}
	v, _ := c.Verdict(c.Test())
	return v
}

// found reports whether a run of these blocks calls its sides different.
func found(logs []float64) bool { return different(verdict(logs)) }

// Power is how often a difference is found that is there.
type Power struct {
	// Noise is the deviation of one trial, Ratio what the sides differ by.
	Noise float64 `json:"noise"`
	Ratio float64 `json:"ratio"`
	// Blocks is how many blocks were run, on average.
	Blocks float64 `json:"blocks"`
	Found  Share   `json:"found"`
}

// Find tries how often a rule finds a ratio, and calls it by its direction, in log-normal noise of that deviation a trial,
// where the p-value is corrected for a family.
func Find(ctx context.Context, noise, ratio float64, r Rule, family, runs int, seed, stream uint64) (Power, error) {
	p := Power{Noise: noise, Ratio: ratio}
	j, err := r.judge(family)
	if err != nil {
		return p, err
	}
	sum := 0.0
	err = each(ctx, runs, seed, stream, func(rng *rand.Rand) outcome {
		logs := draw(r.most(), func(int) float64 { return math.Log(ratio) + noise*(rng.NormFloat64()-rng.NormFloat64()) })
		return j.stop(stats.Exactly(logs))
	}, func(o outcome) {
		p.Found.add(o.verdict == stats.Higher)
		sum += float64(len(o.blocks))
	})
	p.Blocks = sum / float64(max(p.Found.Runs, 1))
	return p, err
}

// FoundBefore is how often the rule found it that this one replaced: a paired t-test, corrected over all comparisons of a
// report, and an interval of order statistics of 95 % that leaves out 1. (It asked for a bootstrap interval as well, which
// hardly ever changed the outcome.)
func FoundBefore(ctx context.Context, noise, ratio float64, blocks, family, runs int, seed, stream uint64) (Power, error) {
	p := Power{Noise: noise, Ratio: ratio, Blocks: float64(blocks)}
	err := each(ctx, runs, seed, stream, func(rng *rand.Rand) bool {
		logs := draw(blocks, func(int) float64 { return math.Log(ratio) + noise*(rng.NormFloat64()-rng.NormFloat64()) })
		i, ok := stats.MedianInterval(logs, stats.Confidence)
		return ok && float64(family)*stats.PairedT(logs).P < stats.Alpha && !i.Holds(0)
	}, p.Found.add)
	return p, err
}
