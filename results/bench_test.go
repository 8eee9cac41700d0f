package results

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/tqbench/tqbench/internal/cost"
)

func BenchmarkWriteTasks(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		rows, dir := sampleTasks(n), b.TempDir()
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cost.Of(b, n, "task", func() error { return errors.Join(WriteTasks(dir, rows), WriteTrial(dir, sent(int64(n)))) })
		})
	}
}

func BenchmarkReadTasks(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		dir := b.TempDir()
		if err := errors.Join(WriteTasks(dir, sampleTasks(n)), WriteTrial(dir, sent(int64(n)))); err != nil {
			b.Fatal(err)
		}
		trial := readTrial(b, dir)
		b.Run(fmt.Sprintf("rows/%d", n), func(b *testing.B) {
			cost.Of(b, n, "task", func() error { _, err := ReadTasks(dir); return err })
		})
		b.Run(fmt.Sprintf("columns/%d", n), func(b *testing.B) {
			var s Stays
			cost.Of(b, n, "task", func() error { return s.Read(dir, trial) })
		})
	}
}

func BenchmarkReadTrials(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		out := b.TempDir()
		for id := 1; id <= n; id++ {
			dir := TrialDir(out, id)
			if err := errors.Join(os.MkdirAll(dir, 0o755), WriteTrial(dir, Trial{ID: id, Phases: make([]Phase, 3)})); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cost.Of(b, n, "trial", func() error { _, err := ReadTrials(out); return err })
		})
	}
}
