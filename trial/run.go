package trial

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// stage is a part of a trial's life.
type stage func(ctx context.Context) error

// run is a trial under way, with the objects that each do a part of it.
type run struct {
	Config
	way     way
	setup   contender.Setup
	encoder contender.Encoder // for readiness; senders have their own
	rng     *rand.Rand
	ledger  *ledger
	watch   *watch
	rec     *recorder
	cleanUp cleanUp

	box        *sandbox
	away       Away // nil on one machine
	probing    int  // how many processes will run tasks, over all hosts
	fleet      *fleet
	profiler   *profiler
	companions []companion

	// These follow once the sender is known.
	collect *collector
	sender  *sender
	clients *clients
	holder  *holder
	waiter  *waiter
	meter   *meter
	prober  *prober
	warmer  *warmer
	driver  *driver

	// began is when the workers were started, before is what clients send before they are ready.
	began  int64
	before []*span
}

func newRun(ctx context.Context, c Config) (_ *run, err error) {
	r := &run{Config: c, rng: rand.New(rand.NewPCG(c.Trial.Seed, 1)), watch: newWatch(c.Look)}
	r.ledger = &ledger{watch: r.watch}
	r.rec = &recorder{progress: c.Progress, machine: startSampler(c.Clock), result: results.Trial{
		ID: c.Trial.ID, Block: c.Trial.Block, Scenario: c.Trial.Scenario, Broker: c.Trial.Broker,
		Contender: c.Contender.Name(), Arm: c.Trial.Arm, Defaults: c.Target.Defaults,
		Processes: c.Target.Processes, Concurrency: c.Target.Concurrency,
	}}
	r.rec.result.Startup.BrokerSeconds = c.BrokerSeconds
	r.cleanUp.add(func(error) error { r.rec.machine.end(); return nil })
	r.fleet = &fleet{life: ctx, name: c.Contender.Name()}
	r.way, err = newWay(r)
	return r, err
}

// arm prepares the trial's fault.
func (r *run) arm(ctx context.Context) error {
	if err := r.way.arm(ctx); err != nil {
		return NotRun("%w", err)
	}
	return nil
}

// claim sets up the contender on the broker, which must be empty: data that we did not put there are never purged.
func (r *run) claim(life context.Context) (err error) {
	if r.setup, err = r.Contender.Setup(r.Target); err != nil {
		return err
	}
	if r.encoder, err = r.Contender.Encoder(r.Target); err != nil {
		return err
	}
	ctx, cancel := asking(life)
	defer cancel()
	if err := r.Left.remove(ctx, r.Broker, slices.Concat(r.setup.Places, r.setup.Leftovers)); err != nil {
		return fmt.Errorf("remove what an earlier trial left: %w", orCause(ctx, err))
	}
	r.probing = r.setup.Probing
	depth, err := r.Broker.Depth(ctx, r.setup.Places)
	if err != nil {
		return orCause(ctx, err)
	}
	if depth > 0 {
		return fmt.Errorf("%w: it has tasks that are not ours (%d in %s): use a broker (or a database number) without them",
			ErrOccupied, depth, placeNames(r.setup.Places))
	}
	// Remove the trial's leftovers after any outcome.
	r.cleanUp.add(func(err error) error { return r.purge(life, err) })
	return nil
}

func placeNames(places []broker.Place) string {
	var names []string
	for _, p := range places {
		names = append(names, p.Key)
	}
	return strings.Join(names, ", ")
}

// furnish makes the folder in which the framework's programs run.
func (r *run) furnish(ctx context.Context) error {
	r.box = newSandbox(r.Config, r.setup.Environ)
	r.fleet.argv, r.fleet.box = r.setup.Commands, r.box
	r.profiler = &profiler{box: r.box, fleet: r.fleet, rec: r.rec,
		of: fmt.Sprintf("%s on %s, %s", r.Contender.Name(), r.Target.Broker, r.Scenario.Name)}
	// Probe files are read while they are written and useless later: they stay out of the results folder.
	// Workers come and go, and preparing the broker comes before them, so the folder has its own guard.
	keeper, folder, err := process.Folder(ctx, "tqbench-probe-")
	if err != nil {
		return fmt.Errorf("make the probe folder: %w", err)
	}
	r.cleanUp.add(func(error) error { keeper.Stop(syscall.SIGKILL, 0); return nil })
	r.box.folder = folder
	if err := r.box.giveUpRoot(); err != nil {
		return NotRun("%w", err)
	}
	return nil
}

