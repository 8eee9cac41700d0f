package trial

import (
	"context"
	"sync"
	"time"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// machineEvery is how often to read the machine's CPU times. The time stolen between two readings can have stopped the critical path for up to
// the whole interval, so longer intervals would bound its stops less tightly.
const machineEvery = 100 * time.Millisecond

// reading is what the machine had spent by a moment.
type reading struct {
	at int64
	process.Machine
}

// sampler reads the machine's CPU times over the whole of a trial.
type sampler struct {
	clock *clock.Clock
	first reading
	stop  context.CancelFunc
	wg    sync.WaitGroup
	// readings belong to the sampler's goroutine until it is stopped.
	readings []reading
}

// startSampler takes the first reading and continues until the sampler is stopped.
func startSampler(c *clock.Clock) *sampler {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sampler{clock: c, stop: cancel}
	s.first = s.read()
	s.readings = append(s.readings, s.first)
	s.wg.Go(func() { s.run(ctx) })
	return s
}

func (s *sampler) read() reading { return reading{s.clock.Now(), process.ReadMachine()} }

func (s *sampler) run(ctx context.Context) {
	tick := time.NewTicker(machineEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.readings = append(s.readings, s.read())
		}
	}
}

// end stops the sampler and takes the last reading. Only the first call has an effect.
func (s *sampler) end() {
	if s.stop == nil {
		return
	}
	s.stop()
	s.wg.Wait()
	s.stop = nil
	s.readings = append(s.readings, s.read())
}

// since is what the machine has spent since the sampler was started.
func (s *sampler) since() process.Machine { return process.ReadMachine().Since(s.first.Machine) }

// theft is the possible effect of stolen CPU time on stretches of a trial.
type theft struct {
	// stolen is its share of the CPU time that was asked for: stolen / (stolen + busy).
	stolen float64
	// still is the largest share of the stretches for which it can have stopped the critical path.
	still float64
}

// over is the theft over stretches, after the sampler's end.
func (s *sampler) over(stretches ...stretch) theft { return theftOf(s.readings, stretches) }

// theftOf is the theft over stretches of time. Simultaneous theft from several CPUs can't stop one critical path for longer than that time.
func theftOf(readings []reading, stretches []stretch) theft {
	whole := lengthOf(stretches)
	if whole == 0 {
		return theft{}
	}
	var stolen, busy, still float64
	for _, s := range stretches {
		for i := 1; i < len(readings); i++ {
			a, b := readings[i-1], readings[i]
			share := s.share(a.at, b.at)
			spent := b.Since(a.Machine)
			stolen += share * float64(spent.Stolen)
			busy += share * float64(spent.Busy)
			still += share * float64(min(b.at-a.at, int64(spent.Stolen)))
		}
	}
	t := theft{still: min(still/whole, results.MostStill)}
	if stolen+busy > 0 {
		t.stolen = stolen / (stolen + busy)
	}
	return t
}
