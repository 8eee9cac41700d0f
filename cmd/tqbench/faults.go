package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/selfcheck/crash"
)

// faultOptions are the flags of selfcheck crash.
type faultOptions struct {
	times int
	seed  uint64
}

const timesFlag = "times"

func selfcheckCrashCmd() *cobra.Command {
	var o faultOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use: "crash", Short: "What is lost if tqbench itself is killed, or its disk is full?", Args: cobra.NoArgs,
		Long: "Kill and interrupt tqbench at random moments of short runs on Redis, fill its disk and remove it. Check that a resumed run\n" +
			"ends with the same trials and that nothing is left behind. Exit code 3 if not.",
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, asJSON) },
	}
	cmd.Flags().IntVar(&o.times, timesFlag, 5, "how often to cause each fault, each time at another moment")
	seedFlag(cmd, &o.seed)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// run causes the faults and shows what was left.
func (o *faultOptions) run(cmd *cobra.Command, asJSON bool) error {
	if o.times < 1 || o.times > 10_000 {
		return fmt.Errorf("%w: --%s %d: must be from 1 to 10000", errUsage, timesFlag, o.times)
	}
	// Prepare what the runs need before the first fault.
	b, err := newBuilder(cmd)
	if err != nil {
		return err
	}
	for _, name := range contenders.Usual() {
		if _, err := b.Build(cmd.Context(), name); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	r, err := crash.Run(cmd.Context(), crash.Options{
		Program: self, Environ: os.Environ(), Times: o.times, Seed: o.seed,
		Log: logTo(cmd.ErrOrStderr()),
	})
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(cmd.OutOrStdout(), r)
	} else {
		err = showFaults(cmd.OutOrStdout(), r)
	}
	if err == nil && !r.Sound() {
		err = fmt.Errorf("%w: a fault cost more than the trial that it hit", runner.ErrInvalid)
	}
	return err
}

func showFaults(w io.Writer, r crash.Report) error {
	out := text.NewWriter(w)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FAULT of tqbench\ttimes\thit\ttasks sent\tlost by the framework\tlost by us\tduplicates\tleftovers")
	for _, row := range r.Rows {
		if row.NotChecked != "" {
			fmt.Fprintf(table, "%s\tnot checked: %s\n", row.Fault, row.NotChecked)
			continue
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", row.Fault, row.Times, row.Struck, row.Sent, row.LostByFramework, row.LostByUs, row.Duplicates, row.Leftovers)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, row := range r.Rows {
		for _, what := range row.Wrong {
			fmt.Fprintf(out, "WRONG: %s\n", what)
		}
	}
	_, err := fmt.Fprintf(out, "Moments are drawn from the %.1f s of an undisturbed run, with seed %d.\n", r.Seconds, r.Seed)
	return err
}
