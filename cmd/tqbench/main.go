// Tqbench answers, with numbers one can trust: which task queue, on which broker, for my load?
//
// Exit codes: 0 done, 1 a threshold failed, 2 bad input, 3 measured but not valid, or no telling, 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// Exit codes.
const (
	exitDone        = 0
	exitThreshold   = 1
	exitInput       = 2
	exitInvalid     = 3
	exitInterrupted = 130
)

func main() {
	runner.MaybeHelper()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the next one ends us at once: the guards still clean up.
	context.AfterFunc(ctx, stop)
	err := root().ExecuteContext(ctx)
	code := exitCode(ctx, err)
	if err != nil && code != exitInterrupted {
		fmt.Fprintln(os.Stderr, "tqbench:", oneLine(err))
	}
	os.Exit(code)
}

// root is the command line.
func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tqbench",
		Short: "Which task queue, on which broker, for my load?",
		Long: "tqbench benchmarks task queues on message brokers: open-loop load, every task accounted for,\n" +
			"contenders interleaved at random, verdicts with confidence intervals.\n\n" +
			"Start with: tqbench quick",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w: %w (see %s --help)", errUsage, err, c.CommandPath())
	})
	cmd.AddCommand(quickCmd(), planCmd(), runCmd(), analyzeCmd(), reportCmd(), compareCmd(), trendCmd(), sizeCmd(), workersCmd(), brokerCmd(), listCmd(), doctorCmd(),
		selfcheckCmd(), methodCmd())
	return cmd
}

var errUsage = errors.New("bad command line")

// exitCode maps an error to what the shell sees.
func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, errThreshold):
		return exitThreshold
	}
	for _, bad := range []error{errUsage, runner.ErrInput, suite.ErrPlan, broker.ErrSetup, contender.ErrUnknown, results.ErrFormat, report.ErrForeign, regress.ErrInput, regress.ErrThreshold} {
		if errors.Is(err, bad) {
			return exitInput
		}
	}
	// cobra has no type for these.
	for _, prefix := range []string{"unknown command", "accepts ", "required flag"} {
		if strings.HasPrefix(err.Error(), prefix) {
			return exitInput
		}
	}
	return exitInvalid
}

// oneLine joins an error's lines: joined errors have several.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
