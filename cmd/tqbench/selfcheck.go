package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/selfcheck"
)

const resultsFlag = "results"

func selfcheckCmd() *cobra.Command {
	var asJSON bool
	var runs []string
	var brokers []string
	cmd := &cobra.Command{
		Use: "selfcheck", Short: "Check whether this machine is fit and what tqbench itself costs", Args: cobra.NoArgs,
		Long: "Compare the wire producer with each framework's own client and the broker's own tool. Measure the cost of a message,\n" +
			"the precision of the schedule and the cost of watching, each with its goal. Each broker is a private one, started\n" +
			"for it. A missing tool is left out, with the command to install it. Exit code 3 if the machine is\n" +
			"unfit.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			names, err := brokerNames(brokers)
			if err != nil {
				return err
			}
			for _, name := range names {
				if !slices.Contains(broker.Names(), name) {
					return fmt.Errorf("%w: selfcheck doesn't take %s: choose from %s, or all", errUsage, name, strings.Join(broker.Names(), ", "))
				}
			}
			for flag, command := range movedFlags() {
				if cmd.Flags().Changed(flag) {
					return fmt.Errorf("%w: --%s is now the command tqbench selfcheck %s", errUsage, flag, command)
				}
			}
			b, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			o, err := selfcheck.Usual(b, names)
			if err != nil {
				return err
			}
			o.Runs, o.Log = runs, logTo(cmd.ErrOrStderr())
			r, err := selfcheck.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			if err := showSelfcheck(cmd, r, asJSON); err != nil {
				return err
			}
			if len(r.Unfit) > 0 {
				return fmt.Errorf("%w: this machine is unfit: %s", runner.ErrInvalid, strings.Join(r.Unfit, "; "))
			}
			return nil
		},
	}
	brokerFlag(cmd, &brokers)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringArrayVar(&runs, resultsFlag, nil, "`folder` of a finished run, to show what share of its time had no load; repeatable")
	for flag := range movedFlags() {
		cmd.Flags().Bool(flag, false, "")
		_ = cmd.Flags().MarkHidden(flag) // exists
	}
	cmd.AddCommand(selfcheckAACmd(), selfcheckCrashCmd())
	return cmd
}

// movedFlags are flags that became commands.
func movedFlags() map[string]string { return map[string]string{"aa": "aa", "faults": "crash"} }

// brokerFlag chooses brokers.
func brokerFlag(cmd *cobra.Command, to *[]string) {
	cmd.Flags().StringSliceVar(to, "broker", []string{"redis"}, "brokers: "+strings.Join(broker.Names(), ", ")+", or all")
}

// seedFlag makes a run repeatable.
func seedFlag(cmd *cobra.Command, to *uint64) {
	cmd.Flags().Uint64Var(to, "seed", 1, "seed of the order of trials and of all random choices")
}

// brokerNames are the brokers of a command line, each once.
func brokerNames(given []string) ([]string, error) {
	if slices.Contains(given, "all") {
		return broker.Names(), nil
	}
	var names []string
	for _, name := range given {
		if err := broker.Check(name); err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// showSelfcheck writes a report in the requested form.
func showSelfcheck(cmd *cobra.Command, r selfcheck.Report, asJSON bool) error {
	jsonFile := ""
	if asJSON {
		jsonFile = toStdout
	}
	return show(cmd, []output{{"json", jsonFile, atomicfile.JSON(r)}}, func(w io.Writer, _ int, _ bool) error { return selfcheck.Terminal(w, r) })
}
