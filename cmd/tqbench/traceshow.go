package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/suite/trace"
)

const (
	// shownKinds is how many kinds of a trace are named.
	shownKinds = 5
	// longLoad is from when on the output says that a trial takes long.
	longLoad = 10 * time.Minute
)

// write shows a trace, and the load made of it.
func (r traced) write(out io.Writer) error {
	w := text.NewWriter(out)
	t := r.Trace
	fmt.Fprintf(w, "%s: %s\n\n", r.File, t.Understood)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "tasks\t%d in %d rows%s\n", t.Tasks, t.Rows, r.leftOut())
	span := trace.Span(t.Seconds)
	if t.Start != nil {
		span += " from " + t.Start.Format(time.RFC3339Nano)
	}
	fmt.Fprintf(table, "span\t%s\n", span)
	showShape(table, t.Shape)
	if t.BucketSeconds > 0 {
		fmt.Fprintf(table, "times\tknown to %s: tasks are placed at random within it\n", trace.Span(t.BucketSeconds))
	}
	if t.HasKinds {
		fmt.Fprintf(table, "kinds\t%s\n", kindsShown(t.Kinds))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := t.Plot(w); err != nil {
		return err
	}
	if r.Load == nil {
		_, err := fmt.Fprintf(w, "\nNo load: %s.\n", r.Problem)
		return err
	}
	return r.writeLoad(w)
}

// leftOut says which rows have no tasks.
func (r traced) leftOut() string {
	var out []string
	if n := r.Trace.LeftOut; n > 0 {
		out = append(out, fmt.Sprintf("%d others are no arrivals", n))
	}
	if n := r.Trace.Skipped; n > 0 {
		out = append(out, fmt.Sprintf("%d can't be read, the first being %s", n, r.Trace.FirstSkipped))
	}
	if n := r.Trace.OutOfOrder; n > 0 {
		out = append(out, fmt.Sprintf("%d are earlier than the row before", n))
	}
	if len(out) == 0 {
		return ""
	}
	return "; " + strings.Join(out, "; ")
}

// showShape adds the rows that a trace and a load have in common.
func showShape(w io.Writer, s trace.Shape) {
	fmt.Fprintf(w, "rate\t%s on average, %s in the busiest %s\n", trace.Rate(s.MeanRate), trace.Rate(s.PeakRate), trace.Span(s.Rates.WindowSeconds))
	if g := s.Gap; g.Seconds > 0 {
		fmt.Fprintf(w, "longest gap\t%s, %s after the first task\n", trace.Span(g.Seconds), trace.Span(g.AtSeconds))
	}
	if len(s.Dispersion) == 0 {
		return
	}
	var all []string
	for _, d := range s.Dispersion {
		all = append(all, fmt.Sprintf("%s at %s", trace.Number(d.Index), trace.Span(d.WindowSeconds)))
	}
	fmt.Fprintf(w, "dispersion\t%s (Poisson: 1)\n", strings.Join(all, ", "))
}

// kindsShown names the most frequent kinds.
func kindsShown(kinds []trace.Kind) string {
	var out []string
	for _, k := range kinds[:min(len(kinds), shownKinds)] {
		out = append(out, fmt.Sprintf("%s %d", text.Clean(k.Name, 40), k.Tasks))
	}
	if n := len(kinds) - len(out); n > 0 {
		out = append(out, fmt.Sprintf("%d more", n))
	}
	return strings.Join(out, ", ")
}

// writeLoad shows what a run would send.
func (r traced) writeLoad(w io.Writer) error {
	l := r.Load
	fmt.Fprintf(w, "\nLoad: %s in %s\n\n", plural(len(l.Arrivals), "task"), trace.Span(l.Seconds))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if r.part {
		showShape(table, l.Shape)
	}
	fmt.Fprintf(table, "variation\t%s between arrivals (even: 0, Poisson: 1)\n", trace.Number(l.Variation))
	if len(l.Kinds) > 0 {
		fmt.Fprintf(table, "kinds\t%s\n", kindsShown(l.Kinds))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.part {
		fmt.Fprintln(w)
		if err := l.Plot(w); err != nil {
			return err
		}
	}
	if long := time.Duration(l.Seconds * float64(time.Second)); long > longLoad {
		fmt.Fprintf(w, "\nEach trial takes that long: --for takes a part of it, and --speed lets time pass faster.\n")
	}
	if r.Scenario == "" {
		_, err := fmt.Fprintln(w, "\nTo make a load of it: --out my-load.yaml")
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s has the load, and %s its arrivals. Set your tasks, then: tqbench run --scenario %s\n", r.Scenario, r.Arrivals, r.Scenario)
	return err
}
