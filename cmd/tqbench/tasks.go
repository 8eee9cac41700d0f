package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
)

func tasksCmd() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "tasks [FILE]", Short: "Write the tasks of all trials into one Parquet file", Args: mostOne("FILE"),
		Long: "Write one Parquet file with a row for each task of a run: the columns of each trial's tasks.parquet, with its trial, block,\n" +
			"scenario, broker, arm and flags. The file is tasks.parquet in the output folder unless another is named. docs/data.md explains\n" +
			"the columns and has recipes for DuckDB, pandas and R.",
		RunE: func(cmd *cobra.Command, args []string) error {
			file := filepath.Join(out, results.JoinedTasks)
			if len(args) > 0 {
				file = args[0]
			}
			trials, rows, err := joinTasks(cmd.Context(), out, file)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s of %s\n", rel(file), plural(rows, "task"), plural(trials, "trial"))
			return err
		},
	}
	outFlag(cmd, &out)
	return cmd
}

// joinTasks writes the tasks of the trials in a folder into a file.
func joinTasks(ctx context.Context, out, file string) (trials, rows int, err error) {
	all, err := interrupt.Call(ctx, func() ([]results.Trial, error) { return results.ReadTrials(out) })
	if err != nil {
		return 0, 0, notFound(err)
	}
	if len(all) == 0 {
		return 0, 0, fmt.Errorf("%w: %s has no trials: the step before has not run there (plan, run)", runner.ErrInput, out)
	}
	if rows, err = results.JoinTasks(ctx, out, all, file); errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", errUsage, err)
	}
	return len(all), rows, err
}
