// Package pages is what documents that are made of runs say alike.
package pages

import (
	"fmt"
	"time"

	"github.com/tqbench/tqbench/results"
)

// Machine is the line that says what a run was made on.
func Machine(m results.Machine) string {
	return fmt.Sprintf("- Machine: %s, %d CPUs, %d MiB, %s, kernel %s\n", m.CPU, m.CPUs, m.MemoryMiB, m.OS, m.Kernel)
}

// Day is the day of a moment, in UTC.
func Day(t time.Time) string { return t.UTC().Format("2 January 2006") }
