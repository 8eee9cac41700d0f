package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// How long other programs rest and work, on average.
const meanSpell = 500 * time.Millisecond

// crowd uses CPUs at random times, as other programs on a shared machine do, until stop is called: as many threads as the machine has CPUs work
// and rest in turn, for times that are exponentially distributed, so that they use that many CPUs on average.
func crowd(ctx context.Context, cpus float64, seed uint64) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	n := runtime.NumCPU()
	share := min(cpus/float64(n), 0.95)
	for i := range n {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		all.Go(func() {
			for ctx.Err() == nil && share > 0 {
				work := time.Duration(rng.ExpFloat64() * float64(meanSpell))
				rest := time.Duration(rng.ExpFloat64() * float64(meanSpell) * (1 - share) / share)
				select {
				case <-ctx.Done():
					return
				case <-time.After(rest):
				}
				spin(ctx, work)
			}
		})
	}
	return func() { cancel(); all.Wait() }
}

// spin uses a CPU for some time.
func spin(ctx context.Context, length time.Duration) {
	for end := time.Now().Add(length); time.Now().Before(end) && ctx.Err() == nil; {
		x := 1.0
		for range 100_000 {
			x = x*1.0000001 + 1e-9
		}
		runtime.KeepAlive(x)
	}
}
