package simulate

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
)

// Options are what a document is made with.
type Options struct {
	Runs int
	Seed uint64
	// Progress is told before each table; it may be nil.
	Progress func(table string)
}

// rules are those that are tried: numbers of blocks, and the one that adds blocks until the interval is narrow.
func rules() []Rule {
	return []Rule{{First: 6, Max: 6}, {First: 7, Max: 7}, {First: 10, Max: 10}, {First: 20, Max: 20}, {First: 6, Max: 40, Until: 0.05}}
}

func (r Rule) String() string {
	if r.Until == 0 {
		return fmt.Sprintf("%d blocks", r.First)
	}
	return fmt.Sprintf("until %s, %d to %d blocks", percent(r.Until), r.First, r.Max)
}

// driftBlocks and slower are the injected drift.
const (
	driftBlocks = 10
	slower      = 0.3
)

// document is docs/method.md with what stands before the tables. The words are the project's; the figures are simulated.
const document = `# How tqbench decides, and how often it is wrong

This file is generated: ` + "`tqbench method --runs %d --seed %d > docs/method.md`" + `. No figure in it is typed in.

## What is compared

- **The unit is the trial.** A trial starts broker and workers anew. Tasks within it share them, so that thousands of
  tasks are one observation.
- **Trials are paired by block.** In a block, each side runs once, next to the others, in random order. The ratio is that
  of a block's two trials, and all that follows works on its logarithm: B over A is as far from 1 as A over B.
- **Three intervals, and the widest counts**: Student's t on the log ratios, the bias-corrected and accelerated bootstrap
  over blocks (Efron 1987), and order statistics. They rest on different assumptions; their hull needs the weakest.
- **Beside them, shown and not decisive**: Wilcoxon's signed ranks, Mann-Whitney (exact for small samples), Welch's t,
  Hedges' g, Cliff's delta, and the shift of Hodges and Lehmann.
- **Equivalence** is shown by two one-sided t-tests (Schuirmann 1987) within a margin of %s.
- **Holm's correction** goes over all comparisons of a report.
- **A trial is kept out** of the metrics that a flag of it touches: tasks lost or run twice, a generator that ran late,
  a throttled or disturbed machine, a worker that died. It is shown all the same.
- **A quantile** is of type 7 of Hyndman and Fan (linear between order statistics), and a 99th percentile is taken of 100
  tasks at least. Curves end where fewer than ten tasks lie beyond.
- **Steadiness** of each drain and open phase: MSER-5 (White 1997) and exact change points (optimal partitioning with a
  normal cost and a penalty of 15 log n, after Barrett et al. 2017). Levels that differ by less than %s are one.
- **Drift** over a run: Mann's test with Kendall's tau, and Sen's slope.

The rule in full: %s

With ` + "`--until 5%%`" + ` a run gets more blocks until the interval of every deciding metric reaches no further than 5 %% from its
estimate (after Maricq et al., CONFIRM, OSDI 2018), or until ` + "`--max-blocks`" + `. Scenarios and brokers that are narrow enough get no
further blocks. The rule looks at the width of an interval, never at the verdict.

## How often it is wrong

Each line is %d simulated runs of one comparison (a family of one, so that Holm's correction makes nothing safer than it
is). In brackets is the 95 %% interval of Clopper and Pearson for what the simulation itself can't know.

- **False alarm**: two equal sides are called faster or slower. It should be at most 5 %%.
- **Coverage**: the interval holds the true ratio. It should be at least 95 %%.
- **False equivalence**: sides that differ by just the margin are called equivalent. It should be at most 5 %%.

`

// Document writes docs/method.md.
func Document(ctx context.Context, w io.Writer, o Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, document, o.Runs, o.Seed, percent(margin-1), percent(margin-1), analysis.Rule(), o.Runs)
	tell := func(table string) {
		if o.Progress != nil {
			o.Progress(table)
		}
	}
	var stream uint64
	for _, n := range Noises() {
		tell("errors on " + n.Name + " noise")
		fmt.Fprintf(&b, "### Noise: %s\n\n%s.\n\n", n.Name, text.Upper(n.What))
		b.WriteString("| rule | false alarm | coverage | false equivalence | blocks run, mean | still too wide at the end |\n|---|--:|--:|--:|--:|--:|\n")
		for _, r := range rules() {
			stream++
			e, err := Try(ctx, n, r, o.Runs, o.Seed, stream)
			if err != nil {
				return err
			}
			full := "-"
			if r.Until > 0 {
				full = percent(e.Full.Of())
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %.1f | %s |\n", r, bracket(e.Alarm), bracket(e.Covered), bracket(e.Alike), e.Blocks, full)
		}
		b.WriteString("\n")
	}
	tell("drift")
	fmt.Fprintf(&b, "### A machine that gets slower\n\nThe machine loses %s of its speed over the run, linearly, with log-normal noise; %d trials a side.\n\n"+
		"| order of the trials | false alarm |\n|---|--:|\n", percent(slower), driftBlocks)
	stream++
	drifts, err := UnderDrift(ctx, slower, driftBlocks, o.Runs, o.Seed, stream)
	if err != nil {
		return err
	}
	for _, d := range drifts {
		fmt.Fprintf(&b, "| %s | %s |\n", d.Order, bracket(d.Alarm))
	}
	tell("power")
	b.WriteString("\n## What it finds\n\nHow often a difference that is there is found and called by its direction, in log-normal noise. With fewer than 6 blocks\n" +
		"there is no verdict: order statistics have no 95 % interval then.\n\n| noise of a trial | true ratio | 6 blocks | 10 blocks | 20 blocks |\n|--:|--:|--:|--:|--:|\n")
	for _, noise := range []float64{0.01, 0.02, 0.05, 0.10} {
		for _, ratio := range []float64{1.02, 1.05, 1.10, 1.20, 1.50} {
			fmt.Fprintf(&b, "| %s | %.2f |", percent(noise), ratio)
			for _, blocks := range []int{6, 10, 20} {
				stream++
				p, err := Find(ctx, noise, ratio, blocks, o.Runs, o.Seed, stream)
				if err != nil {
					return err
				}
				fmt.Fprintf(&b, " %s |", percent(p.Found.Of()))
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\nA difference below the margin is called equivalent rather than faster, once that is sure: that is why little of 1.02 is found.\n\n" +
		"The false-alarm rate that the method has on a machine's own noise: `tqbench selfcheck --aa`.\n")
	_, err = io.WriteString(w, b.String())
	return err
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }

func bracket(s Share) string {
	low, high := s.Interval()
	return fmt.Sprintf("%.2f %% (%.2f to %.2f)", 100*s.Of(), 100*low, 100*high)
}
