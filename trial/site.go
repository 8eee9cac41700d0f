package trial

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/suite"
)

// Site are the workers of a trial on a host that has no other part of it.
type Site struct {
	setup  contender.Setup
	box    *sandbox
	fleet  *fleet
	keeper *process.Group
}

// NewSite makes what the workers need. They end with ctx.
func NewSite(ctx context.Context, c contender.Contender, t contender.Target, clk *clock.Clock) (_ *Site, err error) {
	setup, err := c.Setup(t)
	if err != nil {
		return nil, err
	}
	s := &Site{setup: setup, box: newSandbox(Config{Target: t, Clock: clk}, setup.Environ)}
	if s.keeper, s.box.folder, err = process.Folder(ctx, "tqbench-site-"); err != nil {
		return nil, fmt.Errorf("make the probe folder: %w", err)
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	s.box.dir = filepath.Join(s.box.folder, "kept")
	if err = os.Mkdir(s.box.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for logs: %w", err)
	}
	if err = s.box.giveUpRoot(); err != nil {
		return nil, err
	}
	s.box.redact = s.box.redactor()
	s.fleet = &fleet{life: ctx, name: c.Name(), argv: setup.Commands, box: s.box}
	return s, nil
}

// Start starts the workers.
func (s *Site) Start() error { return s.fleet.start(s.fleet.commands()) }

// Crew are the started workers, nil before.
func (s *Site) Crew() *process.Group { return s.fleet.own }

// Folders are where probe files and notes of failures grow, and where logs are after KeepLogs.
func (s *Site) Folders() (records, logs string) { return s.box.folder, s.box.dir }

// KeepLogs writes the workers' logs without secrets, and without their middle if they are long.
func (s *Site) KeepLogs() error { return s.box.keepLogs() }

// LastWords are the end of a worker's log, without secrets.
func (s *Site) LastWords(command int) string { return s.box.lastWords(s.box.workerLog(command)) }

// Close ends the workers and removes the folders.
func (s *Site) Close() {
	if s.fleet != nil && s.fleet.own != nil {
		s.fleet.own.Stop(syscall.SIGKILL, 0)
	}
	s.keeper.Stop(syscall.SIGKILL, 0)
}

// Sending is the sending side of a trial on a host that has no other part of it.
type Sending struct {
	Clock     *clock.Clock
	Scenario  suite.Scenario
	Contender contender.Contender
	Target    contender.Target
	Seed      uint64
	Broker    broker.Broker
}

// Send sends a share of a load, whose schedule starts then by this host's clock, and calls record once for each of its tasks, never concurrently.
func (s Sending) Send(ctx context.Context, o SharedLoad, share loadgen.Share, start int64, record func(Sent)) (bytes int64, err error) {
	// Each sender draws the ids of its tasks from a separate stream.
	d := &sender{clock: s.Clock, scenario: s.Scenario, contender: s.Contender, target: s.Target, broker: s.Broker,
		seed: rand.New(rand.NewPCG(s.Seed, uint64(share.Index)+1)).Uint64()}
	l := d.wire(&span{tally: &tally{}, first: o.First, sends: o.Count, kinds: o.Kinds})
	var mu sync.Mutex
	whole := l.NewEncode
	l.N = share.Count(o.Count)
	l.Record = func(i int, intended, sent, acked int64) {
		mu.Lock()
		defer mu.Unlock()
		record(Sent{I: share.Task(i), Intended: intended, Sent: sent, Acked: acked})
	}
	l.NewEncode = func() (loadgen.Encode, error) {
		encode, err := whole()
		if err != nil {
			return nil, err
		}
		return func(dst []byte, m *broker.Message, i int) ([]byte, error) { return encode(dst, m, share.Task(i)) }, nil
	}
	switch {
	case l.N == 0:
		return 0, nil
	case o.Arrivals == suite.Backlog:
		return loadgen.Backlog(ctx, s.Clock, l)
	}
	return loadgen.Paced(ctx, s.Clock, start, share.Arrivals(schedule(o.Arrivals, o.Rate, o.At, s.Seed)), l)
}

// schedule are the arrivals of a phase.
func schedule(arrivals string, rate int, at []int64, seed uint64) loadgen.Arrivals {
	switch arrivals {
	case suite.Trace:
		return &loadgen.Trace{At: at}
	case suite.Poisson:
		return loadgen.NewPoisson(float64(rate), seed)
	}
	return &loadgen.Constant{Rate: uint64(rate), Period: time.Second}
}

// times are the recorded times of a trace, in ns after its start.
func times(p suite.Phase) (at []int64) {
	for _, a := range p.Recorded {
		at = append(at, int64(a.At*float64(time.Second)))
	}
	return at
}
