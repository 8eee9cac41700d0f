package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/cluster"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
	"github.com/tqbench/tqbench/workers"
)

const token = "a token of tests that is long enough"

// agentEnv has the arguments of an agent: this test's program is one then.
const agentEnv = "TQBENCH_TEST_AGENT"

// nodeEnv begins the name of an agent's machine.
const nodeEnv = "TQBENCH_TEST_NODE"

func TestMain(m *testing.M) {
	runner.MaybeHelper()
	if args := strings.Fields(os.Getenv(agentEnv)); len(args) == 3 {
		if err := runAgent(args[0], args[1], args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "agent:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if collector := os.Getenv(shippersEnv); collector != "" {
		if err := cluster.Shippers(collector, token, benchHosts, benchTasks); err != nil {
			fmt.Fprintln(os.Stderr, "shippers:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runAgent(collector, role, index string) error {
	builder, err := workers.NewBuilder(func(string, ...any) {})
	if err != nil {
		return err
	}
	i, err := strconv.Atoi(index)
	if err != nil {
		return err
	}
	return cluster.RunAgent(context.Background(), cluster.AgentOptions{Collector: collector, Token: []byte(token), Role: role, Index: i, Build: "test",
		Node: os.Getenv(nodeEnv) + "node-" + role + index, Builder: builder, Patience: 5 * time.Second, Tell: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }})
}

// agent is one in a separate process.
type agent struct {
	cmd  *exec.Cmd
	said *bytes.Buffer
	// ahead is how far its clock is.
	ahead time.Duration
	// network is that of all agents.
	network *network
	// again starts it again.
	again func() *agent
}

// startAgent starts an agent whose clock is that far ahead, like another machine's. Root makes the clock's namespace, others first a user's.
func startAgent(t *testing.T, collector, role string, index int, ahead time.Duration) *agent {
	t.Helper()
	clocks := []string{"-T", "--monotonic", fmt.Sprint(int(ahead.Seconds()))}
	if os.Getuid() != 0 {
		clocks = append([]string{"-U", "-r"}, clocks...)
	}
	a := &agent{cmd: exec.Command("unshare", append(clocks, os.Args[0])...), said: &bytes.Buffer{}, ahead: ahead}
	a.again = func() *agent { return startAgent(t, collector, role, index, ahead) }
	a.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", agentEnv, collector, role, index))
	a.cmd.Stdout, a.cmd.Stderr = a.said, a.said
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = a.cmd.Process.Kill()
		_ = a.cmd.Wait()
	})
	return a
}

// scenario has a backlog and a paced phase, of few tasks.
const scenario = `
id: 1
name: small
title: Small
question: Does it run?
why: It is a test.
lies: Nothing.
task: noop
processes: 1
concurrency: 4
warmup: {limit: 500ms}
phases:
  - {name: drain, arrivals: backlog, producer: wire, tasks: 1000}
  - {name: paced, arrivals: open, producer: wire, tasks: 150, rate: 150}
decide: [throughput, latency_p50]
limit: 20s
`

// planned writes the plan of a run over many machines.
func planned(t *testing.T, out string, blocks int, h suite.Hosts) suite.Plan {
	t.Helper()
	return plannedOf(t, out, scenario, suite.Options{Blocks: blocks, Hosts: &h})
}

// plannedOf writes the plan of a scenario, by one contender on Redis.
func plannedOf(t *testing.T, out, scenario string, o suite.Options) suite.Plan {
	t.Helper()
	sc, err := suite.Parse("small.yaml", []byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	o.Scenarios, o.Brokers, o.Contenders, o.Scale, o.Seed = []suite.Scenario{sc}, []string{"redis"}, []string{"asynctasq/async"}, 1, 1
	p, err := suite.NewPlan(o)
	if err == nil {
		err = suite.WritePlan(out, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Four agents with separate clocks run two trials, and one is killed in the second: all tasks of the first are accounted for, and its latencies are
// right within their error; in the second none is lost, for it is not known.
func TestARunOverManyMachines(t *testing.T) {
	testneeds.Real(t, "Redis and workers")
	out := t.TempDir()
	plan := planned(t, out, 2, suite.Hosts{Workers: 2, Load: 2})
	agents := runOver(t, out, plan, func(p runner.Progress, agents []*agent) {
		if p.Index == 2 && p.Stage == "paced" {
			_ = agents[1].cmd.Process.Kill()
		}
	})
	for i, a := range agents {
		if err := a.cmd.Wait(); (err == nil) != (i != 1) || i != 1 && !strings.Contains(a.said.String(), "all trials have run") {
			t.Errorf("agent %d: %v: %s", i, err, a.said)
		}
	}
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 2 {
		t.Fatalf("%d trials (%v)", len(trials), err)
	}
	whole(t, out, trials[0], agents)
	broken(t, trials[1])
}

// runOver runs a plan's trials over agents, each with a clock that is 1000 s ahead of the one before, and returns these: the workers' first.
func runOver(t *testing.T, out string, plan suite.Plan, progress func(runner.Progress, []*agent)) []*agent {
	t.Helper()
	agents, err := runPart(t, plan, runner.Options{Out: out}, progress)
	if err != nil {
		t.Fatal(err)
	}
	return agents
}

// runPart is a run, or a part of one.
func runPart(t *testing.T, plan suite.Plan, o runner.Options, progress func(runner.Progress, []*agent)) ([]*agent, error) {
	t.Helper()
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.NewCollector(plan, []byte(token), "test", clk, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &network{Listener: listener}
	c.Shorten(time.Minute, 5*time.Second)
	serving, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(serving, l) }()
	var agents []*agent
	counts := map[string]int{cluster.Worker: plan.Hosts.Workers, cluster.Load: plan.Hosts.Load}
	if plan.Hosts.Swarm {
		counts = map[string]int{cluster.Swarm: plan.Hosts.Workers}
	}
	for _, role := range []string{cluster.Worker, cluster.Load, cluster.Swarm} {
		for i := range counts[role] {
			agents = append(agents, startAgent(t, l.Addr().String(), role, i, time.Duration(1000*(len(agents)+1))*time.Second))
		}
	}
	for _, a := range agents {
		a.network = l
	}
	o.Builder, o.Hosts, o.BrokerHost, o.Progress = builder, c, "127.0.0.1", func(p runner.Progress) {
		if progress != nil {
			progress(p, agents)
		}
	}
	err = runner.Run(t.Context(), o)
	c.Dismiss("all trials have run")
	stop()
	return agents, errors.Join(err, <-served)
}

// whole checks a trial without a fault.
func whole(t *testing.T, out string, x results.Trial, agents []*agent) {
	t.Helper()
	const tasks = 1150
	if x.Reason != "" || x.Sent != tasks || x.Finished != tasks || x.Unexpected != 0 || x.Duplicated != 0 {
		t.Fatalf("%s: %+v, flags %+v", x.Reason, x.Counts, x.Flags)
	}
	for i, h := range x.Hosts {
		if off := h.OffsetNs - int64(agents[i].ahead); max(off, -off) > h.HalfWidthNs {
			t.Errorf("%s: its clock is %s ahead, not %d ns within %d", h.Name, agents[i].ahead, h.OffsetNs, h.HalfWidthNs)
		}
		if h.Node != "node-"+strings.ReplaceAll(h.Name, " ", "") || h.CPUSeconds <= 0 || h.MemoryMiB <= 0 || len(h.Boot) != 36 || h.Machine.Kernel == "" || h.TimeService == "" {
			t.Errorf("%+v", h)
		}
		if runs := strings.HasPrefix(h.Name, cluster.Worker); runs != (len(h.Software) == 2) || runs != (h.Lock != "") {
			t.Errorf("%s has %+v of the lock %q", h.Name, h.Software, h.Lock)
		}
	}
	if len(x.Hosts) != 4 || x.Hosts[0].Name != "worker 0" || x.Hosts[3].Name != "load 1" {
		t.Errorf("%+v", x.Hosts)
	}
	rows, err := results.ReadTasks(results.TrialDir(out, x.ID))
	if err != nil {
		t.Fatal(err)
	}
	var hosts []int32
	for _, r := range rows {
		if !slices.Contains(hosts, r.PID>>results.HostShift) {
			hosts = append(hosts, r.PID>>results.HostShift)
		}
		// Clocks are 1000 s apart: times of the wrong one are far away. A task starts after it was sent, but for the error.
		if wrong := x.Phases[1].ClockHalfWidth; r.Started < r.Sent-wrong || r.Finished < r.Started || r.Finished-r.Intended > int64(time.Minute) || r.Intended > r.Sent {
			t.Errorf("%+v", r)
		}
	}
	slices.Sort(hosts)
	if !slices.Equal(hosts, []int32{1, 2}) {
		t.Errorf("hosts %v ran the tasks", hosts)
	}
	p := x.Phases[1]
	if p.ClockHalfWidth <= 0 || p.ClockHalfWidth > int64(20*time.Millisecond) || p.Workers.CPUSeconds <= 0 || p.Workers.Processes < 2 {
		t.Errorf("%+v", p)
	}
	if _, err := os.Stat(filepath.Join(results.TrialDir(out, x.ID), "worker-1-worker-1.log")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"trial.json", "worker-1-worker-1.log"} {
		if data, err := os.ReadFile(filepath.Join(results.TrialDir(out, x.ID), name)); err != nil || bytes.Contains(data, []byte(token)) {
			t.Errorf("%s has the token (%v)", name, err)
		}
	}
}

// broken checks a trial in which a worker agent was killed.
func broken(t *testing.T, x results.Trial) {
	t.Helper()
	if x.Lost != 0 || x.Sent != x.Finished+x.Failed+x.Unknown {
		t.Errorf("%+v", x.Counts)
	}
	i := slices.IndexFunc(x.Flags, func(f results.Flag) bool { return f.Code == results.FlagHost })
	if i < 0 || !strings.HasPrefix(x.Flags[i].Detail, "worker 1 was lost") || !x.Flags[i].Invalidates("throughput") {
		t.Errorf("%s, flags %+v", x.Reason, x.Flags)
	}
}

// A collector that is killed leaves agents that end with a line.
func TestAgentsOfADeadCollectorEnd(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.NewCollector(planned(t, t.TempDir(), 1, suite.Hosts{Workers: 1, Load: 1}), []byte(token), "test", clk, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	serving, kill := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(serving, l) }()
	a := startAgent(t, l.Addr().String(), cluster.Load, 0, time.Hour)
	c.Shorten(5*time.Second, time.Second) // the agent connects meanwhile
	_, err = c.Open(t.Context(), trial.Job{})
	if !errors.Is(err, trial.ErrNotRun) || !strings.Contains(err.Error(), "worker 0 is missing") {
		t.Errorf("without its worker agent: %v", err)
	}
	kill()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := a.cmd.Wait(); err == nil || !strings.Contains(a.said.String(), "the collector is gone: no connection to "+l.Addr().String()) {
		t.Errorf("%v: %s", err, a.said)
	}
}
