// Planted gates changes whose effect is known, as GitHub's action does, next to programs that use the CPU at random times, and writes how they
// were decided as a page of the documents.
//
//	go run ./scripts/planted [--gates 10] [--load 0.3] DATA PAGE
//
// Each gate takes minutes. Those whose file is in the folder DATA have run, so the same command goes on after an interruption.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/results"
)

// Gated is one gate of a change.
type Gated struct {
	Change string `json:"change"`
	Number int    `json:"number"`
	// Load is how many CPUs the other programs used on average, LoadSeed the seed of their times.
	Load     float64 `json:"load"`
	LoadSeed uint64  `json:"load_seed"`
	// Machine is where it ran.
	Machine results.Machine `json:"machine"`
	Gate    gate.Gate       `json:"gate"`
}

// changes are those that are made to the application, in the order of the page, each with the patch of its name.
func changes() []string { return []string{"nothing", "sleep", "serializer"} }

func main() {
	process.MaybeGuard()
	gates := flag.Int("gates", 10, "gates of each change")
	load := flag.Float64("load", 0.3, "CPUs that other programs use, on average")
	flag.Parse()
	if flag.NArg() != 2 || *gates < 1 || *load < 0 {
		fmt.Fprintln(os.Stderr, "planted: give the folder of the data and the page to write: go run ./scripts/planted docs/planted docs/planted.md")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0), flag.Arg(1), *gates, *load)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data, path string, gates int, load float64) error {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	measured := measure(ctx, data, gates, load)
	all, err := read(data)
	if err != nil || len(all) == 0 {
		return errors.Join(measured, err)
	}
	text, err := page(all)
	if err != nil {
		return errors.Join(measured, err)
	}
	return errors.Join(measured, atomicfile.WriteBytes(path, text))
}

// measure runs the gates that have no file yet, one of each change in turn.
func measure(ctx context.Context, data string, gates int, load float64) error {
	var missing []Gated
	for n := range gates {
		for i, change := range changes() {
			g := Gated{Change: change, Number: n + 1, Load: load, LoadSeed: uint64(n*len(changes()) + i + 1)}
			if _, err := os.Stat(g.file(data)); errors.Is(err, os.ErrNotExist) {
				missing = append(missing, g)
			} else if err != nil {
				return err
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	bench, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer bench.close()
	for i, g := range missing {
		fmt.Printf("gate %d of %d: %s, number %d\n", i+1, len(missing), g.Change, g.Number)
		if err := bench.gate(ctx, &g); err != nil {
			return fmt.Errorf("%s, gate %d: %w", g.Change, g.Number, err)
		}
		if err := atomicfile.WriteJSON(g.file(data), g); err != nil {
			return err
		}
		fmt.Printf("  %s after %d blocks and %.0f s\n", g.Gate.Outcome, g.Gate.Blocks, g.Gate.Seconds)
	}
	return nil
}

func (g Gated) file(data string) string {
	return filepath.Join(data, fmt.Sprintf("%s-%02d.json", g.Change, g.Number))
}

// largest is the maximum size of a file of data in bytes.
const largest = 1 << 20

// read reads the gates of a folder, by change and number.
func read(data string) ([]Gated, error) {
	var all []Gated
	for _, change := range changes() {
		paths, err := filepath.Glob(filepath.Join(data, change+"-*.json"))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			text, err := regular.Read(path, regular.Limit{Kind: "a planted change's gate", Bytes: largest})
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", path, err)
			}
			var g Gated
			d := json.NewDecoder(bytes.NewReader(text))
			d.DisallowUnknownFields()
			if err := d.Decode(&g); err != nil {
				return nil, fmt.Errorf("read %s: %w", path, err)
			}
			if g.file(data) != path {
				return nil, fmt.Errorf("read %s: it is of %s, gate %d", path, g.Change, g.Number)
			}
			all = append(all, g)
		}
	}
	return all, nil
}
