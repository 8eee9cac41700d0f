package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/suite/pace"
)

// lengthOptions are the flags for the length of a run.
type lengthOptions struct {
	// blocks is a fixed number; 0 is as many as the verdicts need.
	blocks int
	// within is how long the run may take; 0 is without a limit.
	within time.Duration
	// until is the half-width of the intervals, such as 5%, at which a run ends; maxBlocks is the maximum of blocks.
	until     string
	maxBlocks int
	scale     float64
	// first is the number of blocks before the first look of a run that always grows and keeps its scale; 0 is for other runs.
	first int
	// given reports whether a flag was given.
	given func(flag string) bool
}

// lengthFlags are their names.
func lengthFlags() []string { return []string{"blocks", "scale", "within", "until", "max-blocks"} }

func (o *lengthOptions) flags(cmd *cobra.Command, scale float64, within time.Duration) {
	f := cmd.Flags()
	o.given = f.Changed
	f.IntVar(&o.blocks, "blocks", 0, fmt.Sprintf("exact number of runs per contender (default: %d, and more while a verdict is open; 1 below scale 0.1, with --profile or with --for)", suite.MinBlocks))
	f.DurationVar(&o.within, "within", within, "how long the run may take; 0 is without a limit")
	f.Float64Var(&o.scale, "scale", scale, "share of the scenarios' numbers of tasks and times (with --within: the largest that fits)")
	f.StringVar(&o.until, "until", "", "add blocks until the interval of each deciding metric is within this distance of its estimate, such as 5%")
	f.IntVar(&o.maxBlocks, "max-blocks", suite.MaxBlocks, "maximum of blocks in a run")
}

// plan is a plan's first number of blocks, and how it grows; nil for a fixed number.
func (o *lengthOptions) growth(profile bool) (blocks int, g *suite.Growth, err error) {
	fixed := o.given("blocks")
	switch {
	case fixed && o.until == "" && o.given("max-blocks"):
		return 0, nil, fmt.Errorf("%w: --blocks is a fixed number and --max-blocks limits a growing one: leave one out", errUsage)
	case o.within < 0:
		return 0, nil, fmt.Errorf("%w: --within %s: write a time above zero, such as 10m, or 0 for no limit", errUsage, o.within)
	case !fixed && o.first == 0 && o.until == "" && (o.scale < suite.SmallScale || profile || o.given("for") && !o.given("within")):
		return 1, o.limited(1), nil
	}
	blocks = o.blocks
	if !fixed {
		blocks = cmp.Or(o.first, suite.MinBlocks)
	}
	g = &suite.Growth{Max: o.maxBlocks, Within: suite.Duration(o.within)}
	if o.until != "" {
		if g.Until, err = percentage("until", o.until); err != nil {
			return 0, nil, err
		}
		if !o.given("within") {
			g.Within = 0
		}
		return blocks, g, nil
	}
	if fixed {
		g = o.limited(blocks)
	}
	return blocks, g, nil
}

// limited is the growth of a plan with that number of blocks: nil, unless its time is limited.
func (o *lengthOptions) limited(blocks int) *suite.Growth {
	if !o.given("within") || o.within == 0 {
		return nil
	}
	return &suite.Growth{Max: blocks, Within: suite.Duration(o.within)}
}

