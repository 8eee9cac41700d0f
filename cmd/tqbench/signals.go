package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/cluster/kube"
	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
)

const (
	// endsWithin is how long a command may take to end after the first signal.
	endsWithin = 4500 * time.Millisecond
	// lastLine is how long the last line may take: the reader of our output may have stopped.
	lastLine = 200 * time.Millisecond
)

// ending are the signals that end a command. The end of its terminal is one, unless it was started to outlive that, as by nohup.
func ending() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// untilSignal is a context that ends at the first signal. At the second, or if the command doesn't end in time, it calls quit with the
// reason. quit ends the process in any state, and the guards of its processes end those.
func untilSignal(ctx context.Context, signals <-chan os.Signal, within time.Duration, quit func(why string)) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		<-signals
		cancel()
		late := time.NewTimer(within)
		defer late.Stop()
		select {
		case <-signals:
			quit("interrupted twice, ended at once")
		case <-late.C:
			quit(fmt.Sprintf("interrupted, ended after waiting %s for an answer", within))
		}
	}()
	return ctx
}

// lastWords writes a line, but does not wait long for a reader.
func lastWords(w io.Writer, line string) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		fmt.Fprintln(w, "tqbench:", line)
	}()
	select {
	case <-said:
	case <-time.After(lastLine):
	}
}

// interruption is an error of an interrupted run, and says what is kept.
type interruption struct {
	kept string
	err  error
}

func (i *interruption) Error() string { return i.kept + ": " + i.err.Error() }

func (i *interruption) Unwrap() error { return i.err }

// keeping adds to the error of an interruption or a pause what the output folder keeps, and how to continue.
func keeping(cmd *cobra.Command, out string, err error) error {
	stopped := cmd.Context().Err() != nil
	paused := errors.Is(err, runner.ErrPaused) && !stopped
	if err == nil || !stopped && !paused {
		return err
	}
	trials, rerr := keptTrials(out)
	if rerr != nil {
		return err
	}
	words := append(strings.Fields(cmd.CommandPath()), "--resume", "--out", out)
	var variables []string
	for _, name := range []string{binFlagName, urlFlagName} {
		if f := cmd.Flag(name); f != nil {
			if at, ok := f.Value.(givenAgain); ok {
				flags, more := at.again(out)
				words, variables = append(words, flags...), append(variables, more...)
			}
		}
	}
	if owned(cmd) {
		words = append(words, "--"+ownFlagName)
	}
	for _, name := range []string{listenName, tokenName} {
		if f := cmd.Flag(name); f != nil {
			words = append(words, "--"+name, f.Value.String())
		}
	}
	words = append(words, appEnvArgs(cmd)...)
	rest := "to run the rest: " + shell.Join(words)
	if len(variables) > 0 {
		rest = fmt.Sprintf("to run the rest, with %s set as now: %s", strings.Join(variables, " and "), shell.Join(words))
	}
	if paused {
		return fmt.Errorf("%w; %s; %s", err, trials, rest)
	}
	return &interruption{trials + "; " + rest, err}
}

// keptTrials says how many trials an output folder has.
func keptTrials(out string) (string, error) {
	done, err := results.ReadTrials(out)
	if err != nil {
		return "", err
	}
	are := "are"
	if len(done) == 1 {
		are = "is"
	}
	return fmt.Sprintf("%s %s kept", plural(len(done), "trial"), are), nil
}

// interrupted is an interrupted command's last line.
func interrupted(err error) error {
	line := "interrupted: all files are complete"
	if i := (*interruption)(nil); errors.As(err, &i) {
		line = "interrupted: " + i.kept
	}
	if errors.Is(err, broker.ErrLeft) {
		line += "; the broker did not answer in time; names that begin with tqbench may be left on it"
	}
	if l := (*kube.LeftError)(nil); errors.As(err, &l) {
		line += "; objects of the run may be left in the cluster; to delete them: " + l.Delete
	}
	return errors.New(line)
}
