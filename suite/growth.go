package suite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tqbench/tqbench/stats/sequential"
)

// Growth says when a plan gets more blocks, and when it ends.
type Growth struct {
	// Until is the half-width of an interval, relative to its estimate, at which the plan stops: 0.05 for 5 %. At 0, the plan grows while
	// verdicts are open.
	Until float64 `json:"until,omitempty"`
	// First is the number of blocks before the first look, Max the most blocks.
	First int `json:"first"`
	Max   int `json:"max"`
	// Within is how long the run may take; 0 is without a limit.
	Within Duration `json:"within,omitempty"`
	// Looks are the looks at verdicts so far, in order.
	Looks []Look `json:"looks,omitempty"`
}

// Look is one look at the verdicts of a run that continues while they are open.
type Look struct {
	// Blocks is how many the plan had at the look.
	Blocks int `json:"blocks"`
	// Fraction is the part of all blocks that the run could have had, as known at the look: 1 at the last one.
	Fraction float64 `json:"fraction"`
}

// looks are the numbers of blocks at which to look at verdicts. They get further apart: one more block adds less and less.
func looks() []int { return []int{6, 8, 12, 18, 27, 40} }

// MaxBlocks is the default maximum of blocks of a run that grows.
const MaxBlocks = 40

// Sequential reports whether the plan grows while verdicts are open.
func (p Plan) Sequential() bool { return p.Growth != nil && p.Growth.Until == 0 }

// NextLook is the number of blocks at the look after the given one, at most Max.
func (g Growth) NextLook(blocks int) int {
	for _, n := range looks() {
		if n > blocks {
			return min(n, g.Max)
		}
	}
	return min(blocks+blocks/2, g.Max)
}

// Looked is the plan with a further look at its present blocks. Fractions never shrink.
func (p Plan) Looked(fraction float64) Plan {
	g := *p.Growth
	g.Looks = append(slices.Clone(g.Looks), Look{Blocks: p.Blocks, Fraction: fraction})
	p.Growth = &g
	return p
}

// LeastStep is the minimum rise of a look's fraction, as a part of the rest, whatever happens to the estimate of affordable blocks.
const LeastStep = 0.05

// LooksAt are the looks at a cell that has blocks up to last. A plan without looks at verdicts has one look.
func (p Plan) LooksAt(last int) []sequential.Look {
	all := []sequential.Look{{Fraction: 1, Data: float64(max(last, 1))}}
	if !p.Sequential() {
		return all
	}
	var out []sequential.Look
	before, seen := 0.0, 0
	for _, l := range p.Growth.Looks {
		if l.Blocks <= last && l.Fraction > before {
			out = append(out, sequential.Look{Fraction: l.Fraction, Data: float64(l.Blocks)})
			before = l.Fraction
		}
		seen = max(seen, l.Blocks)
	}
	// A run that was cut short has its last look where it ended. An earlier look may have guessed that the run would end sooner.
	if now := max(min(float64(last)/float64(p.Growth.Max), 1), before+LeastStep*(1-before)); last > seen && now > before {
		out = append(out, sequential.Look{Fraction: now, Data: float64(last)})
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// check returns what is wrong with the growth of a plan of that many blocks.
func (g Growth) check(blocks int) error {
	switch {
	case g.Until != 0 && !(g.Until >= minUntil && g.Until <= 1):
		return fmt.Errorf("%w: until %g %%: must be from %g to 100 %%", ErrPlan, 100*g.Until, 100*minUntil)
	case g.First < 1 || g.First < MinBlocks && g.First != g.Max: // a fixed number may be any
		return fmt.Errorf("%w: %d blocks before the first look: at least %d are needed", ErrPlan, g.First, MinBlocks)
	case g.Max < g.First || g.Max > maxBlocks:
		return fmt.Errorf("%w: at most %d blocks: must be from the first %d to %d", ErrPlan, g.Max, g.First, maxBlocks)
	case blocks < g.First || blocks > g.Max:
		return fmt.Errorf("%w: it has %d blocks and grows from %d to %d", ErrPlan, blocks, g.First, g.Max)
	case g.Within < 0:
		return fmt.Errorf("%w: within %s: it must be above 0", ErrPlan, time.Duration(g.Within))
	}
	last := 0.0
	for i, l := range g.Looks {
		if l.Blocks < g.First || l.Blocks > blocks || !(l.Fraction > 0 && l.Fraction <= 1) || l.Fraction < last {
			return fmt.Errorf("%w: look %d is at %d blocks and the fraction %g", ErrPlan, i+1, l.Blocks, l.Fraction)
		}
		last = l.Fraction
	}
	return nil
}

// Extended is the plan with one more block of the given scenarios and brokers. Earlier trials stay the same.
func (p Plan) Extended(wanted func(scenario, broker string) bool) Plan {
	p.Blocks++
	p.Trials = slices.Clone(p.Trials)
	p.layOut(p.Blocks, rand.New(rand.NewPCG(p.Seed, 0x6d6f_7265_0000_0000|uint64(p.Blocks))), wanted)
	return p
}
