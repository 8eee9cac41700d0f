// Package simulate finds out how often the verdicts of package analysis are wrong, and how often they find a
// difference that is there, on noise of known kinds.
package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/tqbench/tqbench/analysis"
)

// Noise is a kind of noise: it draws the log ratios of n blocks of two sides that truly don't differ.
type Noise struct {
	Name string
	// What it stands for, in words.
	What string
	Draw func(rng *rand.Rand, n int) []float64
}

// trialNoise is the deviation of one trial's logarithm in the noises that have one.
const trialNoise = 0.05

// Noises are the kinds that the rules are tried on.
func Noises() []Noise {
	return []Noise{
		{"log-normal", "each trial's figure is off by 5 % (standard deviation), independently", func(rng *rand.Rand, n int) []float64 {
			return draw(n, func(int) float64 { return trialNoise * (rng.NormFloat64() - rng.NormFloat64()) })
		}},
		{"bimodal", "each trial is off by 2 %, and three in ten are 15 % better besides, as where a process got the better CPU", func(rng *rand.Rand, n int) []float64 {
			one := func() float64 {
				x := 0.02 * rng.NormFloat64()
				if rng.Float64() < 0.3 {
					x += math.Log(1.15)
				}
				return x
			}
			return draw(n, func(int) float64 { return one() - one() })
		}},
		{"autocorrelated", "the machine's speed wanders by 5 %, and half of its deviation is carried from each trial into the next " +
			"(AR(1) with 0.5), whichever side runs; each trial is off by 2 % besides", func(rng *rand.Rand, n int) []float64 {
			speed := wander(rng, 2*n, trialNoise)
			return draw(n, func(i int) float64 {
				x, y := speed[2*i]+0.02*rng.NormFloat64(), speed[2*i+1]+0.02*rng.NormFloat64()
				if rng.IntN(2) == 0 {
					return x - y
				}
				return y - x
			})
		}},
		{"dependent blocks", "as log-normal, but half of the deviation of a block's ratio is carried into the next block. No design " +
			"cures that: one side's luck lasts. It shows how much the rules rest on independent blocks", func(rng *rand.Rand, n int) []float64 {
			return wander(rng, n, trialNoise*math.Sqrt2)
		}},
	}
}

// wander draws n values of a stationary AR(1) process with 0.5 and that deviation.
func wander(rng *rand.Rand, n int, sd float64) []float64 {
	const carried = 0.5
	last := sd * rng.NormFloat64()
	return draw(n, func(i int) float64 {
		if i > 0 {
			last = carried*last + sd*math.Sqrt(1-carried*carried)*rng.NormFloat64()
		}
		return last
	})
}

func draw(n int, one func(i int) float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = one(i)
	}
	return out
}

// Share is how many of Runs had something.
type Share struct {
	Count int `json:"count"`
	Runs  int `json:"runs"`
}

// Of is the share itself.
func (s Share) Of() float64 { return float64(s.Count) / float64(s.Runs) }

// Interval is the 95 % interval of the share.
func (s Share) Interval() (low, high float64) { return analysis.Exact(s.Count, s.Runs) }

// Rule is when no further block is run.
type Rule struct {
	// First blocks are run in any case, and at most Max.
	First, Max int
	// Until is the half-width of the interval that is narrow enough; 0 for exactly First blocks.
	Until float64
}

// Errors is how a rule fares on one kind of noise.
type Errors struct {
	Noise string
	Rule  Rule
	// Alarm is how often two equal sides are called faster or slower, Covered how often the interval holds the true
	// ratio, Alike how often sides that differ by just the margin are called equivalent.
	Alarm, Covered, Alike Share
	// Blocks is how many blocks were run on average, Full how often all that were allowed were run and the interval was
	// still too wide.
	Blocks float64
	Full   Share
}

// margin is how far apart the sides are that must not be called equivalent.
const margin = 1 + analysis.Margin

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
	e := Errors{Noise: n.Name, Rule: r}
	type outcome struct {
		alarm, covered, alike, full bool
		blocks                      int
	}
	var sum float64
	err := each(ctx, runs, seed, stream, func(rng *rand.Rand) outcome {
		var o outcome
		all := n.Draw(rng, r.Max)
		blocks, j := r.stop(all, rng)
		o.blocks, o.full = blocks, r.Until > 0 && !j.Narrow(r.Until)
		o.covered = j.Covers(1)
		o.alarm = different(j.Verdict())
		// The width doesn't depend on the ratio: with another one, the same rule stops at the same block.
		apart := make([]float64, blocks)
		for i := range apart {
			apart[i] = all[i] + math.Log(margin)
		}
		o.alike = analysis.Judge(apart, r.Until > 0, rng).Verdict() == analysis.Equivalent
		return o
	}, func(o outcome) {
		e.Alarm.add(o.alarm)
		e.Covered.add(o.covered)
		e.Alike.add(o.alike)
		e.Full.add(o.full)
		sum += float64(o.blocks)
	})
	e.Blocks = sum / float64(max(e.Alarm.Runs, 1))
	return e, err
}

// stop is the block after which the rule stops, and what is known then.
func (r Rule) stop(all []float64, rng *rand.Rand) (int, *analysis.Judgement) {
	for n := r.First; ; n++ {
		j := analysis.Judge(all[:n], r.Until > 0, rng)
		if n == r.Max || r.Until == 0 || j.Narrow(r.Until) {
			return n, j
		}
	}
}

func different(verdict string) bool { return verdict == analysis.Faster || verdict == analysis.Slower }

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
		return [2]bool{different(analysis.Judge(within, false, rng).Verdict()), different(analysis.Judge(apart, false, rng).Verdict())}
	}, func(alarm [2]bool) {
		for i := range out {
			out[i].Alarm.add(alarm[i])
		}
	})
	return out, err
}

// Power is how often a difference is found that is there.
type Power struct {
	// Noise is the deviation of one trial, Ratio what the sides differ by.
	Noise  float64 `json:"noise"`
	Ratio  float64 `json:"ratio"`
	Blocks int     `json:"blocks"`
	Found  Share   `json:"found"`
}

// Find tries how often a ratio is found, and called by its direction, in log-normal noise of that deviation a trial.
func Find(ctx context.Context, noise, ratio float64, blocks, runs int, seed, stream uint64) (Power, error) {
	p := Power{Noise: noise, Ratio: ratio, Blocks: blocks}
	err := each(ctx, runs, seed, stream, func(rng *rand.Rand) bool {
		logs := draw(blocks, func(int) float64 { return math.Log(ratio) + noise*(rng.NormFloat64()-rng.NormFloat64()) })
		return analysis.Judge(logs, false, rng).Verdict() == analysis.Faster
	}, p.Found.add)
	return p, err
}
