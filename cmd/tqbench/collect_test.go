package main

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
	"strings"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/cluster"
	"github.com/tqbench/tqbench/cluster/kube"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

const sharedToken = "a token of tests that is long enough"

// planHosts writes a token, and a plan of that many trials over one worker machine and one for load into the folder planned.
func planHosts(t *testing.T, dir string, trials int) {
	t.Helper()
	write(t, filepath.Join(dir, "small.yaml"), small)
	write(t, filepath.Join(dir, "token"), sharedToken)
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "plan", "--scenario", "small.yaml", "--contender", "asynctasq", "--blocks", fmt.Sprint(trials), "--scale", "1",
		"--worker-hosts", "1", "--load-hosts", "1", "--out", "planned")
	if err := cmd.Run(); err != nil || !strings.Contains(stdout.String(), "phase client of small is left out: the framework's own client sends it") {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
}

func readPlan(t *testing.T, dir string) suite.Plan {
	t.Helper()
	plan, err := suite.ReadPlan(filepath.Join(dir, "planned"))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// beginRun writes an output folder with a plan and its first trial, which didn't run.
func beginRun(t *testing.T, out string, plan suite.Plan) {
	t.Helper()
	trial := results.TrialDir(out, 1)
	if err := os.MkdirAll(trial, 0o755); err != nil {
		t.Fatal(err)
	}
	p := plan.Trials[0]
	gone := results.Trial{ID: 1, Block: p.Block, Scenario: p.Scenario, Broker: p.Broker, Arm: p.Arm, Reason: "its broker is gone"}
	if err := errors.Join(suite.WritePlan(out, plan), results.WriteTrial(trial, gone)); err != nil {
		t.Fatal(err)
	}
}

// A collector refuses what it can't run before it writes anything.
func TestACollectorRefusesBadInput(t *testing.T) {
	dir := t.TempDir()
	planHosts(t, dir, 2)
	write(t, filepath.Join(dir, "short"), "hunter2")
	write(t, filepath.Join(dir, "v7.json"), `{"version": 7}`)
	write(t, filepath.Join(dir, "cut.json"), `{"version": 2`)
	early := readPlan(t, dir)
	early.Scenarios[0].Phases[0].Name = "10/s"
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "early"), 0o755), suite.WritePlan(filepath.Join(dir, "early"), early)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "theirs", "thesis.tex"), "")
	if err := madeup.Basic(6, 300).Write(filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	// A run of the same plan, and one that is under way.
	plan := readPlan(t, dir)
	beginRun(t, filepath.Join(dir, "begun"), plan)
	beginRun(t, filepath.Join(dir, "busy"), plan)
	lock, err := runner.LockFolder(filepath.Join(dir, "busy"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := freeAddress(t)
	with := func(flags ...string) []string {
		given := map[string]string{"--plan": "planned/plan.json", "--listen": free, "--token-file": "token", "--out": "run"}
		args := []string{"collect"}
		for i := 0; i < len(flags); i++ {
			if _, ok := given[flags[i]]; ok {
				given[flags[i]] = flags[i+1]
				i++
				continue
			}
			args = append(args, flags[i])
		}
		for _, name := range []string{"--plan", "--listen", "--token-file", "--out"} {
			if given[name] != "-" {
				args = append(args, name, given[name])
			}
		}
		return args
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no plan":              {with("--plan", "-"), "--plan is missing"},
		"no address":           {with("--listen", "-"), "--listen is missing"},
		"no token":             {with("--token-file", "-"), "--token-file is missing"},
		"no token's file":      {with("--token-file", "none"), "--token-file none: no such file"},
		"a token's folder":     {with("--token-file", "planned"), "--token-file planned: it is a directory"},
		"a short token":        {with("--token-file", "short"), "the token has 7 characters: use 16 or more"},
		"no plan's file":       {with("--plan", "none.json"), "none.json: no such file"},
		"a damaged plan":       {with("--plan", "cut.json"), "cut.json: not a usable plan"},
		"another version":      {with("--plan", "v7.json"), "version 7"},
		"a phase's slash":      {with("--plan", "early/plan.json"), `early/plan.json: not a usable plan: scenario 1: phases[0].name "10/s": it must have at most 100 bytes and be without a slash`},
		"a plan without hosts": {with("--plan", "other/plan.json"), "other/plan.json is for one machine: plan again with --worker-hosts and --load-hosts, or as a swarm"},
		"no IP":                {with("--listen", "localhost:7700"), `--listen "localhost:7700": write IP:PORT`},
		"no port":              {with("--listen", "127.0.0.1"), `--listen "127.0.0.1": write IP:PORT`},
		"all addresses":        {with("--listen", "0.0.0.0:7700"), "write the IP at which agents reach this machine"},
		"a taken address":      {with("--listen", taken.Addr().String()), "address already in use: give another IP:PORT of this machine"},
		"another machine's":    {with("--listen", "192.0.2.1:7700"), "cannot assign requested address: give another IP:PORT of this machine"},
		"a remote broker":      {with("--broker-url", "redis=redis://:hunter2@192.0.2.1/0"), "say so with --i-own-this-broker"},
		"a broker of each":     {with("--listen", "192.0.2.1:7700", "--broker-url", "redis=redis://:hunter2@127.0.0.1/0"), "is on the loopback or a socket of each machine"},
		"another broker":       {with("--broker-url", "mysql=mysql://u:hunter2@127.0.0.1/db"), "--broker-url is for mysql, but the brokers are redis"},
		"no time for agents":   {with("--agent-wait", "0s"), "--agent-wait 0s: write a time above zero"},
		"a folder of others":   {with("--out", "theirs"), "files that are not ours"},
		"another run's folder": {with("--out", "other"), "other has another plan: choose another folder with --out"},
		"a begun run's folder": {with("--out", "begun"), "begun has 1 trial: add --resume to run the rest"},
		"a second collector":   {with("--out", "busy", "--resume"), "is running in busy: wait for it"},
		"resume of nothing":    {with("--resume", "--plan", "-"), "run has no run to resume"},
		"resume of another":    {with("--resume", "--out", "other"), "other has another plan"},
		"resume of one machine's": {with("--resume", "--plan", "-", "--out", "other"),
			"plan.json is for one machine"},
	} {
		t.Run(name, func(t *testing.T) { refusedInOneLine(t, dir, tt.want, tt.args...) })
	}
}

// An agent is refused by a line that says what to change: on the command line, or by the collector.
func TestAnAgentIsRefusedInOneLine(t *testing.T) {
	dir := t.TempDir()
	planHosts(t, dir, 2)
	write(t, filepath.Join(dir, "stranger"), "another token of the same kind")
	plan, err := suite.ReadPlan(filepath.Join(dir, "planned"))
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := serveAgents(t, plan, runner.Version().Version), serveAgents(t, plan, "v99")
	with := func(collector string, args ...string) []string {
		return append([]string{"agent", "--collector", collector}, args...)
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no role":           {with(ours, "--token-file", "token"), "--role is missing"},
		"an unknown role":   {with(ours, "--token-file", "token", "--role", "broker"), `--role "broker": write worker, load or swarm`},
		"no number":         {with(ours, "--token-file", "token", "--role", "load"), "--index is missing"},
		"a negative number": {with(ours, "--token-file", "token", "--role", "load", "--index", "-1"), "--index -1: write a number from 0"},
		"no time":           {with(ours, "--token-file", "token", "--role", "load", "--index", "0", "--wait", "-1s"), "--wait -1s: write a time above zero"},
		"no token":          {with(ours, "--token-file", "none", "--role", "load", "--index", "0"), "--token-file none: no such file"},
		"no port":           {with("127.0.0.1", "--token-file", "token", "--role", "load", "--index", "0"), `--collector "127.0.0.1": write HOST:PORT`},
		"no collector":      {with(freeAddress(t), "--token-file", "token", "--role", "load", "--index", "0", "--wait", "1ms"), "there is no collector: no connection to 127.0.0.1:"},
		"another token":     {with(ours, "--token-file", "stranger", "--role", "load", "--index", "0"), "the other side has another token"},
		"an unknown number": {with(ours, "--token-file", "token", "--role", "load", "--index", "1"), "the plan has no load 1: numbers begin at 0"},
		"another tqbench":   {with(theirs, "--token-file", "token", "--role", "load", "--index", "0"), "the collector v99: use one tqbench everywhere"},
		"a web server":      {with(answering(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), "--token-file", "token", "--role", "load", "--index", "0"), "not the protocol of this tqbench"},
	} {
		t.Run(name, func(t *testing.T) { refusedInOneLine(t, dir, tt.want, tt.args...) })
	}
}

// Of two agents with one number, one is refused after a while. The other one stays until it is interrupted.
func TestOneOfTwoAgentsWithANumberIsRefused(t *testing.T) {
	testneeds.Real(t, "more than a few seconds")
	dir := t.TempDir()
	planHosts(t, dir, 2)
	plan, err := suite.ReadPlan(filepath.Join(dir, "planned"))
	if err != nil {
		t.Fatal(err)
	}
	collector := serveAgents(t, plan, runner.Version().Version)
	over := make(chan command)
	var all []command
	for range 2 {
		c := begin(t, dir, "agent", "--collector", collector, "--token-file", "token", "--role", "load", "--index", "0")
		all = append(all, c)
		go func() {
			_ = c.Wait() // its state has the exit code
			over <- c
		}()
	}
	refused := <-over
	if code := refused.ProcessState.ExitCode(); code != exitInput || !strings.HasSuffix(refused.stderr.String(), "another agent is load 0: give each a separate number (--index)\n") {
		t.Errorf("exit code %d: %s", code, refused.stderr)
	}
	for _, c := range all {
		if c.Cmd != refused.Cmd {
			if err := c.Process.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
		}
	}
	other := <-over
	if code := other.ProcessState.ExitCode(); code != exitInterrupted || !strings.HasSuffix(other.stderr.String(), "tqbench: interrupted: no trial was under way\n") {
		t.Errorf("exit code %d: %s", code, other.stderr)
	}
}

// serveAgents is a collector of a version, which asks for nothing.
func serveAgents(t *testing.T, plan suite.Plan, version string) (address string) {
	t.Helper()
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.NewCollector(plan, []byte(sharedToken), version, clk, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// answering answers each connection with these bytes.
func answering(t *testing.T, text string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(text))
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// A collector whose run fails holds what was measured, until it was fetched. It says why it failed, and ends as it would have.
func TestACollectorThatFailsHoldsWhatWasMeasured(t *testing.T) {
	dir := t.TempDir()
	planHosts(t, dir, 2)
	out := filepath.Join(dir, "begun")
	beginRun(t, out, readPlan(t, dir))
	cmd, _, stderr := refusable(t.Context(), t, dir, "collect", "--resume", "--listen", freeAddress(t), "--token-file", "token", "--out", "begun",
		"--agent-wait", "50ms", "--hold", "1h")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	held := filepath.Join(out, filepath.Base(kube.Held))
	var said []byte
	await(t, "it holds its results", func() bool {
		said, _ = os.ReadFile(held) // it is there soon
		return len(said) > 0
	})
	const why = "can't run on many machines: 0 of 2 agents are there, worker 0 is missing: not all came within 50ms"
	if string(said) != why {
		t.Errorf("the file says %q", said)
	}
	if err := os.Remove(held); err != nil {
		t.Fatal(err)
	}
	if code := exit(cmd.Wait()); code != exitInput || !strings.HasSuffix(stderr.String(), "tqbench: "+why+"\n") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// A collector whose agents don't come ends with a line that names the first, and keeps the plan. Without a trial, there is nothing to hold.
func TestACollectorWithoutAgentsEnds(t *testing.T) {
	dir := t.TempDir()
	planHosts(t, dir, 2)
	args := []string{"collect", "--plan", "planned/plan.json", "--listen", freeAddress(t), "--token-file", "token", "--out", "run", "--agent-wait", "50ms", "--hold", "1h"}
	for range 2 { // the same again is no other run
		cmd, stdout, stderr := refusable(t.Context(), t, dir, args...)
		if code := exit(cmd.Run()); code != exitInput || stdout.Len() > 0 {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
		const says = "tqbench: can't run on many machines: 0 of 2 agents are there, worker 0 is missing: not all came within 50ms\n"
		if got := stderr.String(); got != "waiting for 1 worker and 1 load agents\n"+says {
			t.Errorf("stderr: %q", got)
		}
		files, err := filepath.Glob(filepath.Join(dir, "run", "*"))
		if err != nil || !slices.Equal(files, []string{suite.PlanPath(filepath.Join(dir, "run"))}) {
			t.Errorf("%q (%v)", files, err)
		}
	}
}

// command is one under way.
type command struct {
	*exec.Cmd
	stderr *bytes.Buffer
}
