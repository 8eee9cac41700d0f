package simulate

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
)

// Options are what a document is made with.
type Options struct {
	Runs int
	Seed uint64
	// Progress is called before each table; it may be nil.
	Progress func(table string)
}

// driftBlocks and slower are the injected drift.
const (
	driftBlocks = 10
	slower      = 0.3
)

// document is docs/method.md with what comes before the tables. The words are the project's; the figures are simulated.
const document = `# How tqbench decides, and how often it is wrong

This file is generated: ` + "`go run ./scripts/method --runs %d --seed %d > docs/method.md`" + `. No figure in it is typed in.

## What is compared

- **The unit is the trial.** A trial starts broker and workers from scratch. Tasks within it share them, so thousands of
  tasks are one observation.
- **Trials are paired by block.** In a block, each side runs once, next to the others, in random order. The ratio is that
  of a block's two trials, and all that follows works on its logarithm: B over A is as far from 1 as A over B.
- **The estimand** is the geometric mean of the ratio over blocks, on this machine at these settings. A side that is slow
  in one trial of ten is slower on average by that much, though a typical block doesn't show it.
- **The test** is Student's paired t-test on the log ratios. The interval shown is the one that belongs to it. An interval of
  order statistics of 75 %% for the median must be on the same side: one wild trial makes no verdict.
- **Beside them, shown and not decisive**: the bias-corrected and accelerated bootstrap over blocks (Efron 1987), order
  statistics at 95 %%, Wilcoxon's signed ranks, Mann-Whitney (exact for small samples), Welch's t, Hedges' g, Cliff's delta,
  and the shift of Hodges and Lehmann.
- **Equivalence** is shown by two one-sided t-tests (Schuirmann 1987) within a margin of %s.
- **Holm's correction** goes over all comparisons of the run that decide, of all its scenarios and brokers. The other metrics are corrected among
  themselves. In an order of finish, it goes over all pairs of its scenario on its broker.
- **Looks.** A run looks at its verdicts after 6, 8, 12, 18, 27 and 40 blocks, as far as its time goes. What is clear gets no
  further block. The levels of the looks come from the spending function of Lan and DeMets that resembles O'Brien and
  Fleming's: early looks need strong evidence, and all looks together keep 5 %%. If the time is over, the last look may use
  what is left of the rate, since the clock knows nothing of the values.
- **Turns.** Where tasks only use the CPU (scenarios 1 and 3), the sides of a block are up at the same time, each on a broker of
  its own, and drain in turns of a quarter of a second in the order ABBA. The workers of the others are held (SIGSTOP) meanwhile. What
  the machine does to one side it does to the other a moment later, and a block's ratio keeps little of it. A rate is that
  of a side's own turns, less the first 50 ms after it was held. Latencies are measured one side after the other. On a broker
  that you attach, sides go one after the other altogether.
- **A trial is kept out** of the metrics that a flag of it touches: tasks lost or run twice, workers that died or did not
  keep up, a broker that was not drained. Its number is another one than the one asked for. It is shown all the same.
- **Noise is bracketed, and keeps nothing out.** Stolen CPU time, a late generator and other programs change a number by an
  unknown amount. Of each 100 ms of a phase, what the hypervisor withheld on all CPUs, at most 100 ms, is the longest time
  for which it can have stopped work, and a quarter more is allowed for cold caches and a core's shared threads. Other programs
  can have stopped work for no longer than they ran, than no CPU was idle, and than threads of workers, broker and generator
  were ready and waited; a quarter of the time for which they ran is allowed for caches and shared threads. The sum of both, as
  a share of the phase, is sigma (at most 90 %%). A rate v lies in [v, v / (1 - sigma)], a duration in [v (1 - sigma), v]. The upper end of a
  latency quantile's bracket is the quantile as measured. Its lower end, counted from the sending, is the larger of two bounds:
  what each task has left without the time for which work was stopped while it was under way or that earlier tasks still waited
  for, and the quantile of the tasks that no stop touched. The test runs at both ends.
- **Three grades**: a verdict that holds at both ends holds *whatever the noise did*; one that holds for the figures alone is
  *as measured here*, and so is one where other programs ran during more than a fifth of the blocks, or where noise can't be known: on a broker
  that you attach, and over several machines; anything else is *undecided*.
- **A quantile** is of type 7 of Hyndman and Fan (linear between order statistics), and a 99th percentile is taken of 100
  tasks at least. Curves end where fewer than ten tasks lie beyond.
- **Steadiness** of each drain and open phase: MSER-5 (White 1997) and exact change points (optimal partitioning with a
  normal cost and a penalty of 15 log n, after Barrett et al. 2017). Levels that differ by less than %s are one.
- **Drift** over a run: Mann's test with Kendall's tau, and Sen's slope.

The rule in full: %s

With ` + "`--until 5%%`" + ` a run gets more blocks until the interval of every deciding metric reaches no further than 5 %% from its
estimate (after Maricq et al., CONFIRM, OSDI 2018), or until ` + "`--max-blocks`" + `. Scenarios and brokers that are narrow enough get no
further blocks. That rule looks at the width of an interval, never at the verdict.

## How often it is wrong

Each line is %d simulated runs of one comparison (a family of one, so that Holm's correction makes nothing safer than it
is). In brackets is the 95 %% interval of Clopper and Pearson for what the simulation itself can't know.

- **False alarm**: two equal sides are called faster or slower. It should be at most 5 %%.
- **Coverage**: the interval holds the true ratio. It should be about 95 %%. A run that stops when its verdict is clear stops
  more readily at a lucky moment, which costs some coverage.
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
		alarm, covered := "false alarm", "coverage"
		if n.Ratio != 0 {
			alarm, covered = "called different", "coverage of the mean ratio"
		}
		fmt.Fprintf(&b, "| rule | %s | %s | false equivalence | blocks run, mean |\n|---|--:|--:|--:|--:|\n", alarm, covered)
		for _, r := range rules() {
			stream++
			e, err := Try(ctx, n, r, o.Runs, o.Seed, stream)
			if err != nil {
				return err
			}
			alike := bracket(e.Alike)
			if n.Ratio != 0 {
				alike = "-" // the sides don't differ by just the margin then
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %.1f |\n", r, bracket(e.Alarm), bracket(e.Plain), alike, e.Blocks)
		}
		b.WriteString("\n")
	}
	b.WriteString(stolen)
	for _, n := range Thefts() {
		tell("errors on stolen CPU time " + n.Name)
		fmt.Fprintf(&b, "### Stolen CPU time: %s\n\n%s.\n\n", n.Name, text.Upper(n.What))
		b.WriteString("| rule | false alarm whatever the noise did | called different as measured here | coverage with brackets | without | false equivalence " +
			"| 1.5 found whatever the noise did | 1.5 found | blocks run, mean |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
		for _, r := range []Rule{{Looks: []int{7}}, {Looks: []int{20}}, {Looks: []int{6, 8, 12}}, {Looks: []int{6, 8, 12, 18, 27, 40}}} {
			stream++
			e, err := Try(ctx, n, r, o.Runs, o.Seed, stream)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %.1f |\n", r, bracket(e.Alarm), bracket(e.Here), bracket(e.Covered), bracket(e.Plain),
				bracket(e.Alike), percent(e.Sure.Of()), percent(e.Found.Of()), e.Blocks)
		}
		b.WriteString("\n")
	}
	tell("latency brackets")
	if err := waiting(ctx, &b, o, &stream); err != nil {
		return err
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
	if err := power(ctx, &b, o, &stream); err != nil {
		return err
	}
	b.WriteString("\nThe false-alarm rate that the method has on a machine's own noise: `tqbench selfcheck aa`.\n")
	_, err = io.WriteString(w, b.String())
	return err
}

// stolen comes before the tables of stolen CPU time.
const stolen = `## On a machine from which CPU time is stolen

