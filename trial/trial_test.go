package trial

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/mockapi"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

func TestMain(m *testing.M) {
	process.MaybeGuard()
	mockapi.MaybeServe()
	netdelay.MaybeServe()
	os.Exit(m.Run())
}

func scenario(t *testing.T, phases ...suite.Phase) suite.Scenario {
	t.Helper()
	s := suite.Scenario{Name: "test", Task: "noop", Setting: suite.Setting{Processes: 2, Concurrency: 10}, Phases: phases,
		Warmup: suite.Warmup{Limit: suite.Duration(2 * time.Second)}, Limit: suite.Duration(10 * time.Second)}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return s
}

func config(t *testing.T, name string, s suite.Scenario) Config {
	t.Helper()
	return configOn(t, "redis", name, s)
}

func configOn(t *testing.T, brokerName, name string, s suite.Scenario) Config {
	t.Helper()
	testneeds.Real(t, "a broker")
	b, err := broker.Open(t.Context(), brokerName, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	d, err := b.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog(t).Find(name)
	if err != nil {
		t.Fatal(err)
	}
	env := environment(t, c.Framework())
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	// Every folder of the trial is in the test's own folder.
	dir := t.TempDir()
	// Workers run as another user, and use what a test puts into its folders.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	// Its path is short: frameworks put sockets below it, whose paths may have 107 bytes. Users other than root may enter.
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	return Config{Trial: suite.Trial{ID: 1, Block: 1, Arm: name, Seed: 5}, Scenario: s, Contender: c, Broker: b, Clock: clk, Dir: dir,
		Target: contender.Target{Env: env, Broker: brokerName, Product: d.Product, URL: b.URL(), Queue: "tqbench", Processes: s.Processes, Concurrency: s.Concurrency, CPUs: 2}}
}

func environment(t *testing.T, name string) workers.Env {
	t.Helper()
	testneeds.Real(t, "workers")
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	env, err := builder.Build(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// ours lists the processes of this trial: those whose environment names its temporary folder.
func ours(t *testing.T) []int {
	t.Helper()
	var pids []int
	envs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range envs {
		data, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(data), "TQBENCH_PROBE_DIR="+os.TempDir()) {
			pid, err := strconv.Atoi(strings.Split(path, "/")[2])
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

func clean(t *testing.T) {
	t.Helper()
	if pids := ours(t); len(pids) > 0 {
		t.Errorf("processes are left: %v", pids)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("folders are left: %v (%v)", left, err)
	}
}

func hasFlag(r results.Trial, code string) bool {
	for _, f := range r.Flags {
		if f.Code == code {
			return true
		}
	}
	return false
}

var drain = suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 20000}

// Unmodified workers run the wire producers' tasks on a real server, and every task is accounted for.
func TestWorkersRunTheWireProducersTasksOnEveryBroker(t *testing.T) {
	phases := []suite.Phase{
		{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 300},
		{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 50, Rate: 50},
		{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 50},
	}
	for _, k := range catalog(t).All() {
		first, err := catalog(t).Find(k.Framework())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range k.Brokers() {
			if k.Name() != first.Name() && name != "redis" {
				continue // what wraps a message on a broker is one for all forms of a framework
			}
			t.Run(k.Name()+" on "+name, func(t *testing.T) {
				s := scenario(t, phases...)
				s.Limit = suite.Duration(30 * time.Second) // a pool of processes takes its time on a busy machine
				if name == "mysql" {
					// Two AsyncTasQ workers end each other by deadlocks there.
					s.Processes = 1
				}
				c := configOn(t, name, k.Name(), s)
				r, err := runWatched(t, c)
				if err != nil {
					t.Fatal(err)
				}
				if r.Sent != 400 || r.Finished != 400 || r.Lost+r.Duplicated+r.Failed+r.Rejected+r.Unexpected != 0 {
					t.Errorf("%+v", r.Counts)
				}
				for _, code := range []string{results.FlagWorkerDied, results.FlagNotDrained, results.FlagKilled, results.FlagClock} {
					if hasFlag(r, code) {
						t.Errorf("flagged %s: %+v", code, r.Flags)
					}
				}
				if n, err := c.Broker.Depth(t.Context(), []broker.Place{{Key: "tqbench"}}); name == "rabbitmq" && (n != 0 || err != nil) {
					t.Errorf("%d messages are left (%v)", n, err)
				}
				clean(t)
			})
		}
	}
}

// If a worker is killed in the middle of a drain, AsyncTasQ loses its tasks, its sibling does the rest, and the trial reports this instead
// of counting as valid.
func TestAKilledWorkersTasksAreAccountedFor(t *testing.T) {
	// Few enough for one process to do within the limit on a busy machine.
	short := drain
	short.Tasks = 4000
	c := config(t, "asynctasq", scenario(t, short))
	c.Scenario.Limit = suite.Duration(15 * time.Second)
	killed := false
	c.Progress = func(p Progress) {
		if p.Stage == "drain" && p.Done > 1000 && !killed {
			killed = true
			if err := syscall.Kill(ours(t)[0], syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	}
	r, err := runWatched(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if !killed {
		t.Fatal("the drain was over before a worker could be killed")
	}
	if !hasFlag(r, results.FlagWorkerDied) {
		t.Errorf("flags %+v: no %s", r.Flags, results.FlagWorkerDied)
	}
	if r.Sent != 4000 || r.Finished+r.Lost != r.Sent || r.Failed != 0 || r.Duplicated != 0 {
		t.Errorf("counts %+v", r.Counts)
	}
	if r.Lost > 0 && !hasFlag(r, results.FlagLost) {
		t.Error("lost tasks and no flag")
	}
	// What a worker of this process can hold is bounded by its concurrency.
	if r.Lost > int64(c.Scenario.Concurrency) {
		t.Errorf("%d tasks lost, more than one process holds", r.Lost)
	}
	clean(t)
}

// Without workers, the drain ends at once, not at its limit.
func TestADrainWithoutWorkersIsGivenUp(t *testing.T) {
	c := config(t, "celery", scenario(t, drain))
	c.Progress = func(p Progress) {
		if p.Stage == "drain" && p.Done > 0 {
			for _, pid := range ours(t) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if !hasFlag(r, results.FlagNotDrained) || !hasFlag(r, results.FlagWorkerDied) {
		t.Errorf("flags %+v", r.Flags)
	}
	if r.Sent != 20000 || r.Finished+r.Lost != r.Sent || r.Lost == 0 {
		t.Errorf("counts %+v", r.Counts)
	}
	clean(t)
}

func TestAFailingTaskIsCountedAsFailed(t *testing.T) {
	for _, name := range []string{"asynctasq", "celery"} {
		t.Run(name, func(t *testing.T) {
			c := config(t, name, scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 20}))
			c.Scenario.Task = "fail"
			c.Scenario.Warmup.Limit = suite.Duration(time.Millisecond)
			// AsyncTasQ renders a traceback for each failure, a few dozen a second.
			c.Scenario.Limit = suite.Duration(2 * time.Minute)
			r, err := runWatched(t, c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Failed != 20 || r.Sent != 20 || !hasFlag(r, results.FlagFailed) {
				t.Errorf("counts %+v, flags %+v", r.Counts, r.Flags)
			}
			if r.Failure == nil || r.Failure.Error != "RuntimeError: planned failure" || r.Failure.File != "tasks.py" {
				t.Errorf("the failure is %+v", r.Failure)
			}
			clean(t)
		})
	}
}

// dying is a contender whose worker ends at once; the rest is Celery's.
type dying struct{ contender.Contender }

func (d dying) Setup(t contender.Target) (contender.Setup, error) {
	s, err := d.Contender.Setup(t)
	s.Commands = [][]string{{"/bin/sh", "-c", "echo starting; echo 'no such module'; exit 7"}}
	return s, err
}

func TestAWorkerThatDiesAtItsStartIsReported(t *testing.T) {
	c := config(t, "celery", scenario(t, drain))
	c.Contender = dying{c.Contender}
	_, err := Run(t.Context(), c)
	if !errors.Is(err, ErrNotRun) {
		t.Fatalf("err = %v", err)
	}
	for _, want := range []string{"celery/prefork", "exit code 7", "no such module"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	clean(t)
}

// leaky is a contender whose worker shows its whole environment before it dies, as a traceback with local variables may.
type leaky struct{ contender.Contender }

func (l leaky) Setup(t contender.Target) (contender.Setup, error) {
	s, err := l.Contender.Setup(t)
	s.Commands = [][]string{{"/bin/sh", "-c", "echo '| dsn:'; env; exit 7"}}
	return s, err
}

func TestAWorkersLogIsKeptWithoutSecrets(t *testing.T) {
	c := config(t, "celery", scenario(t, drain))
	c.Contender = leaky{c.Contender}
	const secret = "correct horse"
	at, err := url.Parse(c.Target.URL)
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.UserPassword("", secret)
	c.Target.URL = at.String()
	_, err = Run(t.Context(), c)
	if !errors.Is(err, ErrNotRun) {
		t.Fatalf("err = %v", err)
	}
	log, rerr := os.ReadFile(filepath.Join(c.Dir, "worker-1.log"))
	if rerr != nil || !strings.Contains(string(log), "TQBENCH_BROKER_URL=redis://:***@127.0.0.1:") {
		t.Errorf("the log: %q (%v)", log, rerr)
	}
	for _, s := range []string{secret, url.PathEscape(secret)} {
		if strings.Contains(string(log), s) || strings.Contains(err.Error(), s) {
			t.Error("the password is in the log or the error")
		}
	}
	clean(t)
}

func TestForeignTasksAreLeftAlone(t *testing.T) {
	c := config(t, "celery", scenario(t, drain))
	if _, err := c.Broker.Publish(t.Context(), []broker.Message{{Destination: broker.Destination{Queue: "tqbench"}, Body: []byte("somebody's")}}); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), c)
	if !errors.Is(err, ErrOccupied) || !strings.Contains(err.Error(), "it has tasks that are not ours (1 in tqbench, unacked)") {
		t.Errorf("err = %v", err)
	}
	depth, err := c.Broker.Depth(t.Context(), []broker.Place{{Key: "tqbench", Kind: broker.RedisList}})
	if depth != 1 || err != nil {
		t.Errorf("depth %d (%v): what isn't ours was touched", depth, err)
	}
	clean(t)
}

// Ctrl-C may come at each stage.
func TestACancelledTrialLeavesNothing(t *testing.T) {
	for _, stage := range []string{"start", "warm-up", "drain", "paced", "client"} {
		t.Run(stage, func(t *testing.T) {
			c := config(t, "celery", scenario(t,
				suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 500},
				suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 1000, Rate: 500},
				suite.Phase{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 5000}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.Progress = func(p Progress) {
				if p.Stage == stage {
					cancel()
				}
			}
			if _, err := Run(ctx, c); !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
			clean(t)
		})
	}
}

func catalog(t testing.TB) *contender.Catalog {
	t.Helper()
	c, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
