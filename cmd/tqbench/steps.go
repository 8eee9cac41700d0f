package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// runWithin is the default limit of a run's time.
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
			p, lock, err := makePlan(cmd, out, &o, nil)
			if err != nil {
				return err
			}
			lock.Release()
			fmt.Fprintf(cmd.OutOrStdout(), "%s: ", rel(suite.PlanPath(out)))
			tellPlan(cmd.OutOrStdout(), p)
			return nil
		},
	}
	o.flags(cmd, 1, runWithin)
	o.hostsFlags(cmd)
	outFlag(cmd, &out)
	return cmd
}

func runCmd() *cobra.Command {
	var o planOptions
	var out string
	at := newServers()
	var resume, dry bool
	var pause time.Duration
	var watching watchOptions
	cmd := &cobra.Command{
		Use: "run [scenario ...]", Short: "Run the plan's trials and write results/", Args: cobra.ArbitraryArgs,
		Long: "Run the trials of plan.json in the output folder. Without a plan, make one from the flags; you may also give scenarios\n" +
			"as arguments: tqbench run all.\n" +
			"With --resume, continue an interrupted run with its missing trials.\n" +
			"With --pause-after, run a part of the plan only, such as in a job with a time limit.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := scenariosNamed(cmd, args); err != nil {
				return err
			}
			if pause < 0 || pause == 0 && cmd.Flags().Changed("pause-after") {
				return fmt.Errorf("%w: --pause-after %s: write a time above zero, such as 5m", errUsage, pause)
			}
			w, err := watching.watch(cmd)
			if err != nil {
				return err
			}
			defer w.close(cmd.Context())
			var builder *workers.Builder
			if !dry {
				if builder, err = newBuilder(cmd); err != nil {
					return err
				}
			}
			var lock *runner.Lock
			_, err = os.Stat(suite.PlanPath(out))
			switch {
			case errors.Is(err, fs.ErrNotExist) && resume:
				return fmt.Errorf("%w: %s has no run to resume", runner.ErrInput, out)
			case errors.Is(err, fs.ErrNotExist) && dry:
				p, err := o.plan()
				if err != nil {
					return err
				}
				tellPlan(cmd.OutOrStdout(), p)
				return nil
			case errors.Is(err, fs.ErrNotExist):
				_, lock, err = makePlan(cmd, out, &o, checks(cmd, at))
			case err != nil:
				return fmt.Errorf("%w: %w", runner.ErrInput, err)
			case dry:
				return tellPlanIn(cmd, out, &o, nil)
			default:
				lock, err = reserveAgain(cmd, out, &o, both(unbegun(out, resume), checksAgain(cmd, at, isNoGate)))
			}
			if err != nil {
				return err
			}
			defer lock.Release()
			if err := runTrials(cmd, lock, builder, at, part{resume: resume, pause: pause}, w); err != nil {
				return err
			}
			a, err := resultsOf(cmd, out)
			if err != nil {
				return err
			}
			if s := missing(a); s != "" {
				fmt.Fprintln(cmd.OutOrStdout(), s)
			}
			return valid(a, false)
		},
	}
	o.flags(cmd, 1, runWithin)
	outFlag(cmd, &out)
	at.flags(cmd)
	appEnvFlags(cmd)
	watching.flags(cmd)
	cmd.Flags().BoolVar(&resume, "resume", false, "run the missing trials")
	cmd.Flags().DurationVar(&pause, "pause-after", 0, "stop with exit code 4 after about this time, if trials are left; --resume continues")
	dryFlag(cmd, &dry)
	return cmd
}

// checks refuse, before anything is written, a plan that can't run on the servers or with the user's own applications.
func checks(cmd *cobra.Command, at servers) func(suite.Plan) error {
	return func(p suite.Plan) error {
		if err := at.check(cmd)(p); err != nil {
			return err
		}
		if err := checkEnv(cmd, p); err != nil || !p.OfOwn() {
			return err
		}
		env, err := appEnv(cmd)
		if err != nil {
			return err
		}
		builder, err := newBuilder(cmd)
		if err != nil {
			return err
		}
		return runner.CheckApps(cmd.Context(), p, builder, env, nil)
	}
}

