// Command performance checks this machine on every broker, as tqbench selfcheck does, and writes docs/performance.md with its flame graphs:
// make performance.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/selfcheck"
	"github.com/tqbench/tqbench/workers"
)

// errUnfit is a machine whose figures are not to be trusted. The document says so, too.
var errUnfit = errors.New("this machine is unfit")

func main() {
	runner.MaybeHelper()
	var runs []string
	flag.Func("results", "folder of a finished run, to show what share of its time had no load; repeatable", func(folder string) error {
		runs = append(runs, folder)
		return nil
	})
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "performance: name the file to write, such as docs/performance.md")
		os.Exit(2)
	}
	if err := selfcheck.CheckDocument(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "performance:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := write(ctx, flag.Arg(0), runs); err != nil {
		fmt.Fprintln(os.Stderr, "performance:", err)
		os.Exit(1)
	}
}

// write measures, which takes minutes, and writes the document.
func write(ctx context.Context, file string, runs []string) error {
	log := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	b, err := workers.NewBuilder(log)
	if err != nil {
		return err
	}
	o, err := selfcheck.Usual(b, broker.Names())
	if err != nil {
		return err
	}
	o.Runs, o.Log = runs, log
	r, err := selfcheck.Run(ctx, o)
	if err != nil {
		return err
	}
	if err := selfcheck.WriteDocument(file, r); err != nil {
		return err
	}
	if len(r.Unfit) > 0 {
		return fmt.Errorf("%w: %s", errUnfit, strings.Join(r.Unfit, "; "))
	}
	return nil
}
