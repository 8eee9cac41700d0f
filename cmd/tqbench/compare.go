package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
)

// How a comparison and a trend can fail.
var (
	errThreshold = errors.New("a threshold fails")
	errCantTell  = errors.New("the data can't tell")
	errWorse     = errors.New("a change for the worse has become sure")
)

// toStdout means the standard output instead of a file.
const toStdout = "-"

// output is a file that a command writes besides its table, and its content.
type output struct {
	flag, path string
	fill       func(io.Writer) error
}

func compareCmd() *cobra.Command {
	var failIf, same []string
	var anyway bool
	var jsonFile, markdownFile, junitFile string
	cmd := &cobra.Command{
		Use: "compare OLD NEW", Short: "Compare new runs with old ones, and fail on thresholds", Args: takes("OLD NEW"),
		Long: "Compare new runs with old ones. Each side is an output folder, an analysis.json, a folder of runs, or several of these\n" +
			"with commas between them. Show the change and its interval per scenario, broker, arm and metric. List other differences\n" +
			"between the runs. Don't compare runs that asked different questions. Results of go test -bench, hyperfine, k6 and\n" +
			"github-action-benchmark can be compared, too: a file, or a folder in which each file is a run.\n\n" +
			"Two runs a side or more show how much runs of the same thing differ, and the intervals include it.\n\n" +
			"A threshold is METRIC < -5% or METRIC > +10%, optionally after SCENARIO/BROKER/ARM: to select cells. It fails if the\n" +
			"whole interval is beyond it. With one run a side, it needs runs of one thing in --same, or --anyway.\n\n" +
			"Exit codes: 0 all thresholds pass, 1 one fails, 2 bad input, 3 none fails, but the data can't tell some.",
		Example: "  tqbench compare main1,main2 change1,change2 --fail-if 'throughput < -5%' --fail-if '*/redis: latency_p99 > +10%'",
		RunE: func(cmd *cobra.Command, args []string) error {
			var thresholds []regress.Threshold
			for _, s := range failIf {
				t, err := regress.ParseThreshold(s)
				if err != nil {
					return err
				}
				thresholds = append(thresholds, t)
			}
			c, err := interrupt.Call(cmd.Context(), func() (regress.Comparison, error) {
				return compareRuns(args[0], args[1], same, anyway, thresholds)
			})
			if err != nil {
				return err
			}
			nameLeftOut(cmd, c.LeftOut)
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
	cmd.Flags().StringArrayVar(&failIf, "fail-if", nil, "`threshold` that must not be crossed, such as 'throughput < -5%'; repeatable")
	cmd.Flags().StringArrayVar(&same, "same", nil, "`runs` of one thing that only show how much runs differ: a folder, or several with commas; repeatable")
	cmd.Flags().BoolVar(&anyway, "anyway", false, "decide thresholds on one run a side, though nothing shows how much runs differ")
	cmd.Flags().StringVar(&jsonFile, "json", "", "write the comparison as JSON to this `file`, or - for the standard output")
	cmd.Flags().StringVar(&markdownFile, "markdown", "", "write the tables as Markdown to this `file`, or -")
	cmd.Flags().StringVar(&junitFile, "junit", "", "write the thresholds as JUnit test cases to this `file`, or -")
	return cmd
}

// compareRuns compares the runs of two sides.
func compareRuns(old, fresh string, same []string, anyway bool, thresholds []regress.Threshold) (regress.Comparison, error) {
	var groups [][]*regress.Run
	leftOut := []regress.LeftOut{}
	for _, paths := range append([]string{old, fresh}, same...) {
		h, err := regress.ReadRuns(paths)
		if err != nil {
			return regress.Comparison{}, err
		}
		groups, leftOut = append(groups, h.Runs), append(leftOut, h.LeftOut...)
	}
	c, err := regress.Compare(regress.Sides{Old: groups[0], New: groups[1], Same: groups[2:], Anyway: anyway}, thresholds)
	c.LeftOut = leftOut
	return c, err
}

// nameLeftOut names on the standard error the files that aren't part of the result.
func nameLeftOut(cmd *cobra.Command, list []regress.LeftOut) {
	for _, l := range list {
		fmt.Fprintln(text.NewWriter(cmd.ErrOrStderr()), report.LeftOutWords(l))
	}
}

// verdict is the error of a comparison.
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
				return fmt.Errorf("%w (%d of %d): %s: %s", x.err, c.Count(x.outcome), len(c.Decisions), d.Threshold, report.DecisionWords(c, d))
			}
		}
	}
	return nil
}