The sides are equal on a quiet machine, of two CPUs. Each trial is off by 5 % besides. "As measured here" is another question: a
neighbour that steals more from one side does make that side slower here, so that column is no error. What the brackets can't cover
is a side that always loses more than they allow: the last model is at their very edge.

`

// smallFamily is how many comparisons decide scenario 1, and largeFamily about how many a report of it has in all.
const (
	smallFamily = 4
	largeFamily = 9
)

// power writes what the rules find.
func power(ctx context.Context, b *strings.Builder, o Options, stream *uint64) error {
	fmt.Fprintf(b, "\n## What it finds\n\nHow often a difference that is there is found and called by its direction, in log-normal noise, as the "+
		"smallest p-value of\na family: %d metrics decide scenario 1 of %d that are compared. *Before* is the rule that this one replaced, corrected over all that are "+
		"compared.\n\n| noise of a trial | true ratio |", smallFamily, largeFamily)
	fixed := []int{6, 10, 20}
	for _, n := range fixed {
		fmt.Fprintf(b, " %d blocks, before | %d blocks |", n, n)
	}
	looking := []Rule{{Looks: []int{6, 8, 12}}, {Looks: []int{6, 8, 12, 18, 27, 40}}}
	for _, r := range looking {
		fmt.Fprintf(b, " %s (blocks run, mean) |", r)
	}
	b.WriteString("\n|--:|--:|" + strings.Repeat("--:|", 2*len(fixed)+len(looking)) + "\n")
	for _, noise := range []float64{0.01, 0.02, 0.05, 0.10, 0.20} {
		for _, ratio := range []float64{1.02, 1.05, 1.10, 1.20, 1.50} {
			fmt.Fprintf(b, "| %s | %.2f |", percent(noise), ratio)
			for _, blocks := range fixed {
				*stream++
				before, err := FoundBefore(ctx, noise, ratio, blocks, largeFamily, o.Runs, o.Seed, *stream)
				if err != nil {
					return err
				}
				now, err := Find(ctx, noise, ratio, Rule{Looks: []int{blocks}}, smallFamily, o.Runs, o.Seed, *stream)
				if err != nil {
					return err
				}
				fmt.Fprintf(b, " %s | %s |", percent(before.Found.Of()), percent(now.Found.Of()))
			}
			for _, r := range looking {
				*stream++
				p, err := Find(ctx, noise, ratio, r, smallFamily, o.Runs, o.Seed, *stream)
				if err != nil {
					return err
				}
				fmt.Fprintf(b, " %s (%.1f) |", percent(p.Found.Of()), p.Blocks)
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\nA difference below the margin is called equivalent rather than faster, once that is sure: that is why little of 1.02 is found.\n")
	return nil
}

// waitingRuns is how many phases are simulated, as a share of the runs of a verdict: each has a thousand tasks.
const waitingRuns = 0.1

// waiting writes how often brackets of latencies hold.
func waiting(ctx context.Context, b *strings.Builder, o Options, stream *uint64) error {
	runs := max(int(waitingRuns*float64(o.Runs)), 1)
	fmt.Fprintf(b, "### Brackets of latencies\n\nTasks arrive at random and wait for two workers, each on one CPU and half busy; the same tasks are simulated with and "+
		"without\nstandstills. *Held*: the bracket holds the quantile of the quiet machine. *As measured*: the quantile is within 5 %% of the quiet one\nwithout a bracket. "+
		"*Width*: the upper end over the lower one, median. %d phases of %s a line.\n\n"+
		"| tasks and standstills | stolen | median held | as measured | width | p99 held | as measured | width |\n|---|--:|--:|--:|--:|--:|--:|--:|\n", runs, waitingTime)
	for _, w := range Waitings() {
		fmt.Fprintf(b, "| %s | %s |", w.Name, percent(w.Share))
		for _, q := range []float64{0.5, 0.99} {
			*stream++
			h, err := TryWaiting(ctx, w, q, runs, o.Seed, *stream)
			if err != nil {
				return err
			}
			fmt.Fprintf(b, " %s | %s | %.2f |", bracket(h.Covered), percent(h.Plain.Of()), h.Width)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	return nil
}

// list writes numbers as in "6, 8 and 12".
func list(numbers []int) string {
	var words []string
	for _, n := range numbers {
		words = append(words, strconv.Itoa(n))
	}
	return text.List(words)
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }

func bracket(s Share) string {
	low, high := s.Interval()
	return fmt.Sprintf("%.2f %% (%.2f to %.2f)", 100*s.Of(), 100*low, 100*high)
}
