package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/suite/trace"
)

// largestTraceFile is the maximum size in bytes of a file that tqbench trace reads, as a stream.
const largestTraceFile = 1 << 38

// usualKinds is the default number of kinds in a load.
const usualKinds = 10

// traceOptions are the flags of tqbench trace.
type traceOptions struct {
	read   trace.Options
	choice trace.Choice
	// format, from and speed are checked here, as they are more than a word or a number.
	format, from, speed string
	out                 string
	asJSON              bool
}

// traced is the command's result.
type traced struct {
	File string `json:"file"`
	// Trace is what the file has, Load what is made of it; no load if it is too large, which Problem says.
	Trace   *trace.Trace `json:"trace"`
	Load    *trace.Load  `json:"load"`
	Problem string       `json:"problem,omitempty"`
	// part says that the load isn't the whole trace as it is.
	part bool
	// Scenario and Arrivals are the files that were written.
	Scenario string `json:"scenario,omitempty"`
	Arrivals string `json:"arrivals,omitempty"`
}

func traceCmd() *cobra.Command {
	o := traceOptions{choice: trace.Whole()}
	cmd := &cobra.Command{
		Use: "trace FILE", Short: "Show when the tasks of a log or a table came, and make a load of it", Args: takes("FILE"),
		Long: "Read when tasks came from a file: an access log, a CSV or TSV table, lines of JSON, or a file of the Azure Functions, Google\n" +
			"cluster and Wikipedia data sets, also as .gz or .bz2. Show what was understood, the rate over time, gaps and bursts.\n" +
			"With --out, write a scenario file and its trace next to it. docs/traces.md explains each form and figure.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			r, err := o.run(cmd.Context(), args[0])
			switch {
			case err != nil:
				return err
			case o.asJSON:
				return printJSON(cmd.OutOrStdout(), r)
			}
			return r.write(cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", "form of the file: "+strings.Join(trace.Formats(), ", ")+" (default: found from its first row)")
	f.StringVar(&o.read.Time, "time", "", "`column` with the times, by its name or number")
	f.StringVar(&o.read.Count, "count", "", "`column` with the number of tasks of a row (default: one, or a column called count, views or the like)")
	f.StringVar(&o.read.Kind, "kind", "", "`column` with the kind of task (default: a column called kind)")
	f.StringVar(&o.read.Unit, "unit", "", "unit of times that are numbers: s, ms, us, ns or yyyymmddhh (default: by their size)")
	f.DurationVar(&o.read.Bucket, "bucket", 0, "how long after its time a task may have come, such as 1m; 0 is an exact time (default: found from the times)")
	f.BoolVar(&o.read.SkipBad, "skip-bad", false, "leave out rows that can't be read, and count them")
	f.StringVar(&o.from, "from", "", "begin so long after the first task, such as 12h, or at a date such as 2026-01-31T12:00:00Z")
	f.DurationVar(&o.choice.For, "for", 0, "take so much of the trace, such as 1h (default: to its end)")
	f.StringVar(&o.speed, "speed", "1x", "let time pass faster, such as 60x: an hour in a minute, at 60 times the rate")
	f.Float64Var(&o.choice.Keep, "rate-scale", 1, "share of the tasks to keep, drawn at random")
	f.IntVar(&o.choice.Kinds, "kinds", usualKinds, "maximum number of kinds: the rarest become one, called other")
	f.Uint64Var(&o.choice.Seed, "seed", 1, "seed of what is kept and where tasks are within their buckets")
	f.StringVar(&o.out, "out", "", "scenario `file` to write, such as my-load.yaml, with its trace next to it")
	jsonFlag(cmd, &o.asJSON)
	return cmd
}

// check refuses flags that have no meaning.
func (o *traceOptions) check(cmd *cobra.Command) error {
	o.read.Format = trace.Format(o.format)
	speed, err := strconv.ParseFloat(strings.TrimSuffix(o.speed, "x"), 64)
	switch {
	case err != nil || !(speed >= 1/trace.MaxSpeed && speed <= trace.MaxSpeed):
		return fmt.Errorf("%w: --speed %q: write a factor such as 60x, up to %.0fx", errUsage, o.speed, trace.MaxSpeed)
	case !(o.choice.Keep > 0 && o.choice.Keep <= 1):
		return fmt.Errorf("%w: --rate-scale %g: must be above 0 and at most 1: --speed raises the rate", errUsage, o.choice.Keep)
	case o.choice.For < 0 || o.choice.For == 0 && cmd.Flags().Changed("for"):
		return fmt.Errorf("%w: --for %s: write a time above zero, such as 1h", errUsage, o.choice.For)
	case o.read.Bucket < 0:
		return fmt.Errorf("%w: --bucket %s: write a time such as 1m, or 0 if times are exact", errUsage, o.read.Bucket)
	case o.choice.Kinds < 1 || o.choice.Kinds > suite.MaxTraceKinds:
		return fmt.Errorf("%w: --kinds %d: must be from 1 to %d", errUsage, o.choice.Kinds, suite.MaxTraceKinds)
	case o.out != "" && !isScenarioFile(o.out):
		return fmt.Errorf("%w: --out %s: name a file that ends with .yaml", errUsage, o.out)
	}
	o.choice.Speed = speed
	if o.read.Bucket == 0 && cmd.Flags().Changed("bucket") {
		o.read.Bucket = -1
	}
	if o.out == "" {
		return nil
	}
	// Reading may take minutes, so what can't be written is refused before it.
	for _, path := range []string{o.out, o.arrivals()} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", errUsage, existing(path, err))
		}
	}
	return nil
}

