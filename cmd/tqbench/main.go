// Tqbench answers with reliable numbers: which task queue, on which broker, for my load?
//
// Exit codes: 0 done, 1 a threshold failed or a bundle is refused, 2 bad input, 3 measured but not valid or not decided, 4 paused with trials left, 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/cluster"
	"github.com/tqbench/tqbench/cluster/kube"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/revision"
	"github.com/tqbench/tqbench/internal/sshsig"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/report/site"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/serve"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// Exit codes.
const (
	exitDone        = 0
	exitThreshold   = 1
	exitInput       = 2
	exitInvalid     = 3
	exitPaused      = 4
	exitInterrupted = 130
)

func main() {
	runner.MaybeHelper()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, ending()...)
	within := endsWithin
	if args := os.Args[1:]; len(args) > 1 && args[0] == "kube" && args[1] == "run" {
		within = kube.EndsWithin
	}
	ctx, left := withAtOnce(context.Background())
	ctx = untilSignal(ctx, signals, within, func(why string) {
		lastWords(os.Stderr, why+": "+left.String())
		os.Exit(exitInterrupted)
	})
	err := root(runtime.GOOS).ExecuteContext(ctx)
	code := exitCode(ctx, err)
	if code == exitInterrupted {
		err = interrupted(err)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tqbench:", oneLine(withoutSecrets(err, os.Args[1:])))
	}
	os.Exit(code)
}

// root is the command line on a system, in Go's name for it.
func root(goos string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tqbench",
		Short: "Which task queue, on which broker, for my load?",
		Long: "tqbench benchmarks task queues on message brokers: open-loop load, every task accounted for,\n" +
			"contenders interleaved at random, verdicts with confidence intervals.\n\n" +
			"Start with: tqbench quick",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          help,
		// A forgotten value, such as an unset variable, must not mean the default.
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) (err error) {
			cmd.Flags().Visit(func(f *pflag.Flag) {
				if v := f.Value.String(); err == nil && f.Name != urlFlagName && (v == "" || v == "[]") {
					err = fmt.Errorf("%w: --%s is empty: leave it out, or give a value (see %s --help)", errUsage, f.Name, cmd.CommandPath())
				}
			})
			if err == nil && measures(cmd) {
				err = measurable(goos)
			}
			return err
		},
	}
	cmd.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if bad := (*pflag.InvalidValueError)(nil); errors.As(err, &bad) {
			err = wrongValue(bad)
		}
		return fmt.Errorf("%w: %w (see %s --help)", errUsage, err, c.CommandPath())
	})
	cmd.AddCommand(quickCmd(), planCmd(), runCmd(), analyzeCmd(), showCmd(), reportCmd(), gateCmd(), bisectCmd(), compareCmd(), trendCmd(), sizeCmd(), tasksCmd(), bundleCmd(), verifyCmd(), siteCmd(), workersCmd(), brokerCmd(), listCmd(), doctorCmd(goos),
		selfcheckCmd(), monitorCmd(), collectCmd(), agentCmd(), kubeCmd(), serveCmd(), schemaCmd(), initCmd(), traceCmd(), versionCmd())
	completes(cmd)
	return cmd
}

// version is this build's, with its compiler and system.
func version() string {
	return fmt.Sprintf("%s (%s, %s/%s)", runner.Version().Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "tqbench", version())
			return err
		},
	}
}

// help is for commands that only have subcommands.
func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// takes checks the number of a command's arguments; names is from its usage.
func takes(names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if want := len(strings.Fields(names)); len(args) != want {
			return fmt.Errorf("%w: %s takes %s: %d given (see %s --help)", errUsage, cmd.CommandPath(), names, len(args), cmd.CommandPath())
		}
		return nil
	}
}

// mostOne checks a command's optional argument.
func mostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%w: %s takes at most one %s: %d given (see %s --help)", errUsage, cmd.CommandPath(), name, len(args), cmd.CommandPath())
		}
		return nil
	}
}

// wrongValue says what a flag's value must be. It doesn't show a URL's value.
func wrongValue(bad *pflag.InvalidValueError) error {
	f := bad.GetFlag()
	if f.Name == urlFlagName || f.Name == appEnvName {
		return fmt.Errorf("--%s: %w", f.Name, bad.Unwrap())
	}
	kinds := map[string]string{"int": "a whole number", "uint64": "a whole number from 0 to 2^64-1", "float64": "a number",
		"bool": "true or false", "duration": "a duration with its unit, such as 500ms or 2h"}
	want, ok := kinds[f.Value.Type()]
	if !ok {
		return fmt.Errorf("--%s %q: %w", f.Name, bad.GetValue(), bad.Unwrap())
	}
	if errors.Is(bad, strconv.ErrRange) {
		want += " that is not so large"
	}
	return fmt.Errorf("--%s %q: write %s", f.Name, bad.GetValue(), want)
}

var errUsage = errors.New("bad command line")

// exitCode maps an error to the exit code.
func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, errThreshold), errors.Is(err, errWorse), errors.Is(err, errRefused):
		return exitThreshold
	case errors.Is(err, runner.ErrPaused):
		return exitPaused
	}
	if slices.ContainsFunc(inputErrors(), func(bad error) bool { return errors.Is(err, bad) }) {
		return exitInput
	}
	// cobra has no type for it.
	if strings.HasPrefix(err.Error(), "unknown command") {
		return exitInput
	}
	return exitInvalid
}

// inputErrors mark what only the user can put right.
func inputErrors() []error {
	return []error{
		errUsage,
		// The plan and what it names.
		suite.ErrPlan, contender.ErrUnknown, contender.ErrManifest, workers.ErrNoCache, workers.ErrRelease, revision.ErrRevision,
		// The machines, the servers and the addresses.
		runner.ErrInput, cluster.ErrInput, kube.ErrInput, broker.ErrSetup, monitor.ErrAddress, monitor.ErrSetup, serve.ErrInput,
		// Results and what is made of them.
		results.ErrFormat, results.ErrForeign, report.ErrForeign, regress.ErrInput, regress.ErrThreshold, bundle.ErrInput, bundle.ErrFormat, site.ErrInput,
		sshsig.ErrInput, sshsig.ErrTool,
		// A path that is not a file.
		regular.ErrRefused, fs.ErrPermission, syscall.ENOTDIR, syscall.EISDIR, syscall.ELOOP, syscall.ENAMETOOLONG,
	}
}

// withoutSecrets is an error without the passwords of URLs in a command line: an error may quote a misplaced one. An error about a URL has
// nothing of it, and a password may be any of its words.
func withoutSecrets(err error, args []string) error {
	if errors.Is(err, broker.ErrURL) {
		return err
	}
	var secrets []string
	for _, a := range args {
		secrets = append(secrets, redact.Long(redact.Password(a))...)
	}
	return errors.New(redact.New(secrets...).String(err.Error()))
}

// longestMessage limits a message's length, as a given value may have any length.
const longestMessage = 2000

// oneLine joins an error's lines: joined errors have several.
func oneLine(err error) string {
	line := text.Escape(strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; "))
	if runes := []rune(line); len(runes) > longestMessage {
		line = string(runes[:longestMessage/2]) + " [...] " + string(runes[len(runes)-longestMessage/2:])
	}
	return line
}
