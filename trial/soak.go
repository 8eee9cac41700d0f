package trial

import (
	"context"
	"slices"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// soakShare is a soak's share of the highest sustained rate.
const soakShare = 0.7

// soak looks for the highest sustained rate in its first phase, and runs at 70 % of it in the second, for as long as the phase's tasks and
// rate say. It is about growth: of memory, latency, open files.
type soak struct{ search }

func (w *soak) measure(ctx context.Context) error { return w.run.eachPhase(ctx, w.phase) }

func (w *soak) phase(ctx context.Context, p suite.Phase) error {
	r := w.run
	if p.Name == r.Scenario.Phases[0].Name {
		return w.find(ctx, p)
	}
	held := r.rec.result.Values[metric.MaxRate]
	if held == 0 {
		return NotRun("no rate keeps p99 within %s", time.Duration(r.Scenario.Hold))
	}
	length := time.Duration(float64(p.Tasks) / float64(p.Rate) * float64(time.Second))
	p.Rate = max(int(soakShare*held), 1)
	p.Tasks = max(int(length.Seconds()*float64(p.Rate)), 4)
	files := r.fleet.openFiles()
	from := len(r.rec.series)
	if err := r.driver.phase(ctx, p); err != nil {
		return err
	}
	r.rec.value(metric.OpenFiles, float64(r.fleet.openFiles()-files))
	r.rec.value(metric.MemoryGrowth, growth(r.rec.series[from:]))
	first, last := r.ledger.quarters(p.Name)
	if first > 0 {
		r.rec.value(metric.LatencyDrift, 100*(last/first-1))
	}
	return nil
}

// growth is by how many MiB the workers' memory grew per 1000 tasks: the least-squares slope over the samples with a reading.
func growth(samples []results.Sample) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, s := range samples {
		if s.WorkerPSS <= 0 {
			continue
		}
		x, y := float64(s.Done)/1000, s.WorkerPSS
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if d := n*sxx - sx*sx; n > 1 && d > 0 {
		return (n*sxy - sx*sy) / d
	}
	return 0
}

// quarters are the median latencies of the first and the last quarter of a phase's tasks, in ns.
func (l *ledger) quarters(name string) (first, last float64) {
	for _, s := range l.spans {
		if s.name != name || !s.measured {
			continue
		}
		latencies := make([]int64, 0, s.sends) // of one size from the start: there are many
		for i := range s.sends {
			if e := &s.tasks[i]; e.ok > 0 {
				latencies = append(latencies, e.finished-e.intended)
			}
		}
		quarter := len(latencies) / 4
		if quarter == 0 {
			return 0, 0
		}
		head, tail := latencies[:quarter], latencies[len(latencies)-quarter:]
		slices.Sort(head)
		slices.Sort(tail)
		return float64(results.NearestRank(head, 0.5)), float64(results.NearestRank(tail, 0.5))
	}
	return 0, 0
}
