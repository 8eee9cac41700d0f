package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/workers"
)

// asMain makes the test binary tqbench itself, so that its signals and exit codes are the real ones.
const asMain = "TQBENCH_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	runner.MaybeHelper()
	if os.Getenv(asIntruder) != "" {
		intrude()
		return
	}
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const (
	// commandLimit is far longer than any command of these tests takes.
	commandLimit = 8 * time.Minute
	// lastOutput is how long the output may stay open after a command was stopped.
	lastOutput = 10 * time.Second
)

// tqbench prepares a command that runs in dir, with its own temporary files. One that measures is left out under -short.
func tqbench(ctx context.Context, t *testing.T, dir string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	for _, name := range measuring() {
		if strings.HasPrefix(strings.Join(args, " ")+" ", name+" ") && !slices.Contains(args, "--dry-run") {
			testneeds.Real(t, "brokers and workers")
		}
	}
	return refusable(ctx, t, dir, args...)
}

// refusable is a command that is refused before it measures anything, or that doesn't measure.
func refusable(ctx context.Context, t *testing.T, dir string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	cache, err := workers.NewBuilder(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Cancel = func() error {
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Errorf("tqbench %s did not end within its limit", strings.Join(args, " "))
			return cmd.Process.Signal(syscall.SIGQUIT) // it prints where it waits
		}
		return cmd.Process.Kill()
	}
	cmd.WaitDelay = lastOutput
	cmd.Dir = dir
	// Programs that root starts run as other users, and need access.
	if info, err := os.Stat(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	} else if info.Mode()&0o001 == 0 {
		if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
			t.Fatal(err)
		}
	}
	tmp := temporaryOf(dir)
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	cmd.Env = append(os.Environ(), asMain+"=1", "TMPDIR="+tmp, workers.CacheEnv+"="+cache.Cache)
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// temporaryOf is the folder for the temporary files of commands that run in dir. Its path is short: Python puts its sockets into /tmp, and
// leaves them there, if theirs would have more than 107 bytes, or fails if it is only a little longer.
func temporaryOf(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(os.TempDir(), fmt.Sprintf("t-%x", sum[:4]))
}

func exit(err error) int {
	var ee *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ee):
		return ee.ExitCode()
	}
	return -1
}

