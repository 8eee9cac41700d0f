package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
)

const (
	// lookBefore is how long to observe the machine before a run.
	lookBefore = 500 * time.Millisecond
	// littleMemory is the free memory below which a run may swap.
	littleMemory = 1024 // MiB
)

// tellMachine reports before a run how busy the machine is, and what that means for the run.
func tellMachine(ctx context.Context, w io.Writer) error {
	s, err := machine.Look(ctx, lookBefore)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, machineSentence(s))
	return nil
}

// machineSentence describes the observed machine.
func machineSentence(s machine.State) string {
	out := fmt.Sprintf("this machine: %s, %.0f %% of them busy, load %.1f", plural(s.CPUs, "CPU"), 100*s.Busy, s.Load)
	if s.Stolen >= 0.005 {
		out += fmt.Sprintf(", the hypervisor steals %.1f %% of the CPU time that programs want", 100*s.Stolen)
	}
	if s.FreeMiB > 0 {
		out += fmt.Sprintf(", %.1f GiB of memory free", float64(s.FreeMiB)/1024)
	}
	var means []string
	if s.Busy > 0.1 {
		means = append(means, "other programs are busy, so verdicts only hold as measured here, and the run needs more blocks")
	}
	if s.Stolen >= 0.005 {
		means = append(means, fmt.Sprintf("each figure gets a bracket for the stolen time, up to %.0f %% wide at this rate", min(100*s.Stolen*float64(s.CPUs), 100*results.MostStill)))
	}
	if s.FreeMiB > 0 && s.FreeMiB < littleMemory {
		means = append(means, "memory is low: a run that swaps measures the disk")
	}
	for i, m := range means {
		if i == 0 {
			out += ": "
		} else {
			out += "; "
		}
		out += m
	}
	return out
}
