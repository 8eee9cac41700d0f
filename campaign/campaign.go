// Package campaign runs a plan until its questions are answered or its time is up.
//
// Its one opinion: clear results cost no further time. Every cell gets a few blocks first, then more while its verdict is open. Repeated
// looks at growing data would find differences that don't exist, so each look uses up a stated part of the error rate; see package
// sequential.
package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/suite/pace"
)

// Options are how to run a campaign.
type Options struct {
	runner.Options
	// Open lists the comparisons that further blocks may settle, at a look at verdicts; nil means those that analysis.Analysis.Open lists.
	Open func(suite.Plan, analysis.Analysis) ([]analysis.Comparison, error)
	// Tell is called after each look; it may be nil.
	Tell func(Look)
}

// Why a campaign continues or ends.
type Why string

// The reasons.
const (
	// More: something is open, and the plan got further blocks.
	More Why = "more"
	// Settled: nothing is open.
	Settled Why = "settled"
	// TimeOver: something is open, and the time is up.
	TimeOver Why = "time over"
	// AllBlocks: something is open, and the plan's maximum of blocks ran.
	AllBlocks Why = "all blocks"
	// Ahead: the plan got further blocks without a look. It had fewer than the next look needs, as time was short, and there is more time now.
	Ahead Why = "ahead"
)

// Look is what a look at the data found.
type Look struct {
	// Blocks is how many the plan had, Whole how many of them ran completely, Next how many the plan has now.
	Blocks, Whole, Next int
	Why                 Why
	// Missing is how many trials of the plan did not begin, and Takes about how long they take.
	Missing int
	Takes   time.Duration
	// Open are the deciding comparisons that are unsettled or, in a run until its intervals are narrow, too wide.
	Open []analysis.Comparison
	// Wide are the intervals that are too wide in such a run, and Until is the required half-width.
	Wide  []analysis.Wide
	Until float64
}

