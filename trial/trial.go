// Package trial runs one trial: workers started and proved ready, warm-up, load, drain, every task accounted for, and the resources that
// workers and broker used. The scenario's measure says what is measured and how: ways lists them.
package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// ErrNotRun marks a trial without a complete load, such as one whose workers did not start.
var ErrNotRun = errors.New("the trial did not run")

// NotRun makes an error that is ErrNotRun. Its text is the reason alone, which is what a result keeps. The arguments are those of fmt.Errorf.
func NotRun(format string, args ...any) error { return &notRunError{fmt.Errorf(format, args...)} }

type notRunError struct{ reason error }

func (e *notRunError) Error() string        { return e.reason.Error() }
func (e *notRunError) Unwrap() error        { return e.reason }
func (e *notRunError) Is(target error) bool { return target == ErrNotRun }

// ErrOccupied marks a broker that already has tasks where ours would be.
var ErrOccupied = errors.New("the broker is in use")

// Config is what a trial needs.
type Config struct {
	Trial    suite.Trial
	Scenario suite.Scenario
	// Contender and its Target, whose URL is the broker's.
	Contender contender.Contender
	Target    contender.Target
	// Hosts run the workers and send the load; nil leaves both to this machine.
	Hosts  Hosts
	Broker broker.Broker
	// Left is what earlier trials left on a shared broker, nil on a private one.
	Left *Left
	// BrokerSeconds is how long the broker took to start.
	BrokerSeconds float64
	Clock         *clock.Clock
	// Dir takes the trial's files.
	Dir string
	// Delay is the proxy in the target's URL, or nil.
	Delay *netdelay.Link
	// RTT is what it adds to a round trip.
	RTT time.Duration
	// Profile asks for a profile of the workers; nil asks for none.
	Profile *Profile
	// ORMs has the packages that a scenario with a database needs besides the framework's own.
	ORMs workers.Env
	// WorkerCPUs pins the workers; nil leaves them on all CPUs.
	WorkerCPUs []int
	// Wait is how long after the kill of workers to wait for their tasks, as the plan says; 0 means until the drain's limit.
	Wait time.Duration
	// Turn is the side's part in the turns of its block, which it has when the trial begins; nil if sides run one after the other.
	Turn *Turn
	// Progress receives the stages; it may be nil.
	Progress func(Progress)
	// Look receives what happens in the phases, a few times a second and never concurrently; it may be nil.
	Look func(Look)
}

// Progress is a trial's stage.
type Progress struct {
	// Stage is "start", "warm-up", "stop" or the name of a phase.
	Stage string
	// Done of Total tasks of the phase have ended; if it lasts a time, both are in ns.
	Done, Total int64
	// Pace is how many tasks the workers ended per second in the warm-up, 0 until that is known.
	Pace float64
}

// Run runs a trial and writes tasks.parquet, series.parquet and the workers' logs into Dir. The caller writes the returned trial next to
// them. After an error, none of our processes is left.
func Run(ctx context.Context, c Config) (_ results.Trial, err error) {
	r, err := newRun(ctx, c)
	defer func() { err = spoiled(ctx, r.cleanUp.run(err)) }()
	if err != nil {
		return r.rec.result, err
	}
	for _, stage := range r.stages() {
		if err := stage(ctx); err != nil {
			return r.rec.result, err
		}
	}
	return r.rec.result, nil
}

// stages are a trial's stages, in order.
func (r *run) stages() []stage {
	start := []stage{r.arm, r.claim, r.furnish, r.serve, r.prepare, r.join, r.connect, r.way.alone}
	if r.way.traits().ownWorkers {
		return append(start, r.collecting(r.measure), r.finish)
	}
	return append(start, r.subscribe, r.startWorkers, r.collecting(r.ready, r.warmUp, r.measure), r.stop, r.part, r.conclude, r.finish)
}
