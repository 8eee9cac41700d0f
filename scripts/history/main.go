// Command history simulates how often comparisons of runs at different times and trends are wrong, and writes the figures into
// docs/compare.md.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/regress/simulate"
)

// The file, and the marks around the figures.
const (
	file = "docs/compare.md"
	from = "<!-- simulated -->\n"
	to   = "\n<!-- end of simulated -->"
)

func main() {
	var o simulate.Options
	flag.IntVar(&o.Runs, "runs", 2000, "simulated comparisons and series a figure")
	flag.Uint64Var(&o.Seed, "seed", 1, "seed of all that is drawn")
	flag.Parse()
	if o.Runs < 1 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "history: --runs must be above 0, and there are no arguments")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := write(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "history:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, o simulate.Options) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(data, []byte(from))
	_, after, ended := bytes.Cut(rest, []byte(to))
	if !ok || !ended {
		return fmt.Errorf("%s has no place for the figures", file)
	}
	tables, err := simulate.Tables(ctx, o)
	if err != nil {
		return err
	}
	return atomicfile.Write(file, func(w io.Writer) error {
		_, err := w.Write(bytes.Join([][]byte{before, []byte(from), tables, []byte(to), after}, nil))
		return err
	})
}
