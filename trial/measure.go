package trial

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

const (
	sampleEvery = 100 * time.Millisecond
	// pssEvery is the number of samples between two readings of memory, for which the kernel walks page tables.
	pssEvery = 10
)

// meter measures phases' use of the machine.
type meter struct {
	clock  *clock.Clock
	broker broker.Broker
	places []broker.Place
	fleet  *fleet
	rec    *recorder
	watch  *watch
}

// measurement watches workers, broker and ourselves over a phase.
type measurement struct {
	meter           *meter
	tally           *tally
	began           int64
	workers, broker process.Usage
	brokerOurs      bool
	// server is the CPU time that a broker says it had used at first; 0 if it didn't say.
	server     time.Duration
	self, ours time.Duration
	machine    process.Machine
	stop       context.CancelFunc
	wg         sync.WaitGroup

	// mu is locked while a sample is taken. Between pause and resume there are none: others have their turn, and must not be disturbed.
	mu      sync.Mutex
	crowd   crowd
	samples []results.Sample
	pauses  pauses
}

// pauses add up what passes while other sides have their turn. All sides of a block are in this one process, so what it uses meanwhile is theirs.
type pauses struct {
	mu sync.Mutex
	// began is when the pause began, 0 outside of one; selfBegan is what this process had used by then.
	began     int64
	selfBegan time.Duration
	// away is the total length of the pauses that are over, and self the CPU time of this process in them.
	away int64
	self time.Duration
}

func (p *pauses) begin(now int64, self time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began, p.selfBegan = now, self
}

// end ends the pause, if there is one.
func (p *pauses) end(now int64, self time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began == 0 {
		return
	}
	p.away += now - p.began
	p.self += self - p.selfBegan
	p.began = 0
}

// used is the CPU time of this process in all pauses, also in the present one, where it had used self in all by now.
func (p *pauses) used(self time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began > 0 {
		return p.self + self - p.selfBegan
	}
	return p.self
}

// measure takes the first readings and starts sampling.
func (e *meter) measure(t *tally) *measurement {
	ctx, cancel := context.WithCancel(context.Background())
	m := &measurement{meter: e, tally: t, stop: cancel, crowd: crowd{waits: &process.Waits{}}}
	m.machine = process.ReadMachine()
	m.broker, m.brokerOurs = e.broker.Usage()
	m.server = m.serverCPU()
	m.workers = e.fleet.usage()
	m.self, m.ours = process.Self(), process.Ours()
	m.began = e.clock.Now()
	m.wg.Go(func() { m.sample(ctx) })
	return m
}

// pause takes a sample, and none after it until the measurement is resumed.
func (m *measurement) pause(ctx context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.samples = append(m.samples, m.take(ctx, false))
	m.pauses.begin(m.meter.clock.Now(), process.Self())
}

// resume takes a sample and continues.
func (m *measurement) resume(ctx context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pauses.end(m.meter.clock.Now(), process.Self())
	m.samples = append(m.samples, m.take(ctx, false))
}

// end takes the last readings into out.
func (m *measurement) end(out *loaded) {
	ended := m.meter.clock.Now()
	self := process.Self()
	workers := m.meter.fleet.usage()
	brokerUse, _ := m.meter.broker.Usage()
	ours, machine := process.Ours()-m.ours, process.ReadMachine().Since(m.machine)
	m.stop()
	m.wg.Wait()
	m.pauses.end(ended, self)
	wall := float64(ended-m.began-m.pauses.away) / 1e9
	out.Workers = usageOf(m.workers, workers, m.meter.fleet.pss(), wall, true)
	out.BrokerUsage = usageOf(m.broker, brokerUse, m.meter.broker.PSS(), wall, m.brokerOurs)
	if server := m.serverCPU(); m.server > 0 && server > m.server && m.pauses.away == 0 {
		out.ServerCPUSeconds = (server - m.server).Seconds()
	}
	out.HarnessUsage = results.Usage{Measured: true, CPUSeconds: m.ownUse(self).Seconds(), WallSeconds: wall,
		PSSMiB: float64(process.PSS(os.Getpid())) / (1 << 20), Processes: 1}
	out.stretches = []stretch{{m.began, ended}}
	if m.brokerOurs { // the use by a shared broker would count as other programs'
		out.Others = others(machine, ours, workers.Processes+brokerUse.Processes)
	}
	m.meter.rec.series = append(m.meter.rec.series, m.samples...)
	m.meter.watch.end(out.Phase)
}

