package trial

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// measurement watches workers, broker and ourselves over a phase.
type measurement struct {
	run             *run
	span            *span
	began           int64
	workers, broker process.Usage
	brokerOurs      bool
	self            time.Duration
	stolen, total   int64
	stop            context.CancelFunc
	wg              sync.WaitGroup
	samples         []results.Sample
}

// measure takes the first readings and starts sampling.
func (r *run) measure(s *span) *measurement {
	ctx, cancel := context.WithCancel(context.Background())
	m := &measurement{run: r, span: s, stop: cancel}
	m.stolen, m.total = process.Steal()
	m.broker, m.brokerOurs = r.Broker.Usage()
	m.workers = r.group.Usage()
	m.self = process.Self()
	m.began = r.Clock.Now()
	m.wg.Go(func() { m.sample(ctx) })
	return m
}

// end takes the last readings into out.
func (m *measurement) end(out *results.Phase) {
	ended := m.run.Clock.Now()
	self := process.Self()
	workers := m.run.group.Usage()
	brokerUse, _ := m.run.Broker.Usage()
	stolen, total := process.Steal()
	m.stop()
	m.wg.Wait()
	wall := float64(ended-m.began) / 1e9
	out.Workers = usageOf(m.workers, workers, m.run.group.PSS(), wall, true)
	out.BrokerUsage = usageOf(m.broker, brokerUse, m.run.Broker.PSS(), wall, m.brokerOurs)
	out.HarnessUsage = results.Usage{Measured: true, CPUSeconds: (self - m.self).Seconds(), WallSeconds: wall,
		PSSMiB: float64(process.PSS(os.Getpid())) / (1 << 20), Processes: 1}
	if total > m.total {
		out.Steal = float64(stolen-m.stolen) / float64(total-m.total)
	}
	m.run.series = append(m.run.series, m.samples...)
}

// sample notes the state ten times a second.
func (m *measurement) sample(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s := results.Sample{At: m.run.Clock.Now(), Phase: m.span.name, Done: m.span.done.Load()}
		depth, err := m.run.Broker.Depth(ctx, m.run.setup.Places)
		if err != nil {
			depth = -1
		}
		s.Depth = depth
		s.WorkerCPU = m.run.group.Usage().CPU.Seconds()
		if u, ours := m.run.Broker.Usage(); ours {
			s.BrokerCPU = u.CPU.Seconds()
		}
		if n%pssEvery == 0 {
			s.WorkerPSS = float64(m.run.group.PSS()) / (1 << 20)
		}
		m.samples = append(m.samples, s)
	}
}
