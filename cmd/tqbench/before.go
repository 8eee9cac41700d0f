package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/tqbench/tqbench/machine"
)

const (
	// lookBefore is how long the machine is looked at before a run.
	lookBefore = 500 * time.Millisecond
	// littleMemory is from how little free memory on a run may swap.
	littleMemory = 1024 // MiB
)

// tellMachine says before a run how busy the machine is, and what that means for what is to come.
func tellMachine(ctx context.Context, w io.Writer) error {
	s, err := machine.Look(ctx, lookBefore)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, machineSentence(s))
	return nil
}

// machineSentence says what was seen of the machine.
func machineSentence(s machine.State) string {
	out := fmt.Sprintf("this machine: %s, %.0f %% of them busy, load %.1f", plural(s.CPUs, "CPU"), 100*s.Busy, s.Load)
	if s.Stolen >= 0.005 {
		out += fmt.Sprintf(", %.1f %% of the CPU time that programs want is stolen by the hypervisor", 100*s.Stolen)
	}
	if s.FreeMiB > 0 {
		out += fmt.Sprintf(", %.1f GiB of memory free", float64(s.FreeMiB)/1024)
	}
	var means []string
	if s.Busy > 0.1 {
		means = append(means, "other programs take part, so verdicts can only hold as measured here, and it takes more blocks")
	}
	if s.Stolen >= 0.005 {
		means = append(means, fmt.Sprintf("what was stolen is put in brackets around each figure, about %.0f %% wide at this rate", 100*s.Stolen*float64(s.CPUs)))
	}
	if s.FreeMiB > 0 && s.FreeMiB < littleMemory {
		means = append(means, "memory is short: a run that swaps measures the disk")
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