// ownUse is what this process has used for the measured side, self being what it has used in all.
func (m *measurement) ownUse(self time.Duration) time.Duration {
	return self - m.self - m.pauses.used(self)
}

// serverLimit bounds a question to the broker that no result needs.
const serverLimit = time.Second

// serverCPU is what a broker whose processes aren't ours says of its CPU time; 0 if it doesn't say.
func (m *measurement) serverCPU() time.Duration {
	b, ok := m.meter.broker.(interface {
		ServerCPU(ctx context.Context) (time.Duration, error)
	})
	if !ok || m.brokerOurs {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), serverLimit)
	defer cancel()
	used, err := b.ServerCPU(ctx)
	if err != nil {
		return 0 // it is evidence, and no result needs it
	}
	return used
}

// others is the share of the machine's CPU time that other programs used; processes is the number of ours.
func others(machine process.Machine, ours time.Duration, processes int) float64 {
	if machine.All <= 0 {
		return 0
	}
	// Each process's user and system time is rounded down to a tick, before and after.
	rounding := time.Duration(4*processes) * process.Tick
	return max(0, float64(machine.Busy-ours-rounding)/float64(machine.All))
}

// sample records the state at the beginning, ten times a second unless the measurement is paused, and at the end.
func (m *measurement) sample(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	note := func(ctx context.Context, memory bool) (results.Sample, bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.pauses.began > 0 {
			return results.Sample{}, false
		}
		s := m.take(ctx, memory)
		m.samples = append(m.samples, s)
		return s, true
	}
	note(ctx, false)
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.Background(), serverLimit)
			note(last, false)
			cancel()
			return
		case <-tick.C:
		}
		if s, ok := note(ctx, n%pssEvery == 0); ok {
			m.meter.watch.note(m, s)
		}
	}
}

// take reads the state once, while mu is locked, on request with the workers' memory.
func (m *measurement) take(ctx context.Context, memory bool) results.Sample {
	machine := m.meter.rec.machine.since()
	s := results.Sample{At: m.meter.clock.Now(), Phase: m.tally.name, Done: m.tally.done.Load(), Stolen: int64(machine.Stolen)}
	s.WorkerCPU = m.meter.fleet.usage().CPU.Seconds()
	if u, ours := m.meter.broker.Usage(); ours {
		s.BrokerCPU = u.CPU.Seconds()
		m.crowd.note(s.At, machine, process.Ours())
		s.Crowded, s.Beside = int64(m.crowd.crowded), int64(m.crowd.beside)
	}
	depth, err := m.meter.broker.Depth(ctx, m.meter.places)
	if err != nil {
		depth = -1
	}
	s.Depth = depth
	if memory {
		s.WorkerPSS = float64(m.meter.fleet.pss()) / (1 << 20)
	}
	return s
}

// usageOf is the use between two readings.
func usageOf(before, after process.Usage, pss int64, wall float64, measured bool) results.Usage {
	return results.Usage{
		Measured: measured, CPUSeconds: (after.CPU - before.CPU).Seconds(), WallSeconds: wall,
		PSSMiB:            float64(pss) / (1 << 20),
		VoluntarySwitches: after.Voluntary - before.Voluntary, InvoluntarySwitches: after.Involuntary - before.Involuntary,
		Processes: after.Processes,
	}
}
