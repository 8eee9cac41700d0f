package simulate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/stats/sequential"
)

// GateRule is how a gate looks at its thresholds.
type GateRule struct {
	Name string
	// Looks are the numbers of blocks.
	Looks []int
	// Spending says how looks use the error rates; nil is that of stats.BoundScale.
	Spending sequential.Spending
	// Strict has passes at 5 %, two-sided, and corrected for the family like failures.
	Strict bool
	// scales are those of the looks.
	scales []sequential.Scale
}

// gateLooks are those of a gate that has the time for them.
func gateLooks() []int { return []int{8, 12, 18, 27, 40} }

// gateRules are the one in use, and the one that treats passes like failures.
func gateRules() ([]GateRule, error) {
	rules := []GateRule{
		{Name: "in use", Looks: gateLooks()},
		{Name: "O'Brien and Fleming, passes like failures", Looks: gateLooks(), Spending: sequential.Spent, Strict: true},
	}
	for i := range rules {
		if err := rules[i].scale(); err != nil {
			return nil, err
		}
	}
	return rules, nil
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
			fail, open, here, unsettled := r.look(all, blocks, r.scales[k])
			if last := k == len(r.Looks)-1; !unsettled || last {
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
	var fractions []float64
	for _, n := range r.Looks {
		fractions = append(fractions, float64(n)/float64(r.Looks[len(r.Looks)-1]))
		scale, err := stats.BoundScale(fractions)
		if r.Spending != nil {
			scale, err = sequential.NewScaleBy(r.Spending, fractions)
		}
		if err != nil {
			return err
		}
		r.scales = append(r.scales, scale)
	}
	return nil
}

// look looks at the first blocks: does a threshold fail, is one open, is one decided as measured here alone, and does one need more blocks?
func (r GateRule) look(all []stats.Blocks, blocks int, scale sequential.Scale) (fail, open, here, unsettled bool) {
	var bounds []stats.Bound
	for _, b := range all {
		bounds = append(bounds, stats.Bound{Blocks: b[:blocks], Limit: gateLimit, Scale: scale})
	}
	for _, p := range stats.PlaceAll(bounds) {
		known := p.Place != stats.Unknown
		if p.Place == stats.Within && r.Strict {
			known = float64(len(all))*p.Within.Plain < stats.Alpha
		}
		fail = fail || p.Place == stats.Beyond
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
	rules, err := gateRules()
	if err != nil {
		return "", err
	}
	normal := Noises()[0]
	fmt.Fprintf(&b, "Each cell is of %d simulated gates with `throughput < -5%%`: %s. One figure changes, and the others don't.\n\n", runs, normal.What)
	head("thresholds, rule")
	for _, thresholds := range []int{1, 4, 8} {
		for _, r := range rules {
			if err := row(fmt.Sprintf("%d, %s", thresholds, r.Name), normal, r, thresholds); err != nil {
				return "", err
			}
		}
	}
	fmt.Fprintf(&b, "\nOne threshold, on the other kinds of noise of [method.md](method.md). The ratio is that of a quiet machine.\n\n")
	head("noise")
	for _, n := range append(Noises()[1:], Thefts()...) {
		if err := row(n.Name, n, rules[0], 1); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}
