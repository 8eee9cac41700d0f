package trial

import (
	"context"
	"errors"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
)

// Observer is a trial's work, besides its load, to observe results.
type Observer struct {
	Name string
	// Every is the interval; 0 means once, after the load.
	Every time.Duration
	Do    func(ctx context.Context) error
}

// Watched is what observers look at.
type Watched struct {
	Clock  *clock.Clock
	Broker broker.Broker
	Setup  contender.Setup
	// Workers write their probe files and logs into Folder.
	Workers *process.Group
	Folder  string
	// Logs takes their logs, without secrets that Redact knows.
	Logs   string
	Redact redact.Redactor
}

// Observers are those of any trial, to measure their cost. close ends them.
func Observers(w Watched) (all []Observer, close func()) {
	box := &sandbox{dir: w.Logs, folder: w.Folder, redact: w.Redact}
	workers := &fleet{group: w.Workers, own: w.Workers}
	machine := &sampler{clock: w.Clock}
	collect := newCollector(w.Folder, w.Clock, &ledger{})
	m := &measurement{tally: &tally{}, meter: &meter{clock: w.Clock, broker: w.Broker, places: w.Setup.Places, fleet: workers,
		rec: &recorder{machine: machine}}}
	return []Observer{
		{"CPU time, and tasks on the broker", sampleEvery, func(ctx context.Context) error {
			if s := m.take(ctx, false); s.Depth < 0 {
				return errors.New("the broker does not report its tasks")
			}
			return nil
		}},
		{"the machine's CPU time", machineEvery, func(context.Context) error {
			if machine.read().All == 0 {
				return errors.New("the kernel does not report the machine's CPU time")
			}
			return nil
		}},
		{"memory", sampleEvery * pssEvery, func(context.Context) error {
			if workers.pss() == 0 {
				return errors.New("the workers have no memory")
			}
			return nil
		}},
		{"looking for records", collectEvery, func(context.Context) error { return collect.read() }},
		{"keeping the logs", 0, func(context.Context) error { return box.keepLogs() }},
	}, collect.close
}

// WatchEvery is how often a trial's watcher gets a look.
const WatchEvery = watchEvery

// Recorder takes the times of n tasks from a sender, as a trial does.
func Recorder(n int) func(i int, intended, sent, acked int64) {
	return (&span{tally: &tally{}, tasks: make([]entry, n), sends: n}).record
}
