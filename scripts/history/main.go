// Command history simulates how often comparisons of runs at different times and trends are wrong, and writes the figures into
// docs/compare.md.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/regress/simulate"
	"github.com/tqbench/tqbench/scripts/internal/simulation"
)

// The file, and the marks around the figures.
const (
	file = "docs/compare.md"
	from = "<!-- simulated -->\n"
	to   = "\n<!-- end of simulated -->"
)

func main() { simulation.Main("history", 2000, write) }

// write writes the figures between their marks.
func write(ctx context.Context, runs int, seed uint64) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(data, []byte(from))
	_, after, ended := bytes.Cut(rest, []byte(to))
	if !ok || !ended {
		return fmt.Errorf("%s has no place for the figures", file)
	}
	tables, err := simulate.Tables(ctx, simulate.Options{Runs: runs, Seed: seed})
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(file, bytes.Join([][]byte{before, []byte(from), tables, []byte(to), after}, nil))
}