// checkEnv refuses variables of an application in a plan that has none.
func checkEnv(cmd *cobra.Command, p suite.Plan) error {
	env, err := appEnv(cmd)
	if err == nil && len(env) > 0 && !p.OfOwn() {
		err = fmt.Errorf("%w: --%s and --%s are for your own application: also give --app and --task", errUsage, appEnvName, appEnvFileName)
	}
	return err
}

// scenariosNamed takes scenarios from the arguments as if from the flag.
func scenariosNamed(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.Flags().Changed("scenario"):
		return fmt.Errorf("%w: give scenarios with --scenario or as arguments, not both", errUsage)
	}
	if err := cmd.Flags().Set("scenario", strings.Join(args, ",")); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

func analyzeCmd() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "analyze [folder]", Short: "Turn results/ into analysis.json", Args: mostOne("folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := finishedRun(cmd, args, &out); err != nil {
				return err
			}
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
	var out string
	var asJSON bool
	var ask question
	cmd := &cobra.Command{
		Use: "show [folder]", Short: "Print the answer of an analysed run", Args: mostOne("folder"),
		Long: "Print what a run prints at its end: the tables, the excluded trials, and the answer. It reads analysis.json, which must be of the results next to it. " +
			"With --broker, --load or --rate: what to take for that, in a sentence.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(aloneAsked(cmd), finishedRun(cmd, args, &out)); err != nil {
				return err
			}
			a, err := readAnalysis(cmd.Context(), out)
			if err != nil {
				return err
			}
			if asked(cmd) {
				return ask.answer(cmd, a)
			}
			if err := showAnalysis(cmd, a, asJSON, rel(analysis.Path(out))); err != nil {
				return err
			}
			return valid(a, false)
		},
	}
	outFlag(cmd, &out)
	shownFlags(cmd, &asJSON)
	ask.flags(cmd)
	return cmd
}

// finishedRun takes the folder of a finished run from the argument, if there is one, or from --out.
func finishedRun(cmd *cobra.Command, args []string, out *string) error {
	switch {
	case len(args) == 0:
		return nil
	case args[0] == "":
		return fmt.Errorf("%w: the folder is empty: leave it out, or give a value (see %s --help)", errUsage, cmd.CommandPath())
	case cmd.Flags().Changed("out"):
		return fmt.Errorf("%w: %s takes a folder or --out, not both (see %s --help)", errUsage, cmd.CommandPath(), cmd.CommandPath())
	}
	*out = args[0]
	return nil
}

// analyze analyses a folder and writes analysis.json.
func analyze(ctx context.Context, out string) (analysis.Analysis, error) {
	a, err := analyzed(ctx, out)
	if err != nil {
		return a, err
	}
	return a, analysis.Write(out, a)
}

// analyzed is the analysis of a folder; it writes nothing.
func analyzed(ctx context.Context, out string) (analysis.Analysis, error) {
	a, err := interrupt.Call(ctx, func() (analysis.Analysis, error) { return analysis.Analyze(out) })
	return a, notFound(err)
}

// resultsOf is the analysis of a run that has just ended; it says what to do next.
func resultsOf(cmd *cobra.Command, out string) (analysis.Analysis, error) {
	a, err := analyzed(cmd.Context(), out)
	if err != nil {
		return a, keeping(cmd, out, err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "results in %s; next: tqbench analyze --out %s && tqbench report --out %s\n", rel(filepath.Join(out, "results")), out, out)
	return a, nil
}

func reportCmd() *cobra.Command {
	var out string
	var o report.Options
	cmd := &cobra.Command{
		Use: "report [folder]", Short: "Turn analysis.json into report/index.html and its companions", Args: mostOne("folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := finishedRun(cmd, args, &out); err != nil {
				return err
			}
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
	cmd.Flags().BoolVar(&o.PNG, "png", false, "also write each chart as a PNG of 300 dpi, for slides and papers")
	return cmd
}

// readAnalysis reads the analysis of an output folder, which must be of the results next to it.
func readAnalysis(ctx context.Context, out string) (analysis.Analysis, error) {
	a, err := interrupt.Call(ctx, func() (analysis.Analysis, error) { return analysis.Read(out) })
	if err != nil {
		return a, notFound(err)
	}
	if err := a.Current(out); err != nil {
		return a, fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	return a, nil
}

// notFound makes a missing file an input error: the step before has not run.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w: an earlier step has not run there (plan, run, analyze, report)", runner.ErrInput, err)
	}
	return err
}

func reportPath(out string) string { return filepath.Join(out, "report", "index.html") }
