// Command verdicts prints the deciding verdicts of a run, one per line: go run ./examples/verdicts tqbench-out.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/tqbench/tqbench/analysis"
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
		_, err := fmt.Fprintf(w, "%s on %s, %s: %s against %s is %s: ratio %.2f (%.2f to %.2f)\n", c.Scenario, c.Broker, c.Metric,
			c.Candidate.Arm, c.Baseline.Arm, c.Verdict, c.Ratio.Estimate, c.Ratio.Low, c.Ratio.High)
		if err != nil {
			return err
		}
	}
	return nil
}
