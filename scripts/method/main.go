// Command method simulates how often the verdicts are wrong, and prints docs/method.md: make method.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/tqbench/tqbench/analysis/simulate"
)

func main() {
	var o simulate.Options
	flag.IntVar(&o.Runs, "runs", 10_000, "simulated runs a figure")
	flag.Uint64Var(&o.Seed, "seed", 1, "seed of all that is drawn")
	flag.Parse()
	if o.Runs < 1 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "method: --runs must be above 0, and there are no arguments")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o.Progress = func(table string) { fmt.Fprintln(os.Stderr, "simulating: "+table) }
	if err := simulate.Document(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "method:", err)
		os.Exit(1)
	}
}
