// Recovery writes what became of killed workers' tasks in a finished run as a page of the documents, next to what each framework says.
//
//	go run ./scripts/recovery RUN docs/recovery.md
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/scripts/internal/pages"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "recovery: give the folder of a run and the page to write: go run ./scripts/recovery RUN docs/recovery.md")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "recovery:", err)
		os.Exit(1)
	}
}

func write(run, path string) error {
	a, err := analysis.Analyze(run)
	if err != nil {
		return err
	}
	text, err := page(a)
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, text)
}

func page(a analysis.Analysis) ([]byte, error) {
	found := report.Recoveries(a)
	if len(found) == 0 {
		return nil, errors.New("no worker was killed in this run: run the scenario recovery")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n", "What became of a killed worker's tasks")
	b.WriteString("Made by `make recovery` from a run of scenario 12, which kills one of two workers by SIGKILL under load. \"Said\" is what the\n" +
		"framework's folder in [contenders](../contenders) says, from its source and settings. One trial shows what can happen, not how often.\n\n")
	fmt.Fprintf(&b, "- Run: %s, tqbench %s, %d of %d trials ran\n", pages.Day(a.Run.Began), a.Run.Tqbench.Version, a.Ran(), a.Planned)
	b.WriteString(pages.Machine(a.Run.Machine))
	fmt.Fprintf(&b, "- Command: `%s`\n", a.Command)
	busy := 0
	for _, t := range a.Trials {
		if t.Flagged(results.FlagDisturbed) {
			busy++
		}
	}
	fmt.Fprintf(&b, "- Other programs ran during %d trials, which makes times longer\n", busy)
	for _, t := range a.Trials {
		if !t.Done() {
			fmt.Fprintf(&b, "- Did not run: %s on %s (%s): %s\n", t.Arm, t.Broker, t.Scenario, t.Reason)
		}
	}
	for _, r := range found {
		fmt.Fprintf(&b, "\n## %s\n\n| side | said | measured |\n|---|---|---|\n", r.Title)
		for _, s := range r.Sides {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", s.Name, promise(a, r, s.Arm), strings.ReplaceAll(s.Words, "|", "\\|"))
		}
	}
	return b.Bytes(), nil
}

// promise is what a framework says of a killed worker's tasks.
func promise(a analysis.Analysis, r report.Recovery, arm string) string {
	i := slices.IndexFunc(a.Run.Contenders, func(s results.Setup) bool { return s.Side() == arm && s.Scenario == r.Scenario && s.Broker == r.Broker })
	if i < 0 || a.Run.Contenders[i].Recovery == nil {
		return "nothing"
	}
	said := a.Run.Contenders[i].Recovery
	switch {
	case said.Never != "":
		return "never back"
	case said.AfterSeconds == 0:
		return "back at once"
	}
	return "back within " + (time.Duration(said.AfterSeconds * float64(time.Second))).String()
}
