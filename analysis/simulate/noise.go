package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/stats"
)

// Noise is a kind of noise: it draws n blocks of two sides that truly don't differ on a quiet machine.
type Noise struct {
	Name string
	// What describes it in words.
	What string
	Draw func(rng *rand.Rand, n int) stats.Blocks
	// Ratio is the geometric mean of the ratio over blocks where noise alone makes the sides differ in it; 0 where it doesn't.
	Ratio float64
}

// trialNoise is the deviation of one trial's logarithm in the noises that have one.
const trialNoise = 0.05

// rareShare of the trials of one side take rareFactor times as long, in the noise of a rare slow mode.
const (
	rareShare  = 0.1
	rareFactor = 1.3
)

// Noises are the kinds that the rules are tried on, those of stolen CPU time apart.
func Noises() []Noise {
	return []Noise{
		{Name: "log-normal", What: "each trial's figure is off by 5 % (standard deviation), independently", Draw: exactly(func(rng *rand.Rand, n int) []float64 {
			return draw(n, func(int) float64 { return trialNoise * (rng.NormFloat64() - rng.NormFloat64()) })
		})},
		{Name: "bimodal", What: "each trial is off by 2 %, and three in ten are 15 % better besides, as where a process got the better CPU", Draw: exactly(func(rng *rand.Rand, n int) []float64 {
			one := func() float64 {
				x := 0.02 * rng.NormFloat64()
				if rng.Float64() < 0.3 {
					x += math.Log(1.15)
				}
				return x
			}
			return draw(n, func(int) float64 { return one() - one() })
		})},
		{Name: "autocorrelated", What: "the machine's speed wanders by 5 %, and half of its deviation is carried from each trial into the next " +
			"(AR(1) with 0.5), whichever side runs; each trial is off by 2 % besides", Draw: exactly(func(rng *rand.Rand, n int) []float64 {
			speed := wander(rng, 2*n, 0.5)
			return draw(n, func(i int) float64 {
				x, y := trialNoise*speed[2*i]+0.02*rng.NormFloat64(), trialNoise*speed[2*i+1]+0.02*rng.NormFloat64()
				if rng.IntN(2) == 0 {
					return x - y
				}
				return y - x
			})
		})},
		{Name: "a rare slow mode of one side", Ratio: math.Pow(rareFactor, -rareShare), What: fmt.Sprintf("each trial is off by 2 %%, and one in ten of one side, never of the other, "+
			"takes 1.3 times as long. That side is slower by %s on average, which is what is estimated, and not in a typical block: neither "+
			"answer is plainly false", percent(1-math.Pow(rareFactor, -rareShare))), Draw: exactly(func(rng *rand.Rand, n int) []float64 {
			return draw(n, func(int) float64 {
				x := 0.02 * (rng.NormFloat64() - rng.NormFloat64())
				if rng.Float64() < rareShare {
					x -= math.Log(rareFactor)
				}
				return x
			})
		})},
		{Name: "dependent blocks", What: "as log-normal, but half of the deviation of a block's ratio is carried into the next block. No design " +
			"cures that: one side's luck lasts. It shows how much the rules rest on independent blocks", Draw: exactly(func(rng *rand.Rand, n int) []float64 {
			luck := wander(rng, n, 0.5)
			return draw(n, func(i int) float64 { return trialNoise * math.Sqrt2 * luck[i] })
		})},
	}
}

// stolenCPUs is how many CPUs the machine has in the models of stolen CPU time, both of them at work.
const stolenCPUs = 2

// Thefts are the models of stolen CPU time. A trial of which the hypervisor withheld the share m of each CPU's time is
// slower by some factor times m, and has the bracket that an analysis would give it. The sides are equal without it.
func Thefts() []Noise {
	type reaction struct {
		name       string
		base, cand float64
	}
	alike, unlike := reaction{"both sides react alike", 2, 2}, reaction{"one side reacts by 2.5 m, the other by m", 2.5, 1}
	model := func(name, what string, r reaction, shares func(rng *rand.Rand, n int) (base, cand []float64)) Noise {
		return Noise{Name: name + ", " + r.name, What: what, Draw: func(rng *rand.Rand, n int) stats.Blocks {
			base, cand := shares(rng, n)
			one := func(m, factor float64) (v, high float64) {
				v = trialNoise*rng.NormFloat64() + math.Log(max(1-factor*m, 0.05))
				return v, analysis.BracketedRate(v, stolenCPUs*m)
			}
			out := make(stats.Blocks, n)
			for i := range out {
				b, bHigh := one(base[i], r.base)
				c, cHigh := one(cand[i], r.cand)
				out[i] = stats.Block{Low: c - bHigh, Log: c - b, High: cHigh - b}
			}
			return out
		}}
	}
	// each gives the shares of the trials in the order in which they run, the sides of a block in random order.
	each := func(one func(rng *rand.Rand, n int) []float64) func(*rand.Rand, int) ([]float64, []float64) {
		return func(rng *rand.Rand, n int) (base, cand []float64) {
			all := one(rng, 2*n)
			for i := range n {
				x, y := all[2*i], all[2*i+1]
				if rng.IntN(2) == 0 {
					x, y = y, x
				}
				base, cand = append(base, x), append(cand, y)
			}
			return base, cand
		}
	}
	var out []Noise
	for _, r := range []reaction{alike, unlike} {
		out = append(out,
			model("by trial", "the share is drawn for each trial, exponential with a mean of 5 %, at most 30 %", r, each(func(rng *rand.Rand, n int) []float64 {
				return draw(n, func(int) float64 { return min(0.05*rng.ExpFloat64(), 0.3) })
			})),
			model("in bursts", "two trials in five meet a burst in which 5 to 15 % are stolen, and a trial beside one that met a burst meets it in four of five cases", r,
				each(func(rng *rand.Rand, n int) []float64 {
					met := false
					return draw(n, func(int) float64 {
						if met = rng.Float64() < 0.4*0.33 || met && rng.Float64() < 0.8; met {
							return 0.05 + 0.1*rng.Float64()
						}
						return 0
					})
				})),
			model("wandering", "the share wanders around 5 %, seven tenths of its deviation being carried from trial to trial (AR(1)), and is never below 0", r,
				each(func(rng *rand.Rand, n int) []float64 {
					w := wander(rng, n, 0.7)
					return draw(n, func(i int) float64 { return max(0, 0.05+0.04*w[i]) })
				})),
			model("caused by the load", "one side is always stolen 8 to 12 % from, since it uses both CPUs; the other 1 to 3 %", r, func(rng *rand.Rand, n int) (base, cand []float64) {
				return draw(n, func(int) float64 { return 0.08 + 0.04*rng.Float64() }), draw(n, func(int) float64 { return 0.01 + 0.02*rng.Float64() })
			}),
		)
	}
	return out
}

// exactly makes blocks without brackets of log ratios.
func exactly(logs func(rng *rand.Rand, n int) []float64) func(*rand.Rand, int) stats.Blocks {
	return func(rng *rand.Rand, n int) stats.Blocks { return stats.Exactly(logs(rng, n)) }
}

// wander draws n values of a stationary AR(1) process with a deviation of 1.
func wander(rng *rand.Rand, n int, carried float64) []float64 {
	last := rng.NormFloat64()
	return draw(n, func(i int) float64 {
		if i > 0 {
			last = carried*last + math.Sqrt(1-carried*carried)*rng.NormFloat64()
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
