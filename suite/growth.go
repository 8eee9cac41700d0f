package suite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Growth is when a plan gets more blocks, and when it ends.
type Growth struct {
	// Until is the half-width of an interval, relative to its estimate, that is narrow enough: 0.05 for 5 %. Where it is 0,
	// the plan grows while verdicts are open.
	Until float64 `json:"until,omitempty"`
	// First is the number of blocks before the first look, Max the most blocks.
	First int `json:"first"`
	Max   int `json:"max"`
	// Within is how long the run may take; 0 is without end.
	Within Duration `json:"within,omitempty"`
	// Looks are those at verdicts that have been taken, in their order.
	Looks []Look `json:"looks,omitempty"`
}

// Look is one look at the verdicts of a run that goes on where they are open.
type Look struct {
	// Blocks is how many the plan had then.
	Blocks int `json:"blocks"`
	// Fraction is which part that was of all blocks that the run could have had by what was known then: 1 at the last look.
	Fraction float64 `json:"fraction"`
}

// looks are the numbers of blocks at which verdicts are looked at. They are further apart the more there are: a block more
// tells less then.
func looks() []int { return []int{6, 8, 12, 18, 27, 40} }

// MaxBlocks is how many blocks a run that grows has at most unless another number is asked for.
const MaxBlocks = 40

// Sequential tells whether the plan grows while verdicts are open.
func (p Plan) Sequential() bool { return p.Growth != nil && p.Growth.Until == 0 }

// NextLook is the number of blocks at the look after the one at the number given, at most Max.
func (g Growth) NextLook(blocks int) int {
	for _, n := range looks() {
		if n > blocks {
			return min(n, g.Max)
		}
	}
	return min(blocks+blocks/2, g.Max)
}

// Looked is the plan with a further look at the blocks that it has. A look takes no smaller part than the one before.
func (p Plan) Looked(fraction float64) Plan {
	g := *p.Growth
	g.Looks = append(slices.Clone(g.Looks), Look{Blocks: p.Blocks, Fraction: fraction})
	p.Growth = &g
	return p
}

// Fractions are the parts of the data at which a cell was looked at that has blocks up to last. A plan that doesn't look at
// verdicts has one look at all.
func (p Plan) Fractions(last int) []float64 {
	if !p.Sequential() {
		return []float64{1}
	}
	var out []float64
	before, seen := 0.0, 0
	for _, l := range p.Growth.Looks {
		if l.Blocks <= last && l.Fraction > before {
			out = append(out, l.Fraction)
			before = l.Fraction
		}
		seen = max(seen, l.Blocks)
	}
	// A run that was cut short is looked at where it is.
	if now := min(float64(last)/float64(p.Growth.Max), 1); last > seen && now > before {
		out = append(out, now)
	}
	if len(out) == 0 {
		return []float64{1}
	}
	return out
}

// check returns what is wrong with the growth of a plan that has that number of blocks.
func (g Growth) check(blocks int) error {
	switch {
	case g.Until != 0 && !(g.Until >= minUntil && g.Until <= 1):
		return fmt.Errorf("%w: until %g %%: from %g to 100 %% is allowed", ErrPlan, 100*g.Until, 100*minUntil)
	case g.First < MinBlocks:
		return fmt.Errorf("%w: %d blocks before the first look: at least %d are needed", ErrPlan, g.First, MinBlocks)
	case g.Max < g.First || g.Max > maxBlocks:
		return fmt.Errorf("%w: at most %d blocks: from the first %d to %d is allowed", ErrPlan, g.Max, g.First, maxBlocks)
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

// Extended is the plan with one more block of the scenarios and brokers that are wanted. What it had stays as it was.
func (p Plan) Extended(wanted func(scenario, broker string) bool) Plan {
	p.Blocks++
	p.Trials = slices.Clone(p.Trials)
	p.layOut(p.Blocks, rand.New(rand.NewPCG(p.Seed, 0x6d6f_7265_0000_0000|uint64(p.Blocks))), wanted)
	return p
}
