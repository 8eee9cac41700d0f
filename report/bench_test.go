package report

import (
	"fmt"
	"testing"

	"github.com/tqbench/tqbench/internal/cost"
	"github.com/tqbench/tqbench/report/internal/fixture"
)

// BenchmarkWrite writes the report of ever more cells, two arms each: those of one scenario, and as many as the suite has
// scenarios, on all brokers, and twice as many. That of 110 cells should take less than 1 s on two CPUs.
func BenchmarkWrite(b *testing.B) {
	for _, scenarios := range []int{1, 11, 21} {
		a := fixture.Largest(scenarios)
		out := b.TempDir()
		b.Run(fmt.Sprint(len(a.Cells)), func(b *testing.B) {
			cost.Of(b, len(a.Cells), "cell", func() error { return Write(b.Context(), out, a, Options{}) })
		})
	}
}
