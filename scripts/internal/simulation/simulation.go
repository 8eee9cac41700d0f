// Package simulation is what commands that simulate figures of documents have alike: their flags, and how they end.
package simulation

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

// Main runs a command that simulates, with as many runs a figure unless --runs says otherwise. It ends the process if that fails.
func Main(name string, runs int, simulate func(ctx context.Context, runs int, seed uint64) error) {
	n := flag.Int("runs", runs, "simulated runs a figure")
	seed := flag.Uint64("seed", 1, "seed of all that is drawn")
	flag.Parse()
	if *n < 1 || flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "%s: --runs must be above 0, and there are no arguments\n", name)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := simulate(ctx, *n, *seed)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