// prepare creates what must exist before a message or a worker comes: queues, what the framework's own commands create on the broker, such
// as tables, and the rows of a database.
func (r *run) prepare(ctx context.Context) error {
	for i, argv := range r.setup.Prepare {
		if err := r.box.must(ctx, fmt.Sprintf("prepare-%d.log", i+1), r.Contender.Name()+" could not make what it needs on the broker", argv); err != nil {
			return err
		}
	}
	if r.box.database != "" {
		argv := []string{r.Target.Env.Python, "-m", "tqbench.models_sqlalchemy"}
		if err := r.box.must(ctx, "prepare-database.log", "the database's rows could not be made", argv); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, declareLimit, NotRun("the broker did not make the queues within %s", declareLimit))
	defer cancel()
	if err := r.Broker.Declare(ctx, r.setup.Places); err != nil {
		return orCause(ctx, err)
	}
	return nil
}

// connect starts the contender's client, if it is a program, and lets it send where only it can.
func (r *run) connect(ctx context.Context) error {
	r.clients = &clients{box: r.box, app: r.setup.App}
	if len(r.setup.Client) > 0 {
		c := process.Command{Argv: r.setup.Client, Env: r.box.environ(), Dir: r.box.folder, User: r.box.user, Log: filepath.Join(r.box.folder, "client.log")}
		p, err := startProgram(ctx, c, r.box.redact)
		if err != nil {
			return err
		}
		r.cleanUp.add(func(error) error { p.stop(); return nil })
		r.clients.program = p
		if r.setup.Lines {
			r.Broker = lineBroker{r.Broker, p}
		}
		if len(r.setup.Places) == 0 {
			asked, cancel := asking(ctx)
			defer cancel()
			if _, err := r.Broker.Depth(asked, nil); err != nil {
				return orCause(asked, err)
			}
		}
	}
	r.assemble()
	return nil
}

// assemble makes what sends, waits and measures, with the broker's final address.
func (r *run) assemble() {
	r.collect = newCollector(r.box.folder, r.Clock, r.ledger)
	r.collect.away = r.away
	r.sender = &sender{clock: r.Clock, scenario: r.Scenario, contender: r.Contender, target: r.Target, seed: r.Trial.Seed, ledger: r.ledger, broker: r.Broker, away: r.away}
	r.clients.sender, r.clients.timer = r.sender, loadgen.NewTimer(r.Clock)
	r.waiter = &waiter{clock: r.Clock, broker: r.Broker, places: r.setup.Places, fleet: r.fleet, ledger: r.ledger, collect: r.collect, rec: r.rec,
		limit: time.Duration(r.Scenario.Limit), faulty: r.way.traits().faulty, own: r.Scenario.Own != nil}
	r.holder = &holder{clock: r.Clock, broker: r.Broker, places: r.setup.Places, fleet: r.fleet, collect: r.collect, rec: r.rec, rng: r.rng,
		rtt: r.RTT, turn: r.Turn, held: int64(r.probing * r.Scenario.Concurrency)}
	r.meter = &meter{clock: r.Clock, broker: r.Broker, places: r.setup.Places, fleet: r.fleet, rec: r.rec, watch: r.watch}
	r.prober = &prober{clock: r.Clock, broker: r.Broker, encoder: r.encoder, rng: r.rng, ledger: r.ledger, collect: r.collect, rec: r.rec,
		fleet: r.fleet, waiter: r.waiter, processes: r.probing}
	r.warmer = &warmer{clock: r.Clock, sender: r.sender, waiter: r.waiter, rec: r.rec, limit: time.Duration(r.Scenario.Warmup.Limit),
		first: warmFirst, processes: r.probing}
	if r.Scenario.Own != nil {
		// A user's task may take long: as many as the workers can hold are enough until a rate is known.
		r.warmer.first, r.warmer.clients = int(r.holder.held), r.clients
		r.warmer.byClient = r.Scenario.Phases[0].Producer == suite.Client
	}
	processes := r.Scenario.Processes
	if r.away != nil {
		processes = 0
		for _, n := range r.away.Processes() {
			processes += n
		}
	}
	r.driver = &driver{clock: r.Clock, scenario: r.Scenario, processes: processes, sender: r.sender, clients: r.clients, holder: r.holder, waiter: r.waiter, meter: r.meter,
		profiler: r.profiler, rec: r.rec, watch: r.watch, memory: memory{free: machine.FreeMiB, release: debug.FreeOSMemory}}
}

