package simulate

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/stats"
)

// Waiting is a model of tasks that wait for two workers, each on a CPU, from which time is stolen.
type Waiting struct {
	Name string
	// Service is the mean service time, exponential; the workers are busy for half of the time. Poll is how often a worker
	// looks for tasks, which adds up to that to each latency; 0 for workers that are woken.
	Service, Poll time.Duration
	// Stall is the mean length of a standstill, and Share which share of each CPU's time is stolen. Together stops both CPUs
	// at once, else each by itself.
	Stall    time.Duration
	Share    float64
	Together bool
}

// Waitings are those that are tried.
func Waitings() []Waiting {
	return []Waiting{
		{Name: "short tasks, long standstills of both CPUs", Service: 2 * time.Millisecond, Stall: 30 * time.Millisecond, Share: 0.05, Together: true},
		{Name: "short tasks, long standstills of one CPU", Service: 2 * time.Millisecond, Stall: 30 * time.Millisecond, Share: 0.05},
		{Name: "short tasks, short standstills of both CPUs", Service: 2 * time.Millisecond, Stall: 3 * time.Millisecond, Share: 0.05, Together: true},
		{Name: "short tasks, much stolen from both CPUs", Service: 2 * time.Millisecond, Stall: 20 * time.Millisecond, Share: 0.15, Together: true},
		{Name: "long tasks, long standstills of both CPUs", Service: 40 * time.Millisecond, Stall: 30 * time.Millisecond, Share: 0.05, Together: true},
		{Name: "polling workers, long standstills of both CPUs", Service: 2 * time.Millisecond, Poll: 100 * time.Millisecond, Stall: 30 * time.Millisecond, Share: 0.05, Together: true},
		{Name: "polling workers, short standstills of one CPU", Service: 2 * time.Millisecond, Poll: 100 * time.Millisecond, Stall: 3 * time.Millisecond, Share: 0.05},
	}
}

// waitingTime is how long a simulated phase lasts, and sampleEvery how often what was stolen is read, in ticks.
const (
	waitingTime = 4 * time.Second
	sampleEvery = 100 * time.Millisecond
	tick        = 10 * time.Millisecond
)

// stall is a standstill from one ns to another.
type stall struct{ from, to int64 }

// stalls draws standstills that take the share.
func (w Waiting) stalls(rng *rand.Rand) []stall {
	var out []stall
	gap := float64(w.Stall) * (1 - w.Share) / w.Share
	for at := int64(rng.ExpFloat64() * gap); at < int64(2*waitingTime); {
		end := at + int64(rng.ExpFloat64()*float64(w.Stall))
		out = append(out, stall{at, end})
		at = end + 1 + int64(rng.ExpFloat64()*gap)
	}
	return out
}

// work is when work that begins at a time is done, standstills left out.
func work(at, takes int64, stalls []stall) int64 {
	i, _ := slices.BinarySearchFunc(stalls, at, func(s stall, at int64) int { return int(min(max(s.to-at, -1), 1)) })
	for ; i < len(stalls) && stalls[i].from < at+takes; i++ {
		if stalls[i].to > at {
			takes += stalls[i].to - max(stalls[i].from, at)
		}
	}
	return at + takes
}

// finish works tasks off in their order by two workers, and tells when each was done.
func finish(arrivals, services, polls []int64, cpus [2][]stall) []int64 {
	var free [2]int64
	out := make([]int64, len(arrivals))
	for i, at := range arrivals {
		k := 0
		if free[1] < free[0] {
			k = 1
		}
		out[i] = work(max(at+polls[i], free[k]), services[i], cpus[k])
		free[k] = out[i]
	}
	return out
}

// stolenBy is what both CPUs have lost by each sample, in whole ticks as the kernel tells it.
func stolenBy(at []int64, cpus [2][]stall) []int64 {
	out := make([]int64, len(at))
	for _, stalls := range cpus {
		for i, t := range at {
			var sum int64
			for _, s := range stalls {
				sum += max(min(s.to, t)-s.from, 0)
			}
			out[i] += sum / int64(tick) * int64(tick)
		}
	}
	return out
}

// Held is how often the bracket of a latency quantile held that of a quiet machine, and how wide it was.
type Held struct {
	Covered Share
	// Plain is how often the quantile as measured was within 5 % of the quiet one, Width the median ratio of the bracket's
	// ends.
	Plain Share
	Width float64
}

// TryWaiting simulates phases with and without standstills.
func TryWaiting(ctx context.Context, w Waiting, q float64, runs int, seed, stream uint64) (Held, error) {
	type outcome struct {
		covered, plain bool
		width          float64
	}
	var h Held
	var widths []float64
	err := each(ctx, runs, seed, stream, func(rng *rand.Rand) outcome {
		var arrivals, services, polls []int64
		for at := int64(0); at < int64(waitingTime); at += int64(rng.ExpFloat64() * float64(w.Service)) {
			arrivals = append(arrivals, at)
			services = append(services, int64(rng.ExpFloat64()*float64(w.Service)))
			polls = append(polls, int64(rng.Float64()*float64(w.Poll)))
		}
		first := w.stalls(rng)
		cpus := [2][]stall{first, first}
		if !w.Together {
			cpus[1] = w.stalls(rng)
		}
		var at []int64
		for t := int64(0); t <= int64(waitingTime); t += int64(sampleEvery) {
			at = append(at, t)
		}
		done := finish(arrivals, services, polls, cpus)
		b := analysis.LatencyBracket(q, arrivals, done, at, stolenBy(at, cpus))
		quiet := latencies(arrivals, finish(arrivals, services, polls, [2][]stall{}))
		v := stats.Quantile(quiet, q)
		// What the harness rounds is no error.
		return outcome{b.Low <= v*1.0001 && v <= b.High*1.0001, b.High < 1.05*v, b.High / max(b.Low, 1e-3)}
	}, func(o outcome) {
		h.Covered.add(o.covered)
		h.Plain.add(o.plain)
		widths = append(widths, o.width)
	})
	if err != nil {
		return h, err
	}
	slices.Sort(widths)
	h.Width = stats.Quantile(widths, 0.5)
	return h, nil
}

func latencies(arrivals, done []int64) []float64 {
	out := make([]float64, len(arrivals))
	for i := range out {
		out[i] = float64(done[i]-arrivals[i]) / 1e6
	}
	slices.Sort(out)
	return out
}
