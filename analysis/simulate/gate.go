package simulate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/stats/sequential"
	"github.com/tqbench/tqbench/suite"
)

// GateRule is how a gate looks at its thresholds.
type GateRule struct {
	Name string
	// Looks are the numbers of blocks.
	Looks []int
	// Spending says how looks use the error rates, and Failures how those for failures do; nil is that of stats.BoundScale.
	Spending, Failures sequential.Spending
	// Strict has passes at 5 %, two-sided, and corrected for the family like failures. Alone has failures that aren't corrected either.
	Strict, Alone bool
	// Ends has a gate end at the first threshold that fails, whatever the others say.
	Ends bool
	// passes and fails are the scales of the looks.
	passes, fails []sequential.Scale
}

// inUse is the rule of a gate with that number of thresholds.
func inUse(thresholds int) GateRule {
	most := suite.MostGateBlocks(thresholds)
	return GateRule{Name: fmt.Sprintf("in use, at most %d blocks", most), Looks: suite.GateLooks(most)}
}

// tried are rules that aren't in use. Their figures say why.
func tried(thresholds int) []GateRule {
	looks := suite.GateLooks(suite.MostGateBlocks(thresholds))
	var often []int
	for n := looks[0]; n < looks[len(looks)-1]; n += 4 {
		often = append(often, n)
	}
	often = append(often, looks[len(looks)-1])
	return []GateRule{
		{Name: "at most 40 blocks", Looks: suite.GateLooks(suite.MaxBlocks)},
		{Name: "at most 40 blocks, failures spend like O'Brien and Fleming", Looks: suite.GateLooks(suite.MaxBlocks), Failures: sequential.Spent},
		{Name: "at most 40 blocks, failures not corrected for the family", Looks: suite.GateLooks(suite.MaxBlocks), Alone: true},
		{Name: "a look at every fourth block", Looks: often},
		{Name: "ends at the first failure", Looks: looks, Ends: true},
		{Name: "O'Brien and Fleming, passes like failures", Looks: looks, Spending: sequential.Spent, Strict: true},
	}
}

// gateLimit is the threshold that is tried: -5 %.
const gateLimit = 0.95

// GateErrors is how a rule fares.
type GateErrors struct {
	// Pass and Fail are how many gates did; the data can't tell for the others. Here is how many of either hold as measured here alone.
	Pass, Fail, Here Share
	// Blocks is how many blocks were run on average.
	Blocks float64
}

// TryGate tries a gate of a number of thresholds on a kind of noise. One of the figures truly changed by the ratio, the others didn't.
func TryGate(ctx context.Context, n Noise, r GateRule, thresholds int, ratio float64, runs int, seed, stream uint64) (GateErrors, error) {
	var e GateErrors
	if err := r.scale(); err != nil {
		return e, err
	}
	type fared struct {
		pass, fail, here bool
		blocks           int
	}
	sum := 0.0
	err := each(ctx, runs, seed, stream, func(rng *rand.Rand) fared {
		all := make([]stats.Blocks, thresholds)
		for i := range all {
			all[i] = n.Draw(rng, r.Looks[len(r.Looks)-1])
		}
		all[0] = apart(all[0], ratio)
		for k, blocks := range r.Looks {
			fail, open, here, unsettled := r.look(all, blocks, k)
			if last := k == len(r.Looks)-1; !unsettled || last || fail && r.Ends {
				return fared{pass: !fail && !open, fail: fail, here: here && (fail || !open), blocks: blocks}
			}
		}
		return fared{}
	}, func(f fared) {
		e.Pass.add(f.pass)
		e.Fail.add(f.fail)
		e.Here.add(f.here)
		sum += float64(f.blocks)
	})
	e.Blocks = sum / float64(max(e.Pass.Runs, 1))
	return e, err
}

// scale works out the scales of the looks, which takes a while.
func (r *GateRule) scale() error {
	if len(r.passes) > 0 {
		return nil
	}
	var fractions []float64
	for _, n := range r.Looks {
		fractions = append(fractions, float64(n)/float64(r.Looks[len(r.Looks)-1]))
		passes, err := scaleBy(r.Spending, fractions)
		fails := passes
		if err == nil && r.Failures != nil {
			fails, err = scaleBy(r.Failures, fractions)
		}
		if err != nil {
			return err
		}
		r.passes, r.fails = append(r.passes, passes), append(r.fails, fails)
	}
	return nil
}

