package trial

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Hosts are other machines, which run a trial's workers and send its load. They have the broker's URL in common with this one.
type Hosts interface {
	// Open prepares them for a trial. It waits until all are there.
	Open(ctx context.Context, j Job) (Away, error)
}

// Job is what hosts must know of a trial.
type Job struct {
	Trial     int
	Scenario  suite.Scenario
	Broker    string
	Contender string
	// Target has the broker's URL. Its environment is this machine's.
	Target contender.Target
	Seed   uint64
	// Folder takes the workers' probe files, failures and logs.
	Folder string
}

// Away is what the hosts do of one trial. Its other methods are those of a group of processes, over all hosts.
type Away interface {
	crew
	// Start starts the workers: on each host, those of the target.
	Start(ctx context.Context) error
	// Senders is how many hosts send load, if each of them also runs workers; 0 if hosts do one of the two.
	Senders() int
	// Processes are the numbers of worker processes of each host that runs any. CPUs are how many CPUs host i of these has online, and how many
	// of them its workers may run on.
	Processes() []int
	CPUs(i int) (online, workers int)
	// Prepare gives the hosts a load, and waits until all have it: that of a long trace takes a while.
	Prepare(ctx context.Context, o SharedLoad) error
	// Send lets the hosts send the load that they have, each its share, and calls record once for each task that they sent, never concurrently. A
	// schedule starts then, by our clock. It returns the bytes sent.
	Send(ctx context.Context, start int64, record func(Sent)) (bytes int64, err error)
	// OnOurClock turns a record of a probe file in the folder into one of our clock. The true times are at most halfWidth away.
	OnOurClock(file string, p results.Probe) (_ results.Probe, halfWidth int64, err error)
	// Losses are the hosts that were lost in the trial, also as they were started again.
	Losses() []Loss
	// LastWords are those of the first worker that ended, or else of the first one, after its host's name.
	LastWords() string
	// Slews counts, by the host's name, how often its clock contradicted the bound of its drift.
	Slews() map[string]int64
	// Reports are what the hosts used. They end the trial there.
	Reports(ctx context.Context) []results.Host
}

// SharedLoad is a load for several senders.
type SharedLoad struct {
	// Arrivals and Rate are those of the phase; a trace has its times.
	Arrivals string  `json:"arrivals"`
	Rate     int     `json:"rate,omitempty"`
	At       []int64 `json:"at,omitempty"`
	// First is the number of the first task, Count how many there are; Kinds are their kinds, none if all are of the first.
	First int64   `json:"first"`
	Count int     `json:"count"`
	Kinds []uint8 `json:"kinds,omitempty"`
}

// Sent is what a sender notes of the order's task I. The times are as in results.Task, by our clock; the true ones are at most HalfWidth away.
type Sent struct {
	I                     int
	Intended, Sent, Acked int64
	HalfWidth             int64
}

// Loss is a host that was lost.
type Loss struct {
	// Host is its name, and Why what happened to it.
	Host, Why string
	// Load says that it sent load: the share Index of Of is incomplete. Otherwise, it ran workers.
	Load      bool
	Index, Of int
}

// crew are the processes of workers, wherever they are.
type crew interface {
	Exits() ([]process.Exit, <-chan struct{})
	Hold(ctx context.Context) error
	Release()
	Usage() process.Usage
	PSS() int64
	StopCommands(s syscall.Signal, grace time.Duration) (killed int)
	Stop(s syscall.Signal, grace time.Duration) (killed int)
}

// join opens the hosts of the trial, if there are any.
func (r *run) join(ctx context.Context) error {
	if r.Hosts == nil {
		return nil
	}
	why := r.Scenario.OneMachine()
	if r.setup.Lines || len(r.setup.Places) == 0 {
		why = "only the queue's own client can send its tasks"
	}
	if why != "" {
		return NotRun("%s with %s can't run on many machines: %s", r.Scenario.Name, r.Contender.Name(), why)
	}
	away, err := r.Hosts.Open(ctx, Job{Trial: r.Trial.ID, Scenario: r.Scenario, Broker: r.Trial.Broker, Contender: r.Contender.Name(), Target: r.Target, Seed: r.Trial.Seed,
		Folder: r.box.folder})
	if err != nil {
		return err
	}
	r.away, r.ledger.senders = away, away.Senders()
	r.ledger.away, r.fleet.away = away, away
	r.cleanUp.add(func(error) error {
		if r.rec.result.Hosts == nil {
			away.Reports(context.WithoutCancel(ctx))
		}
		return nil
	})
	return r.count()
}

// count counts the commands and processes of the workers on all hosts.
func (r *run) count() error {
	r.probing, r.fleet.elsewhere = 0, 0
	t := r.Target
	for i, n := range r.away.Processes() {
		t.Processes = n
		t.CPUs, t.WorkerCPUs = r.away.CPUs(i)
		setup, err := r.Contender.Setup(t)
		if err != nil {
			return err
		}
		r.probing += setup.Probing
		r.fleet.elsewhere += len(setup.Commands)
	}
	return nil
}

