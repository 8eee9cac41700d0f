package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/campaign"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// part is what to run of a plan, and how.
type part struct {
	resume bool
	// pause is after about which time to pause, 0 is never. The next part keeps trials that did not run, since it goes on with one run.
	pause time.Duration
	// open lists what further blocks may settle, nil for verdicts; asks is the word for it.
	open func(suite.Plan, analysis.Analysis) ([]analysis.Comparison, error)
	asks string
	// sideEnv are variables of single sides' applications, by arm.
	sideEnv map[string]map[string]string
	// edit changes the options of the run; nil changes none.
	edit func(*runner.Options)
}

// runTrials runs the plan in a reserved folder with live progress, adding blocks as it grows.
func runTrials(cmd *cobra.Command, lock *runner.Lock, builder *workers.Builder, at servers, of part, w *watcher) error {
	out := lock.Folder()
	plan, err := suite.ReadPlan(out)
	if err != nil {
		return fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	if !of.resume {
		tellPlan(cmd.ErrOrStderr(), plan)
	}
	if err := tellMachine(cmd.Context(), cmd.ErrOrStderr()); err != nil {
		return err
	}
	env, err := appEnv(cmd)
	if err != nil {
		return err
	}
	var pauseAt time.Time
	if of.pause > 0 {
		pauseAt = time.Now().Add(of.pause)
	}
	o := runner.Options{
		Out: out, Lock: lock, Resume: of.resume, URLs: at.urls, Bins: at.bins, Owned: owned(cmd), AppEnv: env, SideEnv: of.sideEnv, Command: shownCommand(os.Args[1:]), Builder: builder,
		Progress: w.progress, Look: w.look, PauseAt: pauseAt, Given: of.pause > 0,
	}
	if of.edit != nil {
		of.edit(&o)
	}
	end := w.begin(out, plan)
	err = campaign.Run(cmd.Context(), campaign.Options{
		Options: o,
		Open:    of.open,
		Tell: func(l campaign.Look) {
			w.line.end()
			fmt.Fprintln(text.NewWriter(cmd.ErrOrStderr()), lookSentence(l, cmp.Or(of.asks, "verdict")))
		},
	})
	w.line.end()
	end()
	return keeping(cmd, out, err)
}

// lookSentence says what a look at the data found, of verdicts or of what else the run asks for.
func lookSentence(l campaign.Look, asks string) string {
	if l.Until > 0 {
		return widthSentence(l)
	}
	switch l.Why {
	case campaign.Settled:
		// Spoiled data end a gate, too.
		return fmt.Sprintf("after %s no %s is open", ranWords(l), asks)
	case campaign.More:
		return fmt.Sprintf("after %s %s: continuing to %d", plural(l.Blocks, "block"), openWords(l.Open, asks), l.Next)
	case campaign.TimeOver:
		said := fmt.Sprintf("after %s the time is up, and %s%s", ranWords(l), openWords(l.Open, asks), priceWords(l.Open))
		if l.Missing > 0 {
			said += fmt.Sprintf("; %s did not begin and would take about %s", plural(l.Missing, "trial"), text.About(l.Takes))
		}
		return said
	}
	return fmt.Sprintf("after %s, the maximum, %s%s", plural(l.Blocks, "block"), openWords(l.Open, asks), priceWords(l.Open))
}

// ranWords says how many blocks ran, and of how many.
func ranWords(l campaign.Look) string {
	if l.Whole < l.Blocks {
		return fmt.Sprintf("%d of %s", l.Whole, plural(l.Blocks, "block"))
	}
	return plural(l.Blocks, "block")
}

func openWords(open []analysis.Comparison, asks string) string {
	if len(open) == 1 {
		return fmt.Sprintf("%s of %s on %s is open", open[0].Metric, open[0].Scenario, open[0].Broker)
	}
	return fmt.Sprintf("%d %ss are open", len(open), asks)
}

// priceWords says how much more time the open verdicts would take, if known.
func priceWords(open []analysis.Comparison) string {
	sum := price(open)
	if sum == 0 {
		return ""
	}
	return fmt.Sprintf("; deciding those that can be decided would take about %s more", text.About(time.Duration(sum*float64(time.Second))))
}

// price is how many seconds all open verdicts would take. Two sides' metrics come from the same trials, so the most expensive one counts.
// Several comparisons with one baseline share its trials, which are assumed to be as long as the others'.
func price(open []analysis.Comparison) float64 {
	dearest := map[suite.Place]map[string]float64{}
	for _, c := range open {
		at := suite.At(c.Scenario, c.Broker)
		if dearest[at] == nil {
			dearest[at] = map[string]float64{}
		}
		pair := c.Baseline.Arm + " " + c.Candidate.Arm
		dearest[at][pair] = max(dearest[at][pair], c.NeedSeconds)
	}
	sum := 0.0
	for _, pairs := range dearest {
		here := 0.0
		for _, s := range pairs {
			here += s
		}
		sum += here * float64(len(pairs)+1) / float64(2*len(pairs))
	}
	return sum
}

// widthSentence says how narrow the intervals are, in a run that adds blocks until they are.
func widthSentence(l campaign.Look) string {
	if l.Why == campaign.Settled {
		return fmt.Sprintf("every interval is within %.3g %% after %s", 100*l.Until, ranWords(l))
	}
	widest := slices.MaxFunc(l.Wide, func(a, b analysis.Wide) int { return cmp.Compare(a.Half, b.Half) })
	are := "are"
	if len(l.Wide) == 1 {
		are = "is"
	}
	now := fmt.Sprintf("%s %s wider than %.3g %% after %s", plural(len(l.Wide), "deciding interval"), are, 100*l.Until, ranWords(l))
	if widest.Half > 0 {
		now += fmt.Sprintf(", the widest %.3g %% (%s of %s, %s on %s)", 100*widest.Half, widest.Metric, widest.Candidate, widest.Scenario, widest.Broker)
	} else {
		now += ", and none has an interval yet, as fewer than two blocks count on both sides"
	}
	switch l.Why {
	case campaign.More:
		return now + ": one more"
	case campaign.TimeOver:
		return now + ": the time is up"
	}
	return now + ": this is the maximum of blocks"
}
