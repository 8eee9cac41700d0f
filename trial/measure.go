package trial

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// measurement watches workers, broker and ourselves over a phase.
type measurement struct {
	run             *run
	tally           *tally
	began           int64
	workers, broker process.Usage
	brokerOurs      bool
	self, beside    time.Duration
	machine         process.Machine
	crowd           crowd
	stop            context.CancelFunc
	wg              sync.WaitGroup
	samples         []results.Sample
}

// measure takes the first readings and starts sampling.
func (r *run) measure(t *tally) *measurement {
	ctx, cancel := context.WithCancel(context.Background())
	m := &measurement{run: r, tally: t, stop: cancel, crowd: crowd{waits: &process.Waits{}}}
	m.machine = process.ReadMachine()
	m.broker, m.brokerOurs = r.Broker.Usage()
	m.workers = r.workerUsage()
	m.self, m.beside = process.Self(), r.besideCPU()
	m.began = r.Clock.Now()
	m.wg.Go(func() { m.sample(ctx) })
	return m
}

// end takes the last readings into out.
func (m *measurement) end(out *loaded) {
	ended := m.run.Clock.Now()
	self := process.Self()
	workers := m.run.workerUsage()
	brokerUse, _ := m.run.Broker.Usage()
	machine := process.ReadMachine().Since(m.machine)
	m.stop()
	m.wg.Wait()
	wall := float64(ended-m.began) / 1e9
	out.Workers = usageOf(m.workers, workers, m.run.workerPSS(), wall, true)
	out.BrokerUsage = usageOf(m.broker, brokerUse, m.run.Broker.PSS(), wall, m.brokerOurs)
	out.HarnessUsage = results.Usage{Measured: true, CPUSeconds: (self - m.self).Seconds(), WallSeconds: wall,
		PSSMiB: float64(process.PSS(os.Getpid())) / (1 << 20), Processes: 1}
	out.stretch = stretch{m.began, ended}
	// What a broker that isn't ours used would count as other programs', and so would the framework's client, which has
	// ended when a backlog of its tasks is drained.
	if m.brokerOurs && (out.Producer == suite.Wire || suite.Held(out.Arrivals) || m.run.web != nil) {
		ours := workers.CPU - m.workers.CPU + brokerUse.CPU - m.broker.CPU + self - m.self + m.run.besideCPU() - m.beside
		out.Others = others(machine, ours, workers.Processes+brokerUse.Processes)
	} else {
		for i := range m.samples {
			m.samples[i].Crowded, m.samples[i].Beside = 0, 0
		}
	}
	m.run.series = append(m.run.series, m.samples...)
	m.run.watch.end(out.Phase)
}

// others is the share of the machine's CPU time that went to programs other than ours; processes is how many ours have.
func others(machine process.Machine, ours time.Duration, processes int) float64 {
	if machine.All <= 0 {
		return 0
	}
	// Each process's user and system time is rounded down to a tick, before and after.
	rounding := time.Duration(4*processes) * process.Tick
	return max(0, float64(machine.Busy-ours-rounding)/float64(machine.All))
}

// workerUsage is what the workers have used, those too that were started in the place of others.
func (r *run) workerUsage() process.Usage {
	sum := r.group.Usage()
	for _, g := range r.struck.workers() {
		sum = sum.Plus(g.Usage())
	}
	return sum
}

// workerPSS is the memory of all workers that are there.
func (r *run) workerPSS() int64 {
	sum := r.group.PSS()
	for _, g := range r.struck.workers() {
		sum += g.PSS()
	}
	return sum
}

// besideCPU is the CPU time of what runs beside workers and broker: the service that tasks call, the database that they
// read, the application that enqueues, the proxy before the broker.
func (r *run) besideCPU() time.Duration {
	var used time.Duration
	if r.api != nil {
		used += r.api.Usage().CPU
	}
	if r.database != nil {
		u, _ := r.database.Usage()
		used += u.CPU
	}
	if r.web != nil {
		used += r.web.group.Usage().CPU
	}
	if r.Delay != nil {
		used += r.Delay.Usage().CPU
	}
	return used
}

// sample notes the state at the beginning, ten times a second, and at the end.
func (m *measurement) sample(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	m.samples = append(m.samples, m.take(ctx, false))
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			m.samples = append(m.samples, m.take(context.Background(), false))
			return
		case <-tick.C:
		}
		s := m.take(ctx, n%pssEvery == 0)
		m.samples = append(m.samples, s)
		m.run.watch.note(m, s)
	}
}

// take reads the state once, with the workers' memory where that is asked for.
func (m *measurement) take(ctx context.Context, memory bool) results.Sample {
	machine := m.run.machine.since()
	s := results.Sample{At: m.run.Clock.Now(), Phase: m.tally.name, Done: m.tally.done.Load(), Stolen: int64(machine.Stolen)}
	workers := m.run.workerUsage()
	s.WorkerCPU = workers.CPU.Seconds()
	if u, ours := m.run.Broker.Usage(); ours {
		s.BrokerCPU = u.CPU.Seconds()
		m.crowd.note(s.At, machine, workers.CPU+u.CPU+process.Self()+m.run.besideCPU())
		s.Crowded, s.Beside = int64(m.crowd.crowded), int64(m.crowd.beside)
	}
	depth, err := m.run.Broker.Depth(ctx, m.run.setup.Places)
	if err != nil {
		depth = -1
	}
	s.Depth = depth
	if memory {
		s.WorkerPSS = float64(m.run.workerPSS()) / (1 << 20)
	}
	return s
}