func trendCmd() *cobra.Command {
	o := regress.Options{}
	var jsonFile, markdownFile, htmlFile string
	cmd := &cobra.Command{
		Use: "trend FOLDER", Short: "Follow the runs in a folder over time, and fail on a new change for the worse", Args: takes("FOLDER"),
		Long: "Read every run below a folder, in order of start time: each folder with an analysis.json, and each analysis with another\n" +
			"name that ends in .json. Each metric of each cell becomes a series of medians, which is searched for changes of level.\n" +
			"Results of go test -bench, hyperfine, k6 and github-action-benchmark are read, too. Other files are named and left out.\n" +
			"The same runs always give the same changes, and further runs don't take one back.\n\n" +
			"Exit codes: 0 no change for the worse became sure with the newest run (--new), 1 one did, 2 bad input.",
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
			nameLeftOut(cmd, t.LeftOut)
			err = show(cmd, []output{
				{"json", jsonFile, atomicfile.JSON(t)},
				{"markdown", markdownFile, func(w io.Writer) error { return report.TrendMarkdown(w, t) }},
				{"html", htmlFile, func(w io.Writer) error { return report.TrendHTML(w, t) }},
			}, func(w io.Writer, width int, colour bool) error { return report.TrendTerminal(w, t, width, colour) })
			if err != nil {
				return err
			}
			if series, changes := t.Worse(); len(changes) > 0 {
				return fmt.Errorf("%w (%d): %s", errWorse, len(changes), report.ChangeWords(t, series[0], changes[0]))
			}
			return nil
		},
	}
	cmd.Flags().Float64Var(&o.Level, "level", regress.DefaultLevel, "how often a series without a change may show one over its whole life")
	cmd.Flags().IntVar(&o.New, "new", 1, "how many of the newest `runs` are new: fail on changes that became sure with them")
	cmd.Flags().StringVar(&jsonFile, "json", "", "write the trend as JSON to this `file`, or - for the standard output")
	cmd.Flags().StringVar(&markdownFile, "markdown", "", "write the tables as Markdown to this `file`, or -")
	cmd.Flags().StringVar(&htmlFile, "html", "", "write a page with a line for each series to this `file`, or -")
	return cmd
}

// outputFolder is one that a command makes before it writes its result.
type outputFolder struct {
	path string
	// aside tells that what is there now is renamed before.
	aside bool
	// result is the name of the file in it that has the same as that of --json.
	result string
}

// checkOutputs refuses files that can't be written, before anything is written or measured. out is empty if the command makes no folder. It
// returns the flag of the file that goes to the standard output, or "".
func checkOutputs(files []output, out outputFolder) (taken string, err error) {
	for _, f := range files {
		switch {
		case f.path == "":
		case f.path == toStdout && taken != "":
			return "", fmt.Errorf("%w: --%s and --%s can't both be -", errUsage, taken, f.flag)
		case f.path == toStdout:
			taken = f.flag
		default:
			if err := out.replaceable(f); err != nil {
				return "", fmt.Errorf("%w: --%s %s: %w", errUsage, f.flag, f.path, err)
			}
		}
	}
	return taken, nil
}

// runNames are those of what tqbench may write into an output folder.
func runNames() []string {
	return []string{"analysis.json", "bisect.json", "gate.json", "install-base.log", "install-change.log", results.LiveName, "locks", "plan.json",
		"report", "results", "sides"}
}

// replaceable is regular.Replaceable once there is the folder: it may get the file where no run has one of that name, and the file can't be in
// the folder's place.
func (o outputFolder) replaceable(f output) error {
	err := regular.Replaceable(f.path)
	if o.path == "" {
		return err
	}
	file, ferr := filepath.Abs(f.path)
	folder, oerr := filepath.Abs(o.path)
	switch {
	case ferr != nil || oerr != nil:
		return errors.Join(ferr, oerr)
	case filepath.Dir(file) == folder && slices.Contains(runNames(), filepath.Base(file)) && (f.flag != "json" || filepath.Base(file) != o.result):
		return errors.New("tqbench itself writes a file or folder of that name there: name another")
	case errors.Is(err, fs.ErrNotExist) && filepath.Dir(file) == folder:
		return nil
	case err == nil && o.aside && strings.HasPrefix(file, folder+"/") && filepath.Dir(file) != folder:
		return errors.New("its folder is of the earlier run there, which is set aside: name a file right in the output folder, or in another")
	case err == nil && strings.HasPrefix(folder+"/", file+"/"):
		return errors.New("the output folder will be there: name another")
	}
	return err
}

// show writes the requested files, and the table unless one of them goes to the standard output.
func show(cmd *cobra.Command, files []output, table func(w io.Writer, width int, colour bool) error) error {
	taken, err := checkOutputs(files, outputFolder{})
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
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
