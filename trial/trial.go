// Package trial runs one trial: workers up and proved ready, warm-up, load, drain, every task accounted for, and the
// resources that workers and broker used meanwhile.
package trial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/mockapi"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// ErrNotRun marks a trial that never got to its load or not through it, such as one whose workers did not start.
var ErrNotRun = errors.New("the trial did not run")

// ErrOccupied marks a broker on which tasks already stand where ours would.
var ErrOccupied = errors.New("the broker is in use")

// Config is what a trial needs.
type Config struct {
	Trial    suite.Trial
	Scenario suite.Scenario
	// Contender and its Target, whose URL is the broker's.
	Contender contender.Contender
	Target    contender.Target
	Broker    broker.Broker
	// BrokerSeconds is how long the broker took to start.
	BrokerSeconds float64
	Clock         *clock.Clock
	// Dir takes the trial's files.
	Dir string
	// Delay is the proxy through which the target's URL leads, nil where there is none.
	Delay *netdelay.Link
	// RTT is what it adds to a round trip.
	RTT time.Duration
	// Profile asks for a profile of the workers; nil asks for none.
	Profile *Profile
	// ORMs has the packages that a scenario with a database needs beside the framework's own.
	ORMs workers.Env
	// WorkerCPUs pins the workers; nil leaves them on all CPUs.
	WorkerCPUs []int
	// Turn is the side's part in the turns of its block, which it has when the trial begins; nil where sides go one after
	// the other.
	Turn *Turn
	// Progress is told what is going on; it may be nil.
	Progress func(Progress)
	// Look is told what happens in the phases, a few times a second and never at the same time; it may be nil.
	Look func(Look)
}

// Progress is where a trial stands.
type Progress struct {
	// Stage is "start", "warm-up", "stop" or the name of a phase.
	Stage string
	// Done of Total tasks of the phase have ended; where it lasts a time, so many of its ns have passed.
	Done, Total int64
}

// run is a trial under way.
type run struct {
	Config
	// life is the trial's context. Those of its stages end before it is over.
	life    context.Context
	setup   contender.Setup
	ledger  *ledger
	watch   *watch
	collect *collector
	group   *process.Group
	encoder contender.Encoder // for readiness and warm-up; senders have their own
	rng     *rand.Rand
	result  results.Trial
	// machine is read from the trial's beginning on. measured is from the first of what is measured to the last, stretches
	// are those of the result's phases.
	machine   *sampler
	measured  stretch
	stretches [][]stretch
	series    []results.Sample
	// probes is a temporary folder that goes with the trial, even when we are killed. Logs are written there and kept
	// without secrets: a traceback may show a URL.
	probes string
	// kin is what the ids of tasks begin with that a user's tasks enqueue.
	kin string
	// user is whom all of the framework's programs run as, and whose the folder is; nil means that it is us.
	user   *process.User
	redact redact.Redactor
	// events reads what the workers tell of their tasks, where the scenario asks for that.
	events *subscriber
	// struck is what a recovery did and saw.
	struck struck
	// api is the service that tasks call, where the scenario has one.
	api *mockapi.Process
	// warmCharges is what it charged for the warm-up's orders, which no result counts.
	warmCharges mockapi.Stats
	// database is what tasks fetch rows from, where the scenario has one.
	database broker.Broker
	// web is the web application under load, where the scenario has one.
	web *webApp
	// client is the framework's own, started and not yet used.
	client *Running
	// program is the contender's client where that is a program.
	program *program
}

// lastWordsLimit is how many bytes of a dead worker's log are told.
const lastWordsLimit = 300