// Run runs the plan in the output folder, and further blocks as it grows.
func Run(ctx context.Context, o Options) error {
	if o.Lock == nil {
		// The plan grows between the runs of its parts.
		lock, err := runner.LockFolder(o.Out)
		if err != nil {
			return err
		}
		defer lock.Release()
		o.Lock = lock
	}
	plan, err := suite.ReadPlan(o.Out)
	if err != nil {
		return fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	for first := -1; ; {
		ran, err := results.ReadTrials(o.Out)
		if err != nil {
			return fmt.Errorf("%w: %w", runner.ErrInput, err)
		}
		if first < 0 {
			first = len(ran)
		}
		o.Begun = len(ran) > first
		left, limited := timeLeft(ran, plan)
		if limited {
			o.Within = max(left, 1) // 0 would be no limit
		}
		err = runner.Run(ctx, o.Options)
		over := errors.Is(err, runner.ErrTimeOver) && !errors.Is(err, runner.ErrInvalid)
		if err != nil && !over {
			return err
		}
		look, err := grow(ctx, o, over)
		if err != nil || look.Why == "" {
			return err
		}
		if o.Tell != nil && look.Why != Ahead {
			o.Tell(look)
		}
		if look.Why != More && look.Why != Ahead {
			return nil
		}
		o.Resume, o.Given = true, true
	}
}

// timeLeft is the rest of the plan's time after the trials that have run, including earlier parts of the run. A plan may have no limit.
func timeLeft(ran []results.Trial, plan suite.Plan) (left time.Duration, limited bool) {
	if plan.Growth == nil || plan.Growth.Within == 0 {
		return 0, false
	}
	left = time.Duration(plan.Growth.Within)
	for _, t := range ran {
		left -= time.Duration(t.WallSeconds * float64(time.Second))
	}
	return left, true
}

// missing counts the plan's trials that have no result, and estimates how long they take.
func missing(plan suite.Plan, trials []results.Trial) (int, time.Duration) {
	have := map[int]bool{}
	for _, t := range trials {
		have[t.ID] = true
	}
	var left []suite.Trial
	for _, t := range plan.Trials {
		if !have[t.ID] {
			left = append(left, t)
		}
	}
	return len(left), pace.New(plan, trials).Trials(left)
}

// grow looks at the plan's results so far, and adds blocks if something is open and there is time.
func grow(ctx context.Context, o Options, over bool) (Look, error) {
	plan, err := suite.ReadPlan(o.Out)
	switch {
	case err != nil || plan.Growth == nil:
		return Look{}, err
	case !plan.Sequential():
		return narrow(ctx, o, plan, over)
	}
	trials, err := results.ReadTrials(o.Out)
	if err != nil {
		return Look{}, err
	}
	look := Look{Blocks: plan.Blocks, Next: plan.Blocks}
	left, limited := timeLeft(trials, plan)
	affordable := plan.Growth.Max
	if over {
		affordable = plan.Blocks
		look.Missing, look.Takes = missing(plan, trials)
	} else if limited {
		affordable = min(affordable, plan.Blocks+blocksIn(left, plan, pace.New(plan, trials)))
	}
	if next := min(nextLook(plan), affordable); !looked(plan) && next > plan.Blocks {
		look.Why, look.Next = Ahead, next
		return look, writeGrown(o.Out, extended(plan, next, inLast(plan)))
	}
	if !looked(plan) {
		plan = plan.Looked(fraction(plan, affordable))
		if err := suite.WritePlan(o.Out, plan); err != nil {
			return look, err
		}
	}
	a, err := analyzed(ctx, o.Out)
	if err != nil {
		return look, err
	}
	look.Whole = whole(plan, a)
	if o.Open == nil {
		look.Open = a.Open()
	} else if look.Open, err = o.Open(plan, a); err != nil {
		return look, err
	}
	switch {
	case len(look.Open) == 0:
		look.Why = Settled
	case over: // whatever its maximum, the plan has blocks that didn't run
		look.Why = TimeOver
	case plan.Blocks >= plan.Growth.Max:
		look.Why = AllBlocks
	case affordable <= plan.Blocks:
		look.Why = TimeOver
	default:
		look.Why, look.Next = More, min(plan.Growth.NextLook(plan.Blocks), affordable)
		return look, writeGrown(o.Out, extended(plan, look.Next, func(scenario, broker string) bool {
			return slices.ContainsFunc(look.Open, func(c analysis.Comparison) bool { return c.Scenario == scenario && c.Broker == broker })
		}))
	}
	return look, nil
}

// whole is how many of a plan's blocks have all of their trials.
func whole(plan suite.Plan, a analysis.Analysis) int {
	have := map[int]bool{}
	for _, t := range a.Trials {
		have[t.ID] = true
	}
	missing := map[int]bool{}
	for _, t := range plan.Trials {
		if !have[t.ID] {
			missing[t.Block] = true
		}
	}
	return plan.Blocks - len(missing)
}

// analyzed is the analysis of a folder.
func analyzed(ctx context.Context, out string) (analysis.Analysis, error) {
	return interrupt.Call(ctx, func() (analysis.Analysis, error) { return analysis.Analyze(out) })
}

// looked reports whether the plan's blocks have been looked at, as in a run that is resumed after its end.
func looked(plan suite.Plan) bool {
	n := len(plan.Growth.Looks)
	return n > 0 && plan.Growth.Looks[n-1].Blocks == plan.Blocks
}

// nextLook is the number of blocks of the look that the plan is on its way to. The rule has levels for these numbers, and for a last look
// anywhere. If the time allows more blocks than it did, no look is added in between.
func nextLook(plan suite.Plan) int {
	n := len(plan.Growth.Looks)
	if n == 0 {
		return plan.Growth.First
	}
	return plan.Growth.NextLook(plan.Growth.Looks[n-1].Blocks)
}

// inLast reports which cells are in the plan's last block.
func inLast(plan suite.Plan) func(scenario, broker string) bool {
	return func(scenario, broker string) bool {
		return slices.ContainsFunc(plan.Trials, func(t suite.Trial) bool {
			return t.Block == plan.Blocks && t.Scenario == scenario && t.Broker == broker
		})
	}
}

// fraction is which part of all affordable blocks the plan has.
func fraction(plan suite.Plan, affordable int) float64 {
	if affordable <= plan.Blocks {
		return 1
	}
	f, before := float64(plan.Blocks)/float64(affordable), 0.0
	if n := len(plan.Growth.Looks); n > 0 {
		before = plan.Growth.Looks[n-1].Fraction
	}
	return max(f, before+suite.LeastStep*(1-before))
}

// blocksIn is how many further blocks like the plan's last fit into a time.
func blocksIn(left time.Duration, plan suite.Plan, p *pace.Pace) int {
	var last []suite.Trial
	for _, t := range plan.Trials {
		if t.Block == plan.Blocks {
			last = append(last, t)
		}
	}
	one := p.Trials(last)
	if one <= 0 || left <= 0 {
		return 0
	}
	return int(left / one)
}

// extended is the plan with further blocks of the wanted cells, up to the given number.
func extended(plan suite.Plan, blocks int, wanted func(scenario, broker string) bool) suite.Plan {
	for plan.Blocks < blocks {
		plan = plan.Extended(wanted)
	}
	return plan
}

// narrow adds one block to a plan that grows until its intervals are narrow, if they are too wide.
func narrow(ctx context.Context, o Options, plan suite.Plan, over bool) (Look, error) {
	look := Look{Blocks: plan.Blocks, Next: plan.Blocks, Until: plan.Growth.Until}
	a, err := analyzed(ctx, o.Out)
	if err != nil {
		return look, err
	}
	look.Wide, look.Whole = a.TooWide(plan.Growth.Until), whole(plan, a)
	switch {
	case len(look.Wide) == 0:
		look.Why = Settled
	case over:
		look.Why = TimeOver
	case plan.Blocks >= plan.Growth.Max:
		look.Why = AllBlocks
	default:
		look.Why, look.Next = More, plan.Blocks+1
		return look, writeGrown(o.Out, plan.Extended(func(scenario, broker string) bool {
			return slices.ContainsFunc(look.Wide, func(w analysis.Wide) bool { return w.Scenario == scenario && w.Broker == broker })
		}))
	}
	return look, nil
}

// writeGrown writes a plan with further blocks. From then on, the run isn't complete.
func writeGrown(out string, p suite.Plan) error {
	if err := results.RemoveEnd(out); err != nil {
		return fmt.Errorf("go on in %s: %w", out, err)
	}
	return suite.WritePlan(out, p)
}