// remains lists processes whose environment or working folder is in dir, and the content of their temporary folder.
func remains(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	procs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range procs {
		env, _ := os.ReadFile(filepath.Join(p, "environ"))
		cwd, _ := os.Readlink(filepath.Join(p, "cwd"))
		if bytes.Contains(env, []byte(dir)) || bytes.Contains(env, []byte(temporaryOf(dir))) || strings.HasPrefix(cwd, dir) {
			cmdline, _ := os.ReadFile(filepath.Join(p, "cmdline"))
			out = append(out, strings.ReplaceAll(string(cmdline), "\x00", " "))
		}
	}
	files, err := filepath.Glob(filepath.Join(temporaryOf(dir), "*"))
	if err != nil {
		t.Fatal(err)
	}
	return append(out, files...)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPlanIsTheSameBytesForTheSameSeed(t *testing.T) {
	plan := func(args ...string) string {
		dir := t.TempDir()
		cmd, _, stderr := tqbench(t.Context(), t, dir, append([]string{"plan"}, args...)...)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		data, err := os.ReadFile(filepath.Join(dir, defaultOut, "plan.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	first, again, other := plan("--seed", "5"), plan("--seed", "5"), plan("--seed", "6")
	if first != again || first == other {
		t.Error("the plan doesn't follow its seed")
	}
}

const small = `
id: 90
name: small
title: A small load
question: Does every step work?
why: It is a test.
task: noop
processes: 2
concurrency: 10
warmup: {limit: 1s}
phases:
  - {name: drain, arrivals: backlog, producer: wire, tasks: 500}
  - {name: paced, arrivals: poisson, producer: wire, tasks: 200, rate: 200}
  - {name: client, arrivals: open, producer: client, tasks: 200, rate: 400}
decide: [throughput, latency_p99]
limit: 30s
`

// The whole way with one command, on a shared server with a password: no file has the password, existing data stay, and none of ours do.
func TestQuickOnAnAttachedRedisKeepsItsSecret(t *testing.T) {
	testneeds.Real(t, "a broker")
	const secret = "correct horse/battery:staple"
	server, err := broker.Open(t.Context(), "redis", broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	o, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	admin := redis.NewClient(o)
	defer admin.Close()
	if err := admin.Set(t.Context(), "somebody's", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := admin.ConfigSet(t.Context(), "requirepass", secret).Err(); err != nil {
		t.Fatal(err)
	}
	o.Password = secret
	admin = redis.NewClient(o)
	defer admin.Close()

	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), small)
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "quick", "--scenario", "small.yaml", "--blocks", "2", "--scale", "1", "--json")
	at := url.URL{Scheme: "redis", User: url.UserPassword("", secret), Host: o.Addr, Path: "/0"}
	cmd.Env = append(cmd.Env, urlEnv("redis")+"="+at.String())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	shown := commandLines(cmd.Process.Pid, over)
	code := exit(cmd.Wait())
	close(over)
	lines := <-shown
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "celery --app") }) {
		t.Errorf("no worker was seen among %d command lines", len(lines))
	}
	if code != exitDone && code != exitInvalid {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var printed struct {
		Path string `json:"path"`
		analysis.Analysis
	}
	if err := json.Unmarshal(stdout.Bytes(), &printed); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if !results.Exists(filepath.Join(dir, printed.Path)) || len(printed.Trials) != 4 {
		t.Errorf("path %q, %d trials", printed.Path, len(printed.Trials))
	}
	// On a busy machine, noisy trials are rightly left out of the verdict, but for no other reason.
	busy := []string{results.FlagDisturbed, results.FlagLate, results.FlagThrottled, results.FlagSaturated}
	for _, c := range printed.Comparisons {
		for _, f := range c.Flags {
			if f.Excluded && !slices.Contains(busy, f.Code) {
				t.Errorf("trial %d was kept out: %+v", f.Trial, f)
			}
		}
	}
	for _, tr := range printed.Trials {
		if tr.Sent != 900 || tr.Finished != 900 {
			t.Errorf("trial %d: %+v %+v", tr.ID, tr.Counts, tr.Flags)
		}
		for _, p := range tr.Phases {
			if p.BrokerUsage.Measured {
				t.Error("resources of a server that isn't ours are given as measured")
			}
		}
	}
	for _, c := range printed.Comparisons {
		if c.Verdict != analysis.Undecided && c.Verdict != analysis.NoData {
			t.Errorf("two blocks gave the verdict %s on %s", c.Verdict, c.Metric)
		}
	}
	keepsToSchemas(t, filepath.Join(dir, defaultOut))
	forms := formsOf(secret)
	hides := func(what string, text []byte) {
		t.Helper()
		for _, f := range forms {
			if bytes.Contains(text, []byte(f)) {
				t.Errorf("the password is in %s as %q", what, f)
			}
		}
	}
	hides("stdout", stdout.Bytes())
	hides("stderr", stderr.Bytes())
	hides("command lines", []byte(strings.Join(lines, "\n")))
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		hides(path, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.Do(t.Context(), "AUTH", secret).Err(); err != nil {
		t.Fatal(err)
	}
	o.Password = secret
	check := redis.NewClient(o)
	defer check.Close()
	keys, err := check.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 1 || keys[0] != "somebody's" {
		t.Errorf("keys on the server: %q (%v)", keys, err)
	}
	if l := remains(t, dir); len(l) > 0 {
		t.Errorf("left behind: %q", l)
	}

	// A second quick run keeps the first under another name.
	cmd, _, stderr = tqbench(t.Context(), t, dir, "quick", "--scenario", "small.yaml", "--blocks", "1", "--contender", "asynctasq", "--scale", "0.5")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	kept, err := filepath.Glob(filepath.Join(dir, defaultOut+"-*"))
	if err != nil || len(kept) != 1 || !results.Exists(filepath.Join(kept[0], "analysis.json")) {
		t.Errorf("kept: %v (%v)", kept, err)
	}
}

// One command benchmarks a user's own application outside the repository, unchanged: with the given arguments, on both frameworks, every
// task accounted for. Tasks that its tasks enqueue are expected.
func TestAUsersOwnTaskRunsAsItIs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "shop", "__init__.py"), "")
	calls := filepath.Join(dir, "calls")
	if err := errors.Join(os.Mkdir(calls, 0o755), os.Chmod(calls, 0o777)); err != nil {
		t.Fatal(err)
	}
	const body = `
    with open("%s/%s.calls", "a") as f:
        f.write(f"{sku} {amount} {currency}\n")
    %s
`
	write(t, filepath.Join(dir, "shop", "queue.py"), "import os\nfrom celery import Celery\n\n"+
		"app = Celery('shop', broker='redis://localhost:1/0')\napp.conf.task_routes = {'shop.queue.price': {'queue': 'prices'}}\n\n\n"+
		"@app.task\ndef audit(sku):\n    with open('"+calls+"/celery.audits', 'a') as f:\n        f.write(sku)\n\n\n"+
		"@app.task\ndef price(sku, amount=1, *, currency='EUR'):"+fmt.Sprintf(body, calls, "celery", "audit.delay(sku)"))
	write(t, filepath.Join(dir, "shop", "other.py"), "import os\nfrom asynctasq import task\n\n\n"+
		"@task(queue='prices')\nasync def audit(sku):\n    with open('"+calls+"/asynctasq.audits', 'a') as f:\n        f.write(sku)\n\n\n"+
		"@task(queue='prices')\nasync def price(sku, amount=1, *, currency='EUR'):"+
		fmt.Sprintf(body, calls, "asynctasq", "await audit(sku).on_queue(os.environ['TQBENCH_QUEUE']).dispatch()"))
	write(t, filepath.Join(dir, "calls.json"), `[["A-1", 3], {"args": ["B-2"], "kwargs": {"currency": "USD"}}]`)
	cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--blocks", "1", "--scale", "0.01",
		"--app", "celery=shop.queue:app", "--app", "asynctasq=shop.other", "--task", "shop.queue.price", "--task", "asynctasq=shop.other.price",
		"--calls", "calls.json")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	trials, err := results.ReadTrials(filepath.Join(dir, defaultOut))
	if err != nil || len(trials) != 2 {
		t.Fatalf("%d trials (%v)", len(trials), err)
	}
	for _, tr := range trials {
		if tr.Sent != 300 || tr.Finished != 300 || tr.Duplicated != 0 || tr.Unexpected != 0 {
			t.Errorf("%s: %+v, %s", tr.Arm, tr.Counts, tr.Reason)
		}
		name := filepath.Join(calls, tr.Contender[:strings.Index(tr.Contender, "/")])
		if audits, err := os.ReadFile(name + ".audits"); err != nil || len(audits) == 0 {
			t.Errorf("%s: what its tasks enqueued did not run: %v", tr.Arm, err)
		}
		data, err := os.ReadFile(name + ".calls")
		if err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for line := range strings.Lines(string(data)) {
			count[line]++
		}
		if len(count) != 2 || count["A-1 3 EUR\n"] < 150 || count["B-2 1 USD\n"] < 150 {
			t.Errorf("%s was called in %d ways: %d and %d times as was meant", tr.Arm, len(count), count["A-1 3 EUR\n"], count["B-2 1 USD\n"])
		}
	}
}

func TestAURLIsShownInNoCommand(t *testing.T) {
	for _, args := range [][]string{{"quick", "--broker-url", "redis=redis://:x@h/0", "--seed", "1"}, {"quick", "--broker-url=redis=redis://:x@h/0", "--seed", "1"}} {
		got := strings.Join(shownCommand(args), " ")
		if strings.Contains(got, "x@h") || !strings.HasSuffix(got, "--seed 1") || !strings.Contains(got, "URL") {
			t.Errorf("%q from %s", got, strconv.Quote(strings.Join(args, " ")))
		}
	}
}
