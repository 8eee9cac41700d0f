package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

func planCmd() *cobra.Command {
	var o planOptions
	var out string
	cmd := &cobra.Command{
		Use: "plan", Short: "Lay out the trials and write plan.json", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d trials in %d blocks\n", rel(suite.PlanPath(out)), len(p.Trials), p.Blocks)
			return nil
		},
	}
	o.flags(cmd, 10, 1)
	outFlag(cmd, &out)
	return cmd
}

func runCmd() *cobra.Command {
	var o planOptions
	var out string
	urls := urlFlag{}
	var resume bool
	var watching watchOptions
	cmd := &cobra.Command{
		Use: "run [scenario ...]", Short: "Run the plan's trials and write results/", Args: cobra.ArbitraryArgs,
		Long: "Run the trials of plan.json in the output folder. Where there is no plan yet, one is made of the flags; scenarios\n" +
			"may be named as arguments, too: tqbench run all.\n" +
			"With --resume, a run that was cut short goes on with the trials that are missing.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if cmd.Flags().Changed("scenario") {
					return fmt.Errorf("%w: scenarios are named by --scenario or as arguments, not both", errUsage)
				}
				if err := cmd.Flags().Set("scenario", strings.Join(args, ",")); err != nil {
					return fmt.Errorf("%w: %w", errUsage, err)
				}
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
			case errors.Is(err, fs.ErrNotExist):
				if _, err := makePlan(out, &o, urls.check(cmd)); err != nil {
					return err
				}
			case err != nil:
				return fmt.Errorf("%w: %w", runner.ErrInput, err)
			case planFlagGiven(cmd):
				return fmt.Errorf("%w: %s already has a plan, which flags can't change: leave them out, or name another folder with --out", runner.ErrInput, out)
			}
			if err := runTrials(cmd, out, urls, resume, w); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "results in %s; next: tqbench analyze --out %s && tqbench report --out %s\n",
				rel(filepath.Join(out, "results")), out, out)
			return nil
		},
	}
	o.flags(cmd, 10, 1)
	outFlag(cmd, &out)
	urls.flag(cmd)
	watching.flags(cmd)
	cmd.Flags().BoolVar(&resume, "resume", false, "go on with the trials that are missing")
	return cmd
}

func planFlagGiven(cmd *cobra.Command) bool {
	return slices.ContainsFunc(planFlags(), cmd.Flags().Changed)
}

// runTrials runs the plan, and one that grows until its intervals are narrow or it has its most blocks.
func runTrials(cmd *cobra.Command, out string, urls urlFlag, resume bool, w *watcher) error {
	for growing := false; ; growing = true {
		if err := runPlan(cmd, out, urls, w, resume || growing, growing); err != nil {
			return err
		}
		more, err := grow(cmd, out)
		if err != nil || !more {
			return err
		}
	}
}

// grow gives a plan one more block of the scenarios and brokers whose intervals are too wide.
func grow(cmd *cobra.Command, out string) (bool, error) {
	plan, err := suite.ReadPlan(out)
	if err != nil || plan.Growth == nil {
		return false, err
	}
	a, err := analysis.Analyze(out)
	if err != nil {
		return false, err
	}
	wide := a.TooWide(plan.Growth.Until)
	if len(wide) == 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "every interval is within %.3g %% after %d blocks\n", 100*plan.Growth.Until, plan.Blocks)
		return false, nil
	}
	widest := slices.MaxFunc(wide, func(a, b analysis.Wide) int { return cmp.Compare(a.Half, b.Half) })
	now := fmt.Sprintf("%d deciding intervals are wider than %.3g %% after %d blocks, the widest %.3g %% (%s of %s, %s on %s)", len(wide),
		100*plan.Growth.Until, plan.Blocks, 100*widest.Half, widest.Metric, widest.Candidate, widest.Scenario, widest.Broker)
	if plan.Blocks >= plan.Growth.Max {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: no further block is allowed\n", now)
		return false, nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: one more\n", now)
	return true, suite.WritePlan(out, plan.Extended(func(scenario, broker string) bool {
		return slices.ContainsFunc(wide, func(w analysis.Wide) bool { return w.Scenario == scenario && w.Broker == broker })
	}))
}

// runPlan runs the plan's trials with live progress, and says what is kept when it is cut short.
func runPlan(cmd *cobra.Command, out string, urls urlFlag, w *watcher, resume, given bool) error {
	builder, err := newBuilder(cmd)
	if err != nil {
		return err
	}
	err = runner.Run(cmd.Context(), runner.Options{
		Out: out, Resume: resume, Given: given, URLs: urls, Owned: owned(cmd), Command: shownCommand(os.Args[1:]), Builder: builder,
		Progress: w.progress, Look: w.look,
	})
	w.line.end()
	if cmd.Context().Err() != nil {
		if done, rerr := results.ReadTrials(out); rerr == nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "interrupted: %d trials are kept; to run the rest: tqbench run --resume --out %s\n", len(done), out)
		}
	}
	return err
}

func analyzeCmd() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "analyze", Short: "Turn results/ into analysis.json", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := analyze(out)
			if err != nil {
				return err
			}
			return showAnalysis(cmd, a, asJSON, rel(analysis.Path(out)))
		},
	}
	outFlag(cmd, &out)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// analyze analyses a folder and writes analysis.json.
func analyze(out string) (analysis.Analysis, error) {
	a, err := analysis.Analyze(out)
	if err != nil {
		return a, notFound(err)
	}
	return a, analysis.Write(out, a)
}

func reportCmd() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "report", Short: "Turn analysis.json into report/index.html and its like", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := analysis.Read(out)
			if err != nil {
				return notFound(err)
			}
			if err := report.Write(out, a); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), rel(reportPath(out)))
			return nil
		},
	}
	outFlag(cmd, &out)
	return cmd
}

// notFound makes a missing file the user's to mend: the step before has not run.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w: the step before has not run there (plan, run, analyze, report)", runner.ErrInput, err)
	}
	return err
}

func reportPath(out string) string { return filepath.Join(out, "report", "index.html") }
