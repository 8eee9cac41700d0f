package regress

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// A history of 1,000 runs, read and followed.
func BenchmarkTrendOf1000Runs(b *testing.B) {
	dir := b.TempDir()
	for n := range 1000 {
		a := made(n, 7, 1+0.01*math.Sin(float64(n*n)))
		a.Run.ID = fmt.Sprint("run-", n)
		out := filepath.Join(dir, a.Run.ID)
		if err := os.Mkdir(out, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := analysis.Write(out, a); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		h, err := ReadHistory(dir)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := NewTrend(h, Options{Level: DefaultLevel, New: 1}); err != nil {
			b.Fatal(err)
		}
	}
}
