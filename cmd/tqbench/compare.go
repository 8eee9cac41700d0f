package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report"
)

// How a comparison ends where it doesn't pass.
var (
	errThreshold = errors.New("a threshold fails")
	errCantTell  = errors.New("the data can't tell")
)

// toStdout in the place of a file is the standard output.
const toStdout = "-"

// output is a file that a command writes besides its table, and what goes into it.
type output struct {
	flag, path string
	fill       func(io.Writer) error
}

func compareCmd() *cobra.Command {
	var failIf []string
	var jsonFile, markdownFile, junitFile string
	cmd := &cobra.Command{
		Use: "compare OLD NEW", Short: "Compare a new run with an old one, and fail where a threshold says so", Args: takes("OLD NEW"),
		Long: "Compare two runs, each an output folder or an analysis.json: per scenario, broker, arm and metric, the change with\n" +
			"its interval. What differs between the runs besides is listed; where they asked different things, nothing is compared.\n\n" +
			"A threshold is METRIC < -5% or METRIC > +10%, with SCENARIO/BROKER/ARM: before it where not all cells are meant. It\n" +
			"fails where the whole interval is beyond it.\n\n" +
			"Exit codes: 0 each threshold passes, 1 one fails, 2 bad input, 3 none fails, but for some the data can't tell.",
		Example: "  tqbench compare main/ pull-request/ --fail-if 'throughput < -5%' --fail-if '*/redis: latency_p99 > +10%'",
		RunE: func(cmd *cobra.Command, args []string) error {
			var thresholds []regress.Threshold
			for _, s := range failIf {
				t, err := regress.ParseThreshold(s)
				if err != nil {
					return err
				}
				thresholds = append(thresholds, t)
			}
			c, err := interrupt.Call(cmd.Context(), func() (regress.Comparison, error) { return compareRuns(args[0], args[1], thresholds) })
			if err != nil {
				return err
			}
			err = show(cmd, []output{
				{"json", jsonFile, atomicfile.JSON(c)},
				{"markdown", markdownFile, func(w io.Writer) error { return report.CompareMarkdown(w, c) }},
				{"junit", junitFile, func(w io.Writer) error { return report.CompareJUnit(w, c) }},
			}, func(w io.Writer, width int, colour bool) error { return report.CompareTerminal(w, c, width, colour) })
			if err != nil {
				return err
			}
			return verdict(c)
		},
	}
	cmd.Flags().StringArrayVar(&failIf, "fail-if", nil, "`threshold` that must not be passed, such as 'throughput < -5%'; may be given again")
	cmd.Flags().StringVar(&jsonFile, "json", "", "write all of it as JSON to this `file`, - for the standard output")
	cmd.Flags().StringVar(&markdownFile, "markdown", "", "write the tables as Markdown to this `file`, or -")
	cmd.Flags().StringVar(&junitFile, "junit", "", "write the thresholds as JUnit test cases to this `file`, or -")
	return cmd
}

// compareRuns compares the runs at two paths.
func compareRuns(old, fresh string, thresholds []regress.Threshold) (regress.Comparison, error) {
	a, err := regress.Read(old)
	if err != nil {
		return regress.Comparison{}, err
	}
	b, err := regress.Read(fresh)
	if err != nil {
		return regress.Comparison{}, err
	}
	return regress.Compare(a, b, thresholds)
}

// verdict is the error that a comparison ends with.
func verdict(c regress.Comparison) error {
	for _, x := range []struct {
		outcome string
		err     error
	}{{regress.Fails, errThreshold}, {regress.CantTell, errCantTell}} {
		if c.Outcome != x.outcome {
			continue
		}
		for _, d := range c.Decisions {
			if d.Outcome == x.outcome {
				return fmt.Errorf("%w (%d of %d): %s: %s", x.err, c.Count(x.outcome), len(c.Decisions), d.Threshold, d.Sentence)
			}
		}
	}
	return nil
}

func trendCmd() *cobra.Command {
	o := regress.Options{}
	var jsonFile, markdownFile string
	cmd := &cobra.Command{
		Use: "trend FOLDER", Short: "Follow the runs of a folder over time, and find where they changed", Args: takes("FOLDER"),
		Long: "Read every run below a folder, in the order of their start: each folder with an analysis.json, and each such file of\n" +
			"another name that ends in .json. Each metric of each cell becomes a series of medians, and change points are looked for.\n" +
			"The same runs always give the same change points.",
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := interrupt.Call(cmd.Context(), func() (regress.Trend, error) {
				h, err := regress.ReadHistory(args[0])
				if err != nil {
					return regress.Trend{}, err
				}
				return regress.NewTrend(h, o)
			})
			if err != nil {
				return err
			}
			return show(cmd, []output{
				{"json", jsonFile, atomicfile.JSON(t)},
				{"markdown", markdownFile, func(w io.Writer) error { return report.TrendMarkdown(w, t) }},
			}, func(w io.Writer, width int, colour bool) error { return report.TrendTerminal(w, t, width, colour) })
		},
	}
	cmd.Flags().IntVar(&o.Window, "window", regress.DefaultWindow, "how many `runs` are looked at together")
	cmd.Flags().Float64Var(&o.Level, "level", regress.DefaultLevel, "how often a series without any change may show one")
	cmd.Flags().StringVar(&jsonFile, "json", "", "write all of it as JSON to this `file`, - for the standard output")
	cmd.Flags().StringVar(&markdownFile, "markdown", "", "write the tables as Markdown to this `file`, or -")
	return cmd
}

// show writes the files that were asked for, and the table unless one of them takes its place.
func show(cmd *cobra.Command, files []output, table func(w io.Writer, width int, colour bool) error) error {
	w := cmd.OutOrStdout()
	taken := ""
	for _, f := range files {
		switch {
		case f.path == "":
		case f.path == toStdout && taken != "":
			return fmt.Errorf("%w: --%s and --%s can't both be -", errUsage, taken, f.flag)
		case f.path == toStdout:
			taken = f.flag
		default:
			if err := regular.Replaceable(f.path); err != nil {
				return fmt.Errorf("%w: --%s %s: %w", errUsage, f.flag, f.path, err)
			}
		}
	}
	for _, f := range files {
		var err error
		switch f.path {
		case "":
		case toStdout:
			err = f.fill(w)
		default:
			err = atomicfile.Write(f.path, f.fill)
		}
		if err != nil {
			return fmt.Errorf("%w: --%s: %w", errUsage, f.flag, err)
		}
	}
	if taken != "" {
		return nil
	}
	width, tty := terminal(os.Stdout)
	return table(w, width, tty && os.Getenv("NO_COLOR") == "")
}