// Run runs a trial and writes tasks.parquet, series.parquet and the workers' logs into Dir. The caller writes the
// returned trial beside them. On an error nothing of ours is left running.
func Run(ctx context.Context, c Config) (_ results.Trial, err error) {
	r := &run{Config: c, life: ctx, ledger: &ledger{}, rng: rand.New(rand.NewPCG(c.Trial.Seed, 1))}
	r.kin = newKin()
	r.watch = newWatch(c.Look)
	r.ledger.watch = r.watch
	r.result = results.Trial{
		ID: c.Trial.ID, Block: c.Trial.Block, Scenario: c.Trial.Scenario, Broker: c.Trial.Broker,
		Contender: c.Contender.Name(), Arm: c.Trial.Arm, Defaults: c.Target.Defaults,
		Processes: c.Target.Processes, Concurrency: c.Target.Concurrency,
	}
	r.result.Startup.BrokerSeconds = c.BrokerSeconds
	r.machine = startSampler(c.Clock)
	defer r.machine.end()
	if err := r.arm(ctx); err != nil {
		return r.result, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	defer r.disarm()
	if r.setup, err = c.Contender.Setup(c.Target); err != nil {
		return r.result, err
	}
	if r.encoder, err = c.Contender.Encoder(c.Target); err != nil {
		return r.result, err
	}
	// What we did not put there is never purged.
	depth, err := c.Broker.Depth(ctx, r.setup.Places)
	if err != nil {
		return r.result, err
	}
	if depth > 0 {
		return r.result, fmt.Errorf("%w: %d tasks stand in %s, and they are not ours: give a broker (or a database number) without them",
			ErrOccupied, depth, placeNames(r.setup.Places))
	}
	defer func() {
		// What is left of this trial goes, whatever became of it.
		err = errors.Join(err, r.purge(ctx, err))
	}()
	// Probe files are read while they are written and are of no use later: they stay off the results folder.
	// Workers come and go, and what prepares the broker comes before them: the folder has a guard of its own.
	var keeper *process.Group
	if keeper, r.probes, err = process.Folder(ctx, "tqbench-probe-"); err != nil {
		return r.result, fmt.Errorf("make the probe folder: %w", err)
	}
	defer keeper.Stop(syscall.SIGKILL, 0)
	if err := r.giveUpRoot(); err != nil {
		return r.result, fmt.Errorf("%w: %w", ErrNotRun, err)
	}

	if c.Scenario.Service == suite.MockAPI {
		if r.api, err = mockapi.Start(ctx); err != nil {
			return r.result, fmt.Errorf("%w: %w", ErrNotRun, err)
		}
		defer r.api.Close()
	}
	if c.Scenario.Service == suite.Database {
		if r.database, err = broker.Open(ctx, "postgres", broker.Options{}); err != nil {
			return r.result, fmt.Errorf("%w: the database beside the workers: %w", ErrNotRun, err)
		}
		defer func() { err = errors.Join(err, r.database.Close()) }()
	}
	r.redact = redact.New(secrets(r.environment())...)
	r.tell("start", 0, 0)
	if err := r.prepare(ctx); err != nil {
		return r.result, errors.Join(err, r.keepLogs())
	}
	if err := r.startProgram(ctx); err != nil {
		return r.result, errors.Join(err, r.keepLogs())
	}
	if r.program != nil {
		defer r.program.stop()
	}
	if c.Scenario.Measure == suite.Codec {
		if err := r.codec(ctx); err != nil {
			return r.result, errors.Join(err, r.keepLogs())
		}
	}
	if c.Scenario.Measure == suite.Start {
		if err = r.coldStarts(ctx); err == nil {
			err = r.finish()
		}
		return r.result, err
	}
	if c.Scenario.Events == suite.EventsConsumed {
		if r.setup.Events == nil {
			return r.result, fmt.Errorf("%w: %s tells no events", ErrNotRun, c.Contender.Name())
		}
		// The harness's own connection is direct, whatever stands between workers and broker.
		if r.events, err = subscribe(ctx, c.Broker.URL(), *r.setup.Events, c.Clock); err != nil {
			return r.result, fmt.Errorf("%w: %w", ErrNotRun, err)
		}
		defer r.events.close()
	}
	began := c.Clock.Now()
	if r.group, err = process.Start(ctx, r.commands(), r.probes); err != nil {
		return r.result, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	defer func() {
		if err != nil {
			for _, g := range r.struck.workers() {
				g.Stop(syscall.SIGKILL, 0)
			}
			r.group.StopCommands(syscall.SIGKILL, 0)
			err = errors.Join(err, r.keepLogs())
			r.group.Stop(syscall.SIGKILL, 0)
		}
	}()
	r.collect = newCollector(r.probes, c.Clock, r.ledger)
	defer r.collect.close()

	defer func() {
		if r.client != nil {
			r.client.Stop()
		}
	}()
	if err := r.load(ctx, began); err != nil {
		return r.result, spoiled(ctx, err)
	}
	if err := r.stop(ctx); err != nil {
		return r.result, spoiled(ctx, err)
	}
	if r.events != nil {
		if err := r.events.finish(ctx); err != nil {
			return r.result, spoiled(ctx, err)
		}
		for name, v := range r.events.values(r.result.Phases, r.ledger.finished()) {
			r.value(name, v)
		}
	}
	if r.api != nil {
		st, err := r.api.Stats(ctx)
		if err != nil {
			return r.result, err
		}
		r.value(metric.APIAdded, st.AddedP99Ms)
		before := r.warmCharges
		if charged, twice := st.Charged-before.Charged, st.Twice-before.Twice; charged > 0 {
			r.value(metric.ChargedTwice, float64(twice))
			r.value(metric.Declined, float64(st.Declined-before.Declined))
			if twice > 0 {
				r.addFlag(results.FlagDuplicated, "*", "%d of %d orders were charged more than once", twice, charged)
			}
		}
	}
	err = r.finish()
	return r.result, err
}

// finish accounts for all tasks and writes what was seen of them.
func (r *run) finish() error {
	var account accounting.Counts
	r.result.Counts, account = r.ledger.counts()
	r.result.Accounting = &account
	r.watch.account()
	r.theft()
	r.flag()
	if r.Scenario.Measure == suite.Recovery {
		r.recoveryValues()
	}
	if err := results.WriteTasks(r.Dir, r.ledger.rows(r.Scenario.Kinds())); err != nil {
		return err
	}
	return results.WriteSeries(r.Dir, r.series)
}

// prepare makes what must be there before a message or a worker comes: queues and what the framework's own commands make
// on the broker, such as tables, and the rows of a database.
func (r *run) prepare(ctx context.Context) error {
	for i, argv := range r.setup.Prepare {
		if err := r.prepared(ctx, fmt.Sprintf("prepare-%d.log", i+1), r.Contender.Name()+" could not make what it needs on the broker", argv); err != nil {
			return err
		}
	}
	if r.database != nil {
		argv := []string{r.Target.Env.Python, "-m", "tqbench.models_sqlalchemy"}
		if err := r.prepared(ctx, "prepare-database.log", "the database's rows could not be made", argv); err != nil {
			return err
		}
	}
	if err := r.Broker.Declare(ctx, r.setup.Places); err != nil {
		return fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	return nil
}

// prepared runs a command that must succeed; otherwise the error is failed, with the log's last words.
func (r *run) prepared(ctx context.Context, name, failed string, argv []string) error {
	log := filepath.Join(r.probes, name)
	exit, _, err := r.toItsEnd(ctx, process.Command{Argv: argv, Log: log})
	if err != nil {
		return err
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return fmt.Errorf("%w: %s (%s): %s", ErrNotRun, failed, exit, r.lastWords(log))
	}
	return nil
}

// toItsEnd runs a program in the workers' environment, and tells how it ended and how long that took.
func (r *run) toItsEnd(ctx context.Context, c process.Command) (exit process.Exit, took int64, err error) {
	c.Env, c.Dir, c.User = r.environ(), r.probes, r.user
	group, err := process.Start(ctx, []process.Command{c})
	if err != nil {
		return exit, 0, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	defer group.Stop(syscall.SIGKILL, 0)
	exit, err = group.Wait(ctx)
	return exit, r.Clock.Now() - group.Began(), err
}

func placeNames(places []broker.Place) string {
	var names []string
	for _, p := range places {
		names = append(names, p.Key)
	}
	return strings.Join(names, ", ")
}

// commands are the workers' command lines, each with a log of its own.
func (r *run) commands() []process.Command {
	env := r.environ()
	var out []process.Command
	for i, argv := range r.setup.Commands {
		out = append(out, process.Command{
			Argv: r.memoryCommand(i, argv), Env: env, Dir: r.probes, CPUs: r.WorkerCPUs, User: r.user,
			Log: r.workerLog(i),
		})
	}
	return out
}

// environ is the environment of every process of the framework's.
func (r *run) environ() []string { return r.Target.Env.Environ(r.environment()) }

// environment is what this trial sets of it.
func (r *run) environment() map[string]string {
	set := map[string]string{"TQBENCH_PROBE_DIR": r.probes, "HOME": r.probes, "TMPDIR": r.probes}
	if r.Target.Own != nil {
		set["TQBENCH_KIN"] = r.kin
	}
	if r.api != nil {
		set["TQBENCH_MOCKAPI_URL"] = r.api.URL
	}
	for k, v := range r.setup.Environ {
		set[k] = v
	}
	// Behind the framework's own packages, of which these may have some, too.
	path := []string{cmp.Or(set["PYTHONPATH"], r.Target.Env.Path())}
	if r.database != nil {
		set["TQBENCH_DATABASE_URL"] = r.database.URL()
		path = append(path, r.ORMs.Packages)
	}
	if r.Profile != nil {
		path = append(path, r.Profile.Env.Packages)
	}
	set["PYTHONPATH"] = strings.Join(path, string(os.PathListSeparator))
	return set
}