// percentage is the share in a flag such as 5%.
func percentage(flag, written string) (float64, error) {
	number, ok := strings.CutSuffix(written, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(v > 0) {
		return 0, fmt.Errorf("%w: --%s %q: write a percentage, such as 5%%", errUsage, flag, written)
	}
	return v / 100, nil
}

// scales are the default scales to try, so that a run fits into its time.
func scales() []float64 { return []float64{1, 0.7, 0.5, 0.35, 0.25, 0.15, suite.SmallScale} }

// room is the part of a run's time that its first blocks may be expected to take: an estimate is no promise.
const room = 0.8

// fitting makes the plan at the largest scale at which its first blocks fit into its time, otherwise at the smallest. With the default
// time, the command's own scale is the largest.
func (o *lengthOptions) fitting(plan func(scale float64) (suite.Plan, error)) (suite.Plan, error) {
	if o.given("scale") || o.first > 0 {
		return plan(o.scale)
	}
	largest := o.scale
	if o.given("within") {
		largest = 1
	}
	for _, s := range scales() {
		if s > largest {
			continue
		}
		p, err := plan(s)
		if err != nil || p.Growth == nil || p.Growth.Within == 0 || s == suite.SmallScale {
			return p, err
		}
		if expected(p) < time.Duration(room*float64(p.Growth.Within)) {
			return p, nil
		}
	}
	return plan(o.scale)
}

// expected is how long the trials of a plan take.
func expected(p suite.Plan) time.Duration { return pace.New(p, nil).Trials(p.Trials) }

// tellOmitted reports what a plan leaves out, a line for each contender and reason, and for each phase.
func tellOmitted(w io.Writer, p suite.Plan) {
	type line struct{ arm, why string }
	var lines []line
	cells := map[line]int{}
	for _, o := range p.Omitted {
		l := line{o.Arm, o.Why}
		if cells[l]++; cells[l] == 1 {
			lines = append(lines, l)
		}
	}
	for _, l := range lines {
		fmt.Fprintf(w, "%s is left out of %s: %s\n", l.arm, plural(cells[l], "cell"), l.why)
	}
	for _, o := range p.OmittedPhases {
		fmt.Fprintf(w, "phase %s of %s is left out: %s\n", o.Phase, o.Scenario, o.Why)
	}
}

// tellCut reports how much of each trace is within the limit of its phase.
func tellCut(w io.Writer, p suite.Plan) {
	for _, s := range p.Scenarios {
		for _, ph := range s.Phases {
			if c := ph.Cut; c != nil {
				fmt.Fprintf(w, "phase %s of %s ends at its limit of %s: it sends %d of the %s in %s, %.0f %%\n", ph.Name, s.Name, time.Duration(s.Limit), ph.Tasks,
					plural(c.Of, "task"), ph.Trace, 100*float64(ph.Tasks)/float64(c.Of))
			}
		}
	}
}

// tellPlan reports what a plan asks for, what it leaves out and how long it takes.
func tellPlan(w io.Writer, p suite.Plan) {
	tellOmitted(w, p)
	tellCut(w, p)
	length := expected(p)
	fmt.Fprintf(w, "%s in %s at scale %g: about %s", plural(len(p.Trials), "trial"), plural(p.Blocks, "block"), p.Scale, text.About(length))
	if p.OfOwn() {
		fmt.Fprint(w, " if your task is short, which the first warm-up shows")
	}
	g := p.Growth
	if g == nil {
		fmt.Fprintln(w)
		return
	}
	open := "a verdict is open"
	switch {
	case p.Gate != nil:
		open = "a threshold is open"
	case g.Until > 0:
		open = fmt.Sprintf("an interval is wider than %.3g %%", 100*g.Until)
	}
	limit := "; it ends after "
	if p.Blocks < g.Max {
		fmt.Fprintf(w, "; more while %s, up to %s", open, plural(g.Max, "block"))
		limit = " or "
	}
	if g.Within > 0 {
		fmt.Fprint(w, limit, text.About(time.Duration(g.Within)))
	}
	fmt.Fprintln(w)
	if within := time.Duration(g.Within); within > 0 && length > within {
		fits := int(float64(len(p.Trials)) * float64(within) / float64(length))
		fmt.Fprintf(w, "that is more than --within %s allows: about %d of these trials will run, %s\n", text.About(within), fits, firstBlock(p, fits))
	}
}

// slower corrects what was announced, once a warm-up has shown how long a user's task takes.
func slower(p runner.Progress) string {
	s := p.Slower
	line := fmt.Sprintf("the warm-up of %s on %s ran %.2g tasks/s: this trial takes about %s, not %s", p.Trial.Arm, p.Trial.Broker, s.Pace,
		text.About(s.Takes), text.About(s.Expected))
	if s.Trials > 1 {
		line += fmt.Sprintf(", and all %d that are left about %s", s.Trials, text.About(s.All))
	}
	if s.Fit < s.Trials {
		line += fmt.Sprintf("; the run's time is enough for about %d of them (--within)", s.Fit)
	}
	return line
}

// firstBlock says how much of a plan's first block a number of trials is.
func firstBlock(p suite.Plan, fits int) string {
	var first []suite.Trial
	for _, t := range p.Trials {
		if t.Block == 1 {
			first = append(first, t)
		}
	}
	if fits >= len(first) {
		return "beginning with one block of everything"
	}
	return fmt.Sprintf("and one block of everything has %d: name fewer scenarios, brokers or contenders, or allow about %s",
		len(first), text.About(pace.New(p, nil).Trials(first)))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
