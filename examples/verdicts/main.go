// Command verdicts prints the deciding verdicts of a run, one per line: go run ./examples/verdicts tqbench-out.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/stats"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: verdicts OUTPUT-FOLDER")
		os.Exit(2)
	}
	a, err := analysis.Read(os.Args[1])
	if err == nil {
		err = write(os.Stdout, a)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, a analysis.Analysis) error {
	for _, c := range a.Comparisons {
		if !c.Deciding {
			continue
		}
		_, err := fmt.Fprintf(w, "%s on %s, %s: %s against %s is %s%s\n", c.Scenario, c.Broker, c.Metric,
			c.Candidate.Arm, c.Baseline.Arm, c.Verdict, ratio(c.Ratio))
		if err != nil {
			return err
		}
	}
	return nil
}

// ratio is candidate over baseline. Without blocks there is none, and one block has no interval, which confidence 0 says.
func ratio(r stats.Interval) string {
	switch {
	case r.Estimate == 0:
		return ""
	case r.Confidence == 0:
		return fmt.Sprintf(": ratio %.2f, no interval", r.Estimate)
	}
	return fmt.Sprintf(": ratio %.2f (%.2f to %.2f)", r.Estimate, r.Low, r.High)
}