// existing is why a file can't be written: it is there, or looking for it failed.
func existing(path string, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s exists already: choose another file", path)
}

// arrivals is the path of the trace next to the scenario.
func (o *traceOptions) arrivals() string {
	return strings.TrimSuffix(o.out, filepath.Ext(o.out)) + ".csv"
}

// run reads a file, and writes what is asked for.
func (o *traceOptions) run(ctx context.Context, file string) (traced, error) {
	open := func() (io.ReadCloser, error) {
		return regular.OpenLimited(file, regular.Limit{Kind: "a trace", Bytes: largestTraceFile})
	}
	r := traced{File: file}
	bad := func(err error) error { return fmt.Errorf("%w: %s: %w", errUsage, file, err) }
	var err error
	if r.Trace, err = trace.Survey(ctx, open, o.read); err != nil {
		return r, bad(err)
	}
	if o.from != "" {
		if o.choice.From, err = time.ParseDuration(o.from); err != nil {
			if o.choice.From, err = r.Trace.Offset(o.from); err != nil {
				return r, fmt.Errorf("%w: --from %w", errUsage, err)
			}
		}
	}
	whole := trace.Whole()
	whole.Seed, whole.Kinds = o.choice.Seed, o.choice.Kinds
	r.part = o.choice != whole
	r.Load, err = r.Trace.Load(ctx, o.choice, suite.MaxTrace)
	switch {
	case errors.Is(err, trace.ErrTooMany):
		r.Problem = fmt.Sprintf("%v: take a part with --for, or keep some of them with --rate-scale", err)
		if o.out == "" {
			return r, nil
		}
		return r, bad(errors.New(r.Problem))
	case err != nil:
		return r, bad(err)
	case o.out == "":
		return r, nil
	}
	s, err := suite.NewTraced(o.out, file, r.Load)
	if err != nil {
		return r, bad(err)
	}
	r.Scenario, r.Arrivals = o.out, filepath.Join(filepath.Dir(o.out), s.TraceName)
	if err := writeNew(r.Arrivals, s.Trace); err != nil {
		return r, err
	}
	if err := writeNew(r.Scenario, s.Scenario); err != nil {
		return r, errors.Join(err, os.Remove(r.Arrivals))
	}
	return r, nil
}
