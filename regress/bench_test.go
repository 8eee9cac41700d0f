package regress

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/realrun"
)

// A history of 1,000 runs as large as a measured one, read and followed. The target is 2 s on a quiet machine.
func BenchmarkTrendOf1000Runs(b *testing.B) {
	dir := b.TempDir()
	a := realrun.Read(b)
	rng := rand.New(rand.NewPCG(1, 1))
	trials := a.Trials
	for n := range 1000 {
		a.Run.ID, a.Run.Began = fmt.Sprint("run-", n), start.AddDate(0, 0, n)
		a.Trials = append([]analysis.TrialRow{}, trials...)
		for i := range a.Trials {
			metrics := maps.Clone(a.Trials[i].Metrics)
			for name := range metrics {
				metrics[name] *= 1 + 0.02*rng.NormFloat64()
			}
			a.Trials[i].Metrics = metrics
		}
		out := filepath.Join(dir, a.Run.ID)
		if err := os.Mkdir(out, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := analysis.Write(out, a); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ReadHistory(dir); err != nil {
				b.Fatal(err)
			}
		}
	})
	h, err := ReadHistory(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("follow", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := NewTrend(h, Options{Level: DefaultLevel, New: 1}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
