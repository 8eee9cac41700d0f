package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/selfcheck"
	"github.com/tqbench/tqbench/suite"
)

const (
	markdownFlag = "markdown"
	resultsFlag  = "results"
)

func selfcheckCmd() *cobra.Command {
	var asJSON bool
	var markdownFile string
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
			for flag, command := range movedFlags() {
				if cmd.Flags().Changed(flag) {
					return fmt.Errorf("%w: --%s is now the command tqbench selfcheck %s", errUsage, flag, command)
				}
			}
			if err := checkMarkdown(markdownFile, asJSON); err != nil {
				return err
			}
			b, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			catalog, err := contender.NewCatalog()
			if err != nil {
				return err
			}
			var sides []contender.Contender
			for _, name := range contenders.Usual() {
				c, err := catalog.Find(name)
				if err != nil {
					return err
				}
				sides = append(sides, c)
			}
			r, err := selfcheck.Run(cmd.Context(), selfcheck.Options{
				Builder: b, Contenders: sides, Brokers: names, Rounds: suite.MinBlocks, Scale: 1, Seconds: 3, Runs: runs,
				Log: logTo(cmd.ErrOrStderr()),
			})
			if err != nil {
				return err
			}
			if err := showSelfcheck(cmd, r, asJSON, markdownFile); err != nil {
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
	cmd.Flags().StringVar(&markdownFile, markdownFlag, "", "write docs/performance.md with this machine's figures to this `file` and its flame graphs to a folder of that name, or only the document to -")
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

// showSelfcheck writes a report in the requested forms.
func showSelfcheck(cmd *cobra.Command, r selfcheck.Report, asJSON bool, markdownFile string) error {
	jsonFile := ""
	if asJSON {
		jsonFile = toStdout
	}
	return show(cmd, []output{
		{"json", jsonFile, atomicfile.JSON(r)},
		{markdownFlag, markdownFile, func(w io.Writer) error { return writeDocument(w, r, markdownFile) }},
	}, func(w io.Writer, _ int, _ bool) error { return selfcheck.Terminal(w, r) })
}

// writeDocument writes the document, with its pictures next to it; on the standard output, there are none.
func writeDocument(w io.Writer, r selfcheck.Report, file string) error {
	if file == toStdout {
		return selfcheck.Document(w, r, "")
	}
	folder, err := selfcheck.PictureFolder(file)
	if err != nil {
		return err
	}
	if err := selfcheck.Document(w, r, filepath.Base(folder)); err != nil {
		return err
	}
	return selfcheck.WritePictures(folder, r)
}

// checkMarkdown refuses a file that can't be written, before minutes of measuring.
func checkMarkdown(file string, asJSON bool) error {
	if file == toStdout && asJSON {
		return fmt.Errorf("%w: --json and --%s - can't both have the standard output", errUsage, markdownFlag)
	}
	if file != "" && file != toStdout {
		if err := regular.Replaceable(file); err != nil {
			return fmt.Errorf("%w: --%s %s: %w", errUsage, markdownFlag, file, err)
		}
		if _, err := os.Stat(filepath.Dir(file)); err != nil {
			return fmt.Errorf("%w: --%s: %w", errUsage, markdownFlag, err)
		}
		if _, err := selfcheck.PictureFolder(file); err != nil {
			return fmt.Errorf("%w: --%s: %w", errUsage, markdownFlag, err)
		}
	}
	return nil
}
