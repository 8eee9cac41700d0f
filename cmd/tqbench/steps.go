package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// runWithin is how long a run takes at most unless another time is asked for.
const runWithin = 2 * time.Hour

func planCmd() *cobra.Command {
	var o planOptions
	var out string
	cmd := &cobra.Command{
		Use: "plan [scenario ...]", Short: "Lay out the trials and write plan.json", Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := scenariosNamed(cmd, args); err != nil {
				return err
			}
			trials, err := results.ReadTrials(out)
			if err != nil {
				return err
			}
			if len(trials) > 0 {
				return fmt.Errorf("%w: %s has %d trials of an earlier plan: name another folder with --out", runner.ErrInput, out, len(trials))
			}
			p, err := makePlan(out, &o, nil)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: ", rel(suite.PlanPath(out)))
			tellPlan(cmd.OutOrStdout(), p)
			return nil
		},
	}
	o.flags(cmd, 1, runWithin)
	outFlag(cmd, &out)
	return cmd
}

func runCmd() *cobra.Command {
	var o planOptions
	var out string
	urls := urlFlag{}
	var resume, dry bool
	var watching watchOptions
	cmd := &cobra.Command{
		Use: "run [scenario ...]", Short: "Run the plan's trials and write results/", Args: cobra.ArbitraryArgs,
		Long: "Run the trials of plan.json in the output folder. Where there is no plan yet, one is made of the flags; scenarios\n" +
			"may be named as arguments, too: tqbench run all.\n" +
			"With --resume, a run that was cut short goes on with the trials that are missing.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := scenariosNamed(cmd, args); err != nil {
				return err
			}
			w, err := watching.watch(cmd)
			if err != nil {
				return err
			}
			defer w.close(cmd.Context())
			_, err = os.Stat(suite.PlanPath(out))
			switch {
			case errors.Is(err, fs.ErrNotExist) && resume:
				return fmt.Errorf("%w: there is no run to resume in %s", runner.ErrInput, out)
			case errors.Is(err, fs.ErrNotExist) && dry:
				p, err := o.plan()
				if err != nil {
					return err
				}
				tellPlan(cmd.OutOrStdout(), p)
				return nil
			case errors.Is(err, fs.ErrNotExist):
				if _, err := makePlan(out, &o, urls.check(cmd)); err != nil {
					return err
				}
			case err != nil:
				return fmt.Errorf("%w: %w", runner.ErrInput, err)
			default:
				if err := samePlan(cmd, out, &o); err != nil {
					return err
				}
				if dry {
					return tellPlanIn(cmd, out)
				}
			}
			if err := runTrials(cmd, out, urls, resume, w); err != nil {
				return err
			}
			a, err := analyzed(cmd.Context(), out)
			if err != nil {
				return keeping(cmd, out, err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "results in %s; next: tqbench analyze --out %s && tqbench report --out %s\n",
				rel(filepath.Join(out, "results")), out, out)
			if s := missing(a); s != "" {
				fmt.Fprintln(cmd.OutOrStdout(), s)
			}
			return valid(a, false)
		},
	}
	o.flags(cmd, 1, runWithin)
	outFlag(cmd, &out)
	urls.flag(cmd)
	watching.flags(cmd)
	cmd.Flags().BoolVar(&resume, "resume", false, "go on with the trials that are missing")
	dryFlag(cmd, &dry)
	return cmd
}

// tellPlanIn says what the plan asks for that a folder has.
func tellPlanIn(cmd *cobra.Command, out string) error {
	p, err := suite.ReadPlan(out)
	if err != nil {
		return fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	tellPlan(cmd.OutOrStdout(), p)
	return nil
}

// scenariosNamed takes scenarios that are named as arguments for those of the flag.
func scenariosNamed(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.Flags().Changed("scenario"):
		return fmt.Errorf("%w: scenarios are named by --scenario or as arguments, not both", errUsage)
	}
	if err := cmd.Flags().Set("scenario", strings.Join(args, ",")); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

// samePlan makes sure that flags which were given again, as by whoever repeats a command with --resume, make the plan that is
// in the folder.
func samePlan(cmd *cobra.Command, out string, o *planOptions) error {
	if !planFlagGiven(cmd) {
		return nil
	}
	plan, err := suite.ReadPlan(out)
	if err != nil {
		return notFound(err)
	}
	asked, err := o.plan()
	if err != nil {
		return err
	}
	// The machine may have another number of CPUs at work by now, which the run itself looks at.
	asked.Environment = plan.Environment
	a, err := plan.Hash()
	if err != nil {
		return err
	}
	b, err := asked.Hash()
	if err == nil && a != b {
		err = fmt.Errorf("%w: %s has another plan than these flags make: leave them out to go on with it, or name another folder with --out", runner.ErrInput, out)
	}
	return err
}

func planFlagGiven(cmd *cobra.Command) bool {
	return slices.ContainsFunc(planFlags(), cmd.Flags().Changed)
}

func analyzeCmd() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "analyze", Short: "Turn results/ into analysis.json", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := analyze(cmd.Context(), out)
			if err != nil {
				return err
			}
			if err := showAnalysis(cmd, a, asJSON, rel(analysis.Path(out))); err != nil {
				return err
			}
			return valid(a, false)
		},
	}
	outFlag(cmd, &out)
	shownFlags(cmd, &asJSON)
	return cmd
}

func showCmd() *cobra.Command {
	out := defaultOut
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show [folder]", Short: "Print the answer of a run that was analysed", Args: mostOne("folder"),
		Long: "Print what a run printed at its end: the tables, what was kept out, and the answer. Nothing is read but analysis.json.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				out = args[0]
			}
			a, err := readAnalysis(cmd.Context(), out)
			if err != nil {
				return err
			}
			if err := showAnalysis(cmd, a, asJSON, rel(analysis.Path(out))); err != nil {
				return err
			}
			return valid(a, false)
		},
	}
	shownFlags(cmd, &asJSON)
	return cmd
}

// analyze analyses a folder and writes analysis.json.
func analyze(ctx context.Context, out string) (analysis.Analysis, error) {
	a, err := analyzed(ctx, out)
	if err != nil {
		return a, err
	}
	return a, analysis.Write(out, a)
}

// analyzed is the analysis of a folder, of which nothing is written.
func analyzed(ctx context.Context, out string) (analysis.Analysis, error) {
	a, err := interrupt.Call(ctx, func() (analysis.Analysis, error) { return analysis.Analyze(out) })
	return a, notFound(err)
}

func reportCmd() *cobra.Command {
	var out string
	var o report.Options
	cmd := &cobra.Command{
		Use: "report", Short: "Turn analysis.json into report/index.html and its like", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := readAnalysis(cmd.Context(), out)
			if err != nil {
				return err
			}
			if err := report.Write(cmd.Context(), out, a, o); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), rel(reportPath(out)))
			return valid(a, false)
		},
	}
	outFlag(cmd, &out)
	cmd.Flags().BoolVar(&o.PNG, "png", false, "write each chart as a PNG of 300 dpi, too, for slides and papers")
	return cmd
}

// readAnalysis reads the analysis of an output folder.
func readAnalysis(ctx context.Context, out string) (analysis.Analysis, error) {
	a, err := interrupt.Call(ctx, func() (analysis.Analysis, error) { return analysis.Read(out) })
	return a, notFound(err)
}

// notFound makes a missing file the user's to mend: the step before has not run.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w: the step before has not run there (plan, run, analyze, report)", runner.ErrInput, err)
	}
	return err
}

func reportPath(out string) string { return filepath.Join(out, "report", "index.html") }