// part ends the trial on the hosts, and notes what they used and which of them were lost.
func (r *run) part(ctx context.Context) error {
	if r.away == nil {
		return nil
	}
	r.rec.result.Hosts = r.away.Reports(ctx)
	for _, h := range r.rec.result.Hosts {
		if h.Throttled > 0 {
			r.rec.addFlagOf(results.FlagThrottled, "", h.Name, results.Fact{Check: results.CheckQuota, Count: h.Throttled, Of: h.Periods,
				Value: h.ThrottledSeconds})
		}
	}
	for _, l := range r.away.Losses() {
		r.rec.addFlagOf(results.FlagHost, "*", l.Host+" "+l.Why, results.Fact{Check: results.CheckHost})
	}
	for name, n := range r.away.Slews() {
		r.rec.addFlagOf(results.FlagClock, clockMetrics(), name, results.Fact{Check: results.CheckSlew, Count: n})
	}
	for i := range r.rec.result.Phases {
		p := &r.rec.result.Phases[i]
		if r.ledger.senders > 0 && (suite.Phase{Arrivals: p.Arrivals}).Scheduled() {
			p.ClockHalfWidth = 0 // latencies are those of tasks that one clock measured
		}
		if p.ClockHalfWidth > 0 && (suite.Phase{Arrivals: p.Arrivals}).Scheduled() {
			r.rec.addFlag(results.FlagClock, "", results.Fact{Check: results.CheckHalfWidth, Phase: p.Name, Value: seconds(p.ClockHalfWidth),
				Limit: seconds(results.ClockWidths * p.ClockHalfWidth)})
		}
	}
	return nil
}

// unrecorded reports whether records of the span's task i may be missing, as a host was lost.
func (s *span) unrecorded(i int, losses []Loss) bool {
	e := &s.tasks[i]
	for _, l := range losses {
		if !l.Load || e.sent == 0 && i < s.sends && i%l.Of == l.Index {
			return true
		}
	}
	return false
}

// lost is the error of hosts that were lost before the load.
func lost(losses []Loss) error {
	var words []string
	for _, l := range losses {
		words = append(words, l.Host+" "+l.Why)
	}
	if words == nil {
		return nil
	}
	return NotRun("%s", strings.Join(words, "; "))
}

// errHosts marks a load that no host could send.
var errHosts = errors.New("send by the hosts")

// prepare gives a span to the hosts that send it, if there are any, and waits until all have it.
func (d *sender) prepare(ctx context.Context, p suite.Phase, s *span) error {
	if d.away == nil {
		return nil
	}
	o := SharedLoad{Arrivals: p.Arrivals, Rate: p.Rate, First: s.first, Count: s.sends, Kinds: s.kinds, At: times(p)}
	if err := d.away.Prepare(ctx, o); err != nil {
		return fmt.Errorf("%w: %w", errHosts, err)
	}
	return nil
}

// sendAway lets the hosts send a span. A scheduled one was prepared before its start was known, and begins when its first task is due by the
// sender's clock.
func (d *sender) sendAway(ctx context.Context, p suite.Phase, s *span, start int64, out *loaded) (bytes int64, err error) {
	if !p.Scheduled() {
		if err := d.prepare(ctx, p, s); err != nil {
			return 0, err
		}
	}
	first := int64(0)
	bytes, err = d.away.Send(ctx, start, func(n Sent) {
		s.widen(n.I, n.HalfWidth)
		s.record(n.I, n.Intended, n.Sent, n.Acked)
		if first == 0 || n.Intended < first {
			first = n.Intended
		}
	})
	if out != nil && p.Scheduled() && first > 0 {
		out.Released = first
	}
	if err != nil {
		return bytes, fmt.Errorf("%w: %w", errHosts, err)
	}
	return bytes, nil
}

// halfWidth is how far a latency of the tally may be from the true one, as its times are of several clocks; 0 on one machine.
func (t *tally) halfWidth() int64 { return t.sentWidth.Load() + t.ranWidth.Load() }

// own reports whether the span's task i, which has a record, ran on the host that sent it.
func (s *span) own(i int) bool {
	return s.senders > 0 && int(s.tasks[i].pid>>results.HostShift) == i%s.senders+1
}

// halfWidth is how far the latency of the span's task i may be from the true one.
func (s *span) halfWidth(i int) int64 {
	e := &s.tasks[i]
	if s.own(i) {
		return 0
	}
	return int64(e.sentWidth) + int64(e.ranWidth)
}

// countOwn counts, for each phase with due times, the tasks that ran on the host that sent them.
func (r *run) countOwn() {
	for i := range r.rec.result.Phases {
		p := &r.rec.result.Phases[i]
		if r.ledger.senders == 0 || !(suite.Phase{Arrivals: p.Arrivals}).Scheduled() {
			continue
		}
		s := r.ledger.find(uint64(p.First))
		for k := range s.tasks {
			if s.tasks[k].ok == 0 {
				continue
			}
			p.OwnOf++
			if s.own(k) {
				p.OwnTasks++
			}
		}
	}
}
