package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis/simulate"
)

// mostRuns bounds a simulation to a bearable time.
const mostRuns = 1_000_000

func methodCmd() *cobra.Command {
	var o simulate.Options
	cmd := &cobra.Command{
		Use: "method", Short: "Simulate how often the verdicts are wrong, and print docs/method.md", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Runs < 1 || o.Runs > mostRuns {
				return fmt.Errorf("%w: --runs %d: must be from 1 to %d", errUsage, o.Runs, mostRuns)
			}
			o.Progress = func(table string) { fmt.Fprintln(cmd.ErrOrStderr(), "simulating: "+table) }
			return simulate.Document(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().IntVar(&o.Runs, "runs", 10_000, "simulated runs per figure")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "seed of all random choices")
	return cmd
}
