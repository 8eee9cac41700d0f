package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

const (
	quickScale  = suite.SmallScale // so that a trial takes seconds of steady work
	quickWithin = 3 * time.Minute
	// quickPerSide is each side's time if there are three or more.
	quickPerSide = quickWithin / 2
)

func quickCmd() *cobra.Command {
	o := planOptions{perSide: quickPerSide}
	var out string
	at := newServers()
	var asJSON, resume, dry, strict bool
	var watching watchOptions
	cmd := &cobra.Command{
		Use: "quick [scenario ...]", Short: "Plan, run, analyse and report in one go, within minutes", Args: cobra.ArbitraryArgs,
		Long: "Compare contenders in scenario 1 at a small scale, with as many blocks as the verdicts need.\n" +
			"Unless --within says otherwise, it takes at most three minutes, and half as much more for each contender beyond two.\n" +
			"An earlier run in the output folder is kept under another name.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := scenariosNamed(cmd, args); err != nil {
				return err
			}
			// Report bad flags before moving anything.
			w, err := watching.watch(cmd)
			if err != nil {
				return err
			}
			defer w.close(cmd.Context())
			var p suite.Plan
			if !resume {
				if p, err = o.plan(); err == nil {
					err = checks(cmd, at)(p)
				}
				if err != nil {
					return err
				}
				if dry {
					tellPlan(cmd.OutOrStdout(), p)
					return nil
				}
			} else if dry {
				return tellPlanIn(cmd, out, &o, nil)
			}
			locks, err := resolved(cmd, p, out)
			if err != nil {
				return err
			}
			builder, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			var lock *runner.Lock
			if resume {
				lock, err = reserveAgain(cmd, out, &o, checksAgain(cmd, at, isNoGate))
			} else {
				lock, err = planAfresh(cmd, out, p, locks)
			}
			if err != nil {
				return err
			}
			defer lock.Release()
			if err := runTrials(cmd, lock, builder, at, part{resume: resume}, w); err != nil {
				return err
			}
			a, err := analyze(cmd.Context(), out)
			if err == nil {
				err = report.Write(cmd.Context(), out, a, report.Options{})
			}
			if err != nil {
				return keeping(cmd, out, err)
			}
			if err := showAnalysis(cmd, a, asJSON, rel(reportPath(out))); err != nil {
				return err
			}
			return valid(a, strict)
		},
	}
	o.flags(cmd, quickScale, quickWithin)
	outFlag(cmd, &out)
	at.flags(cmd)
	appEnvFlags(cmd)
	shownFlags(cmd, &asJSON)
	watching.flags(cmd)
	cmd.Flags().BoolVar(&resume, "resume", false, "finish an interrupted quick run")
	dryFlag(cmd, &dry)
	cmd.Flags().BoolVar(&strict, "strict", false, "end with exit code 3 if a deciding verdict is undecided, or only holds as measured here")
	return cmd
}

// printJSON prints a command's result for other programs.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(text.NewWriter(w))
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// claimsFlag lists the claims that a run checked.
const claimsFlag = "claims"

// shownFlags are the flags of commands that show an analysis.
func shownFlags(cmd *cobra.Command, asJSON *bool) {
	jsonFlag(cmd, asJSON)
	cmd.Flags().Bool(claimsFlag, false, "list the result of each published figure that the run checks, not only how many hold")
}

func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print the result as JSON")
}

func dryFlag(cmd *cobra.Command, dry *bool) {
	cmd.Flags().BoolVar(dry, "dry-run", false, "show how many trials the run has and how long they take, without running them")
}

// planAfresh reserves an output folder and writes the plan. An earlier run there is kept under another name.
func planAfresh(cmd *cobra.Command, out string, p suite.Plan, locks runner.Locks) (*runner.Lock, error) {
	lock, err := reserve(out)
	if err != nil {
		return nil, err
	}
	if err = setAside(cmd, lock); err == nil {
		err = writePlan(out, p, locks)
	}
	if err != nil {
		lock.Release()
		return nil, err
	}
	return lock, nil
}

// asideStamp is the time in the name of a folder that was set aside, and asideName such a name's end.
const asideStamp = "20060102-150405"

var asideName = regexp.MustCompile(`^-\d{8}-\d{6}(-\d+)?$`)

// runsOf are an output folder, which may be missing, and the earlier runs that were set aside from it.
func runsOf(out string) []string {
	all := []string{out}
	entries, err := os.ReadDir(filepath.Dir(out))
	if err != nil {
		return all
	}
	for _, e := range entries {
		if end, ok := strings.CutPrefix(e.Name(), filepath.Base(out)); ok && asideName.MatchString(end) {
			all = append(all, filepath.Join(filepath.Dir(out), e.Name()))
		}
	}
	return all
}

// setAside renames an output folder that has a run, so that no measurement is lost.
func setAside(cmd *cobra.Command, lock *runner.Lock) error {
	out := lock.Folder()
	trials, err := results.ReadTrials(out)
	// An unreadable folder is kept as well.
	if err == nil && len(trials) == 0 {
		return nil
	}
	info, err := os.Stat(suite.PlanPath(out))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	stamp := info.ModTime().UTC().Format(asideStamp)
	aside := out + "-" + stamp
	for n := 2; results.Exists(aside); n++ {
		aside = fmt.Sprintf("%s-%s-%d", out, stamp, n)
	}
	if err := lock.SetAside(aside); err != nil {
		return fmt.Errorf("%w: keep the earlier run: %w", runner.ErrInput, err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "kept the earlier run in %s\n", rel(aside))
	return nil
}

// showAnalysis prints the result: JSON for machines, a table for people.
func showAnalysis(cmd *cobra.Command, a analysis.Analysis, asJSON bool, path string) error {
	w := cmd.OutOrStdout()
	if asJSON {
		return printJSON(w, struct {
			Path string `json:"path"`
			analysis.Analysis
		}{path, a})
	}
	width, tty := terminal(os.Stdout)
	claims, err := cmd.Flags().GetBool(claimsFlag)
	if err != nil {
		return err
	}
	if err := report.Terminal(w, a, report.Screen{Width: width, Colour: tty && os.Getenv("NO_COLOR") == "", Claims: claims}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", path)
	return err
}

func round(d time.Duration) time.Duration { return d.Round(time.Second) }
