package analysis

import (
	"fmt"
	"testing"

	"github.com/tqbench/tqbench/internal/cost"
	"github.com/tqbench/tqbench/internal/madeup"
)

// benchmarkFolder analyses a made-up folder and tells what one unit of it costs.
func benchmarkFolder(b *testing.B, f madeup.Folder, units int, unit string) {
	out := b.TempDir()
	if err := f.Write(out); err != nil {
		b.Fatal(err)
	}
	cost.Of(b, units, unit, func() error {
		a, err := Analyze(out)
		if err != nil {
			return err
		}
		return Write(out, a)
	})
}

// BenchmarkTasks analyses few trials of ever more tasks. The last one is a run of a day, of ten million tasks: it should take
// less than 3 s and 200 MiB on two CPUs.
func BenchmarkTasks(b *testing.B) {
	for _, size := range []struct{ blocks, tasks int }{{2, 10_000}, {2, 100_000}, {2, 1_000_000}, {10, 500_000}} {
		b.Run(fmt.Sprintf("%dx%d", 2*size.blocks, size.tasks), func(b *testing.B) {
			benchmarkFolder(b, madeup.Basic(size.blocks, size.tasks), 2*size.blocks*size.tasks, "task")
		})
	}
}

// BenchmarkTrials analyses ever more trials of few tasks, on five brokers.
func BenchmarkTrials(b *testing.B) {
	for _, blocks := range []int{10, 100, 1000} {
		f := madeup.Basic(blocks, 100)
		f.Brokers = []string{"redis", "postgres", "mysql", "rabbitmq", "sqs"}
		trials := 2 * len(f.Brokers) * blocks
		b.Run(fmt.Sprint(trials), func(b *testing.B) { benchmarkFolder(b, f, trials, "trial") })
	}
}

// BenchmarkCells analyses as many trials in ever more cells: each scenario on each broker.
func BenchmarkCells(b *testing.B) {
	for _, scenarios := range [][]string{{"throughput"}, {"throughput", "mixed", "io"}, {"throughput", "mixed", "io", "cpu", "payloads", "depth", "queues"}} {
		f := madeup.Basic(10, 100)
		f.Scenarios, f.Brokers = scenarios, []string{"redis", "postgres", "mysql", "rabbitmq", "sqs"}
		plan, err := f.Plan()
		if err != nil {
			b.Fatal(err)
		}
		cells := len(plan.Trials) / f.Blocks
		b.Run(fmt.Sprint(cells), func(b *testing.B) { benchmarkFolder(b, f, cells, "cell") })
	}
}