func scaleBy(spend sequential.Spending, fractions []float64) (sequential.Scale, error) {
	if spend == nil {
		var looks []sequential.Look
		for _, f := range fractions {
			looks = append(looks, sequential.Look{Fraction: f, Data: f})
		}
		return stats.BoundScale(looks)
	}
	return sequential.NewScaleBy(spend, fractions)
}

// look looks at the first blocks, at the look of that index: does a threshold fail, is one open, is one decided as measured here alone, and
// does one need more blocks?
func (r GateRule) look(all []stats.Blocks, blocks, index int) (fail, open, here, unsettled bool) {
	place := func(scale sequential.Scale, of ...stats.Blocks) []stats.Placement {
		var bounds []stats.Bound
		for _, b := range of {
			bounds = append(bounds, stats.Bound{Blocks: b[:blocks], Limit: gateLimit, Scale: scale})
		}
		return stats.PlaceAll(bounds)
	}
	passes := place(r.passes[index], all...)
	fails := passes
	switch {
	case r.Failures != nil:
		fails = place(r.fails[index], all...)
	case r.Alone:
		fails = nil
		for _, b := range all {
			fails = append(fails, place(r.fails[index], b)...)
		}
	}
	for i, p := range fails {
		if p.Place != stats.Beyond {
			p = passes[i]
		}
		known := p.Place == stats.Within || fails[i].Place == stats.Beyond
		if p.Place == stats.Within && r.Strict {
			known = float64(len(all))*p.Within.Plain < stats.Alpha
		}
		fail = fail || fails[i].Place == stats.Beyond
		open = open || !known
		here = here || known && p.Grade == stats.Here
		unsettled = unsettled || !known || !stats.Settled(p.Grade, blocks)
	}
	return fail, open, here, unsettled
}

// GateTables are the tables of docs/gate.md: what a threshold of -5 % says of a figure that didn't change, that fell by 10 %, and that is just
// at the threshold.
func GateTables(ctx context.Context, runs int, seed uint64) (string, error) {
	var b strings.Builder
	stream := uint64(0x6a7e)
	row := func(label string, n Noise, r GateRule, thresholds int) error {
		if err := r.scale(); err != nil {
			return err
		}
		var cells []string
		for _, ratio := range []float64{1, 0.9, gateLimit} {
			stream++
			ratio /= cmp.Or(n.Ratio, 1) // so that the sides differ by it in all
			e, err := TryGate(ctx, n, r, thresholds, ratio, runs, seed, stream)
			if err != nil {
				return err
			}
			share := func(s Share) string { return fmt.Sprintf("%.1f %%", 100*s.Of()) }
			switch {
			case len(cells) == 0:
				cells = append(cells, share(e.Pass), share(e.Fail), fmt.Sprintf("%.0f", e.Blocks), share(e.Here))
			case len(cells) == 4:
				cells = append(cells, share(e.Fail), share(e.Pass), fmt.Sprintf("%.0f", e.Blocks))
			default:
				cells = append(cells, share(e.Fail), share(e.Pass))
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", label, strings.Join(cells, " | "))
		return nil
	}
	head := func(first string) {
		fmt.Fprintf(&b, "| %s | unchanged: passes | fails | blocks | as measured here | -10 %%: fails | passes | blocks | at -5 %%: fails | passes |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n", first)
	}
	normal := Noises()[0]
	fmt.Fprintf(&b, "Each cell is of %d simulated gates with `throughput < -5%%`: %s. One figure changes, and the others don't.\n\n", runs, normal.What)
	head("thresholds, rule")
	for _, thresholds := range []int{1, 2, 4, 8, 16} {
		r := inUse(thresholds)
		if err := row(fmt.Sprintf("%d, %s", thresholds, r.Name), normal, r, thresholds); err != nil {
			return "", err
		}
	}
	for _, thresholds := range []int{4, 8} {
		for _, r := range tried(thresholds) {
			if err := row(fmt.Sprintf("%d, %s", thresholds, r.Name), normal, r, thresholds); err != nil {
				return "", err
			}
		}
	}
	fmt.Fprintf(&b, "\nOne threshold, on the other kinds of noise of [method.md](method.md). The ratio is that of a quiet machine.\n\n")
	head("noise")
	one := inUse(1)
	if err := one.scale(); err != nil {
		return "", err
	}
	for _, n := range append(Noises()[1:], Thefts()...) {
		if err := row(n.Name, n, one, 1); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}
