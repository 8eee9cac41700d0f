package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis/simulate"
	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

const (
	// aaBlocks is enough for six reports of the shortest length, with spare blocks for flags.
	aaBlocks = 40
	// aaDraws is how many reports to draw from a run's blocks.
	aaDraws = 4000
)

// aaOptions are the flags of selfcheck aa.
type aaOptions struct {
	resume         bool
	contender, out string
	blocks         int
	scale          float64
	seed           uint64
	watching       watchOptions
}

func selfcheckAACmd() *cobra.Command {
	var o aaOptions
	var brokers []string
	var asJSON bool
	at := newServers()
	cmd := &cobra.Command{
		Use: "aa", Short: "How often does the method find a difference that doesn't exist?", Args: cobra.NoArgs,
		Long: "Run a contender against itself. Report how often the verdicts find a difference, and which differences they would\n" +
			"find at the noise of this machine.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			names, err := brokerNames(brokers)
			if err != nil {
				return err
			}
			return o.run(cmd, names, at, asJSON)
		},
	}
	f := cmd.Flags()
	brokerFlag(cmd, &brokers)
	jsonFlag(cmd, &asJSON)
	f.StringVar(&o.contender, "contender", contenders.Usual()[1], "the contender")
	f.IntVar(&o.blocks, "blocks", aaBlocks, "number of blocks")
	f.Float64Var(&o.scale, "scale", quickScale, "share of scenario 1's number of tasks")
	seedFlag(cmd, &o.seed)
	f.StringVar(&o.out, "out", "tqbench-aa", "output folder")
	o.watching.flags(cmd)
	f.BoolVar(&o.resume, "resume", false, "continue an interrupted run")
	at.flags(cmd)
	return cmd
}

// run is an ordinary run with one contender on both sides, and reports on the method.
func (o *aaOptions) run(cmd *cobra.Command, brokers []string, at servers, asJSON bool) error {
	w, err := o.watching.watch(cmd)
	if err != nil {
		return err
	}
	defer w.close(cmd.Context())
	builder, err := newBuilder(cmd)
	if err != nil {
		return err
	}
	p := planOptions{scenarios: []string{"1"}, brokers: brokers, contenders: []string{o.contender, o.contender}, seed: o.seed,
		lengthOptions: lengthOptions{blocks: o.blocks, scale: o.scale, given: func(flag string) bool { return flag == "blocks" || flag == "scale" }}}
	var lock *runner.Lock
	_, err = os.Stat(suite.PlanPath(o.out))
	switch {
	case err == nil && !o.resume:
		return fmt.Errorf("%w: %s already has a run: add --resume to continue it, or choose another folder with --out", runner.ErrInput, o.out)
	case errors.Is(err, fs.ErrNotExist) && o.resume:
		return fmt.Errorf("%w: %s has no run to resume", runner.ErrInput, o.out)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", runner.ErrInput, err)
	case !o.resume:
		_, lock, err = makePlan(cmd, o.out, &p, at.check(cmd))
	default:
		lock, err = reserveAgain(cmd, o.out, &p, checksAgain(cmd, at, both(isNoGate, isAA)))
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := runTrials(cmd, lock, builder, at, part{resume: o.resume}, w); err != nil {
		return err
	}
	a, err := analyze(cmd.Context(), o.out)
	if err == nil {
		err = report.Write(cmd.Context(), o.out, a, report.Options{})
	}
	if err != nil {
		return keeping(cmd, o.out, err)
	}
	aa, err := simulate.OfAA(cmd.Context(), a, suite.MinBlocks, aaDraws, a.Method.Seed)
	if errors.Is(err, simulate.ErrFew) {
		return fmt.Errorf("%w: %w; the report says why: %s", runner.ErrInvalid, err, rel(reportPath(o.out)))
	}
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), aa)
	}
	if err := showAA(cmd.OutOrStdout(), aa); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", rel(reportPath(o.out)))
	return err
}

// isAA refuses a plan of anything but one contender against itself.
func isAA(p suite.Plan) error {
	if len(p.Arms) != 2 || p.Arms[0].Contender != p.Arms[1].Contender {
		return fmt.Errorf("%w: the run there doesn't compare a contender with itself: name the folder of one that does with --out, or continue it with tqbench run --resume", runner.ErrInput)
	}
	return nil
}

func showAA(out io.Writer, aa simulate.AA) error {
	share := func(s simulate.Share) string {
		low, high := s.Interval()
		return fmt.Sprintf("%d of %d\t%.1f %% (%.1f to %.1f)", s.Count, s.Runs, 100*s.Of(), 100*low, 100*high)
	}
	w := tabwriter.NewWriter(text.NewWriter(out), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "FALSE ALARMS of %s against itself, in reports of %d blocks\n", aa.Contender, aa.Group)
	fmt.Fprintln(w, "metric\tblocks\tnoise of a trial\tall blocks\tconsecutive reports\t\tredrawn at random\t")
	for _, m := range aa.Metrics {
		fmt.Fprintf(w, "%s of %s on %s\t%d\t%.2f %%\t%s\t%s\t%s\n", m.Metric, m.Scenario, m.Broker, m.Blocks, 100*m.Noise, m.Verdict,
			share(m.Reports), share(m.Redrawn))
	}
	fmt.Fprintf(w, "all\t\t\t\t%s\t\t\n", share(aa.Alarms))
	fmt.Fprintln(w, "\nFOUND at this noise, in 100 runs\ttrue ratio\t5 blocks\t10 blocks\t20 blocks")
	for _, m := range aa.Metrics {
		name := fmt.Sprintf("%s of %s on %s", m.Metric, m.Scenario, m.Broker)
		for i, p := range m.Power {
			if i%3 == 0 {
				fmt.Fprintf(w, "%s\t%.2f", name, p.Ratio)
				name = ""
			}
			fmt.Fprintf(w, "\t%.0f", 100*p.Found.Of())
			if i%3 == 2 {
				fmt.Fprintln(w)
			}
		}
	}
	fmt.Fprintf(w, "Fewer than %d blocks never give a verdict.\n", suite.MinBlocks)
	return w.Flush()
}