// startWorkers starts the workers, which work until the trial stops them.
func (r *run) startWorkers(ctx context.Context) error {
	r.began = r.Clock.Now()
	if r.away != nil {
		if err := r.away.Start(ctx); err != nil {
			return err
		}
		r.fleet.group = r.away
	} else if err := r.fleet.start(r.fleet.commands(), r.box.folder); err != nil {
		return err
	}
	r.cleanUp.add(func(err error) error {
		if err == nil {
			return nil // they were stopped
		}
		r.fleet.kill()
		err = r.box.keepLogs()
		r.fleet.group.Stop(syscall.SIGKILL, 0)
		return err
	})
	return nil
}

// collecting is a stage that runs others while it collects the workers' records.
func (r *run) collecting(stages ...stage) stage {
	return func(ctx context.Context) error {
		r.cleanUp.add(func(error) error { r.clients.stop(); r.collect.close(); return nil })
		return r.underWatch(ctx, stages)
	}
}

// underWatch runs stages until one fails, the collector fails, or the broker is gone.
func (r *run) underWatch(ctx context.Context, stages []stage) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	meanwhile := func(watch func(context.Context) error) {
		wg.Go(func() {
			if err := watch(ctx); err != nil {
				cancel(err)
			}
		})
	}
	meanwhile(r.collect.run)
	meanwhile(r.awaitDeath)
	wg.Go(func() { r.watch.keepLooking(ctx) })
	for _, stage := range stages {
		if err = stage(ctx); err != nil {
			break
		}
	}
	r.rec.measured.to = r.Clock.Now()
	// The collector's own error is the cause of later ones.
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	cancel(nil)
	wg.Wait()
	return err
}

// ready waits until the workers are. The client starts at the same time: its phase is later, and no load waits for it there.
func (r *run) ready(ctx context.Context) (err error) {
	if r.before, err = r.clients.start(ctx); err != nil {
		return err
	}
	if err := r.prober.awaitReady(ctx); err != nil {
		return err
	}
	r.rec.result.Startup.WorkerSeconds = float64(r.Clock.Now()-r.began) / 1e9
	return r.clients.ready(ctx)
}

// warmUp keeps the workers busy until their rate is steady.
func (r *run) warmUp(ctx context.Context) error {
	if err := r.warmer.run(ctx, r.before...); err != nil {
		return err
	}
	for _, c := range r.companions {
		if err := c.warm(ctx); err != nil {
			return err
		}
	}
	return nil
}

// measure measures in the scenario's way.
func (r *run) measure(ctx context.Context) error {
	if r.rec.measured.from == 0 {
		r.rec.measured.from = r.Clock.Now()
	}
	return r.way.measure(ctx)
}

// conclude lets the companions report.
func (r *run) conclude(ctx context.Context) error {
	for _, c := range r.companions {
		if err := c.conclude(ctx, r.rec); err != nil {
			return err
		}
	}
	return nil
}

// finish accounts for all tasks and writes the observations.
func (r *run) finish(context.Context) error {
	var account accounting.Counts
	r.rec.result.Counts, account = r.ledger.counts()
	r.rec.result.Accounting = &account
	r.watch.account(r.ledger.losses())
	r.rec.redrained()
	r.countOwn()
	r.rec.theft()
	r.rec.flag()
	r.flagFailed()
	r.way.conclude()
	if err := results.WriteTasks(r.Dir, r.ledger.rows(r.Scenario.Kinds())); err != nil {
		return err
	}
	return results.WriteSeries(r.Dir, r.rec.series)
}
