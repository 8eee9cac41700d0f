// Command method simulates how often the verdicts are wrong, and prints docs/method.md: make method.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/tqbench/tqbench/analysis/simulate"
	"github.com/tqbench/tqbench/scripts/internal/simulation"
)

func main() {
	simulation.Main("method", 10_000, func(ctx context.Context, runs int, seed uint64) error {
		return simulate.Document(ctx, os.Stdout, simulate.Options{Runs: runs, Seed: seed, Progress: func(table string) { fmt.Fprintln(os.Stderr, "simulating: "+table) }})
	})
}
