// Package simulate finds out how often comparisons of runs at different times and trends are wrong, and how soon a trend shows a change.
package simulate

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/stats/shift"
)

// Options are what the tables are made with.
type Options struct {
	// Runs is how many comparisons and series a figure is of.
	Runs int
	Seed uint64
}

// The deviations of what is compared: between runs, and between the trials of a run.
const (
	between = 0.01
	within  = 0.03
)

// nights are after how many looks a series is judged.
var nights = []int{100, 365, 1000}

// Tables are the figures of docs/compare.md, as Markdown.
func Tables(ctx context.Context, o Options) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "These figures are simulated: `go run ./scripts/history --runs %d --seed %d` writes them.\n\n", o.Runs, o.Seed)
	for _, table := range []func(context.Context, *bytes.Buffer, Options) error{falseChanges, falseTrends, delays} {
		if err := table(ctx, &b, o); err != nil {
			return nil, err
		}
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func percent(n, of int) string {
	return strconv.FormatFloat(100*float64(n)/float64(of), 'f', 1, 64) + " %"
}

// falseChanges counts intervals of unchanged versions that leave out 1.
func falseChanges(ctx context.Context, b *bytes.Buffer, o Options) error {
	blocks := []int{7, 10, 20}
	fmt.Fprintf(b, "`compare` of equal versions, with a deviation of %g %% between runs and %g %% between trials: how many intervals leave out \"no change\".\n\n"+
		"| runs | 7 trials a run | 10 | 20 |\n|---|--:|--:|--:|\n", 100*between, 100*within)
	rng := rand.New(rand.NewPCG(o.Seed, 1))
	for _, row := range []struct {
		name           string
		old, new, same int
	}{
		{"one a side, `--anyway`", 1, 1, 0}, {"two a side", 2, 2, 0}, {"three a side", 3, 3, 0}, {"five a side", 5, 5, 0},
		{"five old, one new", 5, 1, 0}, {"one a side, six in `--same`", 1, 1, 6},
	} {
		fmt.Fprintf(b, "| %s |", row.name)
		for _, n := range blocks {
			wrong := 0
			for range o.Runs {
				if err := ctx.Err(); err != nil {
					return err
				}
				u, _, err := stats.CompareRuns(runs(rng, row.old, n), runs(rng, row.new, n), runs(rng, row.same, n))
				if err != nil {
					return err
				}
				if !u.Ratio.Holds(1) {
					wrong++
				}
			}
			fmt.Fprintf(b, " %s |", percent(wrong, o.Runs))
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return nil
}

// runs are those of one thing.
func runs(rng *rand.Rand, n, trials int) stats.Runs {
	out := make(stats.Runs, n)
	for i := range out {
		level := between * rng.NormFloat64()
		for range trials {
			out[i] = append(out[i], math.Exp(level+within*rng.NormFloat64()))
		}
	}
	return out
}

// noise draws the logarithms of a series of runs that never changes, whose deviation is 1.
type noise struct {
	name string
	// correlation is that of each run with the next.
	correlation float64
	// draw is an innovation with a deviation of 1.
	draw func(*rand.Rand) float64
}

func (x noise) series(rng *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		e := x.draw(rng)
		if i > 0 {
			e = x.correlation*out[i-1] + math.Sqrt(1-x.correlation*x.correlation)*e
		}
		out[i] = e
	}
	return out
}

// noises are the kinds: independent and drifting runs, outliers in one night of 30, and heavy tails.
func noises() []noise {
	normal := (*rand.Rand).NormFloat64
	return []noise{
		{"independent", 0, normal}, {"drifting, AR(0.3)", 0.3, normal}, {"drifting, AR(0.7)", 0.7, normal}, {"drifting, AR(0.9)", 0.9, normal},
		{"one night of 30 slower by up to 10 deviations", 0, func(rng *rand.Rand) float64 {
			x := rng.NormFloat64()
			if rng.Float64() < 1.0/30 {
				x -= 10 * rng.Float64()
			}
			return x
		}},
		{"heavy tails, Student's t with 3 degrees of freedom", 0, func(rng *rand.Rand) float64 {
			sum := 0.0
			for range 3 {
				z := rng.NormFloat64()
				sum += z * z
			}
			return rng.NormFloat64() / math.Sqrt(sum)
		}},
	}
}

// falseTrends counts series that never change and show a change.
func falseTrends(ctx context.Context, b *bytes.Buffer, o Options) error {
	fmt.Fprintf(b, "`trend` of a series that never changes, looked at after each night, at the level of %g %%: how many series show a change by then.\n\n"+
		"| noise | 100 nights | 365 | 1,000 |\n|---|--:|--:|--:|\n", 100*regress.DefaultLevel)
	rng := rand.New(rand.NewPCG(o.Seed, 2))
	for _, kind := range noises() {
		wrong := make([]int, len(nights))
		for range o.Runs {
			if err := ctx.Err(); err != nil {
				return err
			}
			found := shift.Find(kind.series(rng, slices.Max(nights)), regress.DefaultLevel)
			for i, n := range nights {
				if len(found) > 0 && found[0].Sure < n {
					wrong[i]++
				}
			}
		}
		fmt.Fprintf(b, "| %s |", kind.name)
		for _, n := range wrong {
			fmt.Fprintf(b, " %s |", percent(n, o.Runs))
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return nil
}

// How long a series is before its change, and how long it is looked at after it.
const (
	nightsBefore = 60
	nightsAfter  = 200
)

// delays says how many nights it takes until a change is sure.
func delays(ctx context.Context, b *bytes.Buffer, o Options) error {
	fmt.Fprintf(b, "Nights until `trend` is sure of a change after %d nights without one, by the deviation between nights: the median, and how many series show it within "+
		"7, 14, 30 and 90 nights.\n\n| noise | deviation | change | median | 7 nights | 14 | 30 | 90 |\n|---|--:|--:|--:|--:|--:|--:|--:|\n", nightsBefore)
	rng := rand.New(rand.NewPCG(o.Seed, 3))
	for _, kind := range noises()[:3] {
		for _, sd := range []float64{1, 2, 3.5} {
			for _, change := range []float64{-5, -10} {
				waited, err := waits(ctx, rng, kind, sd/100, change/100, o.Runs)
				if err != nil {
					return err
				}
				fmt.Fprintf(b, "| %s | %g %% | %g %% | %s |", kind.name, sd, change, median(waited))
				for _, n := range []int{7, 14, 30, 90} {
					seen := 0
					for _, w := range waited {
						if w <= n {
							seen++
						}
					}
					fmt.Fprintf(b, " %.0f %% |", 100*float64(seen)/float64(o.Runs))
				}
				b.WriteByte('\n')
			}
		}
	}
	return nil
}

// median is in nights; more than there were where half of the series don't show the change.
func median(waited []int) string {
	slices.Sort(waited)
	m := waited[len(waited)/2]
	if m > nightsAfter {
		return fmt.Sprintf("over %d", nightsAfter)
	}
	return strconv.Itoa(m)
}

// waits are the nights from a change to the first change that is sure after it.
func waits(ctx context.Context, rng *rand.Rand, kind noise, sd, change float64, runs int) ([]int, error) {
	out := make([]int, runs)
	for i := range out {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := kind.series(rng, nightsBefore+nightsAfter)
		for n := range s {
			s[n] *= sd
			if n >= nightsBefore {
				s[n] += math.Log1p(change)
			}
		}
		out[i] = nightsAfter + 1
		for _, x := range shift.Find(s, regress.DefaultLevel) {
			if x.Sure >= nightsBefore {
				out[i] = x.Sure - nightsBefore + 1
				break
			}
		}
	}
	return out, nil
}
