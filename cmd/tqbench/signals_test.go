package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/cluster/kube"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/workers"
)

// soon is how long a command may take to end after a signal here: endsWithin, plus the delays of a busy machine.
const soon = 15 * time.Second

// ended waits for a command that got a signal, and checks that it ended soon and well.
func ended(t *testing.T, dir string, cmd *exec.Cmd, stderr *bytes.Buffer, code int) {
	t.Helper()
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	select {
	case err := <-over:
		if got := exit(err); got != code {
			t.Errorf("exit code %d, want %d: %s", got, code, stderr)
		}
	case <-time.After(soon):
		_ = cmd.Process.Kill()
		<-over
		t.Fatalf("it had not ended after %s: %s", soon, stderr)
	}
	await(t, "nothing is left", func() bool { return len(remains(t, dir)) == 0 })
}

// A signal ends a wait for a broker that accepts a connection but doesn't answer.
func TestASignalEndsTheWaitForABrokerThatIsSilent(t *testing.T) {
	for name, url := range map[string]string{"redis": "redis://HOST/0", "postgres": "postgresql://user:secret@HOST/db", "mysql": "mysql://user:secret@HOST/db",
		"rabbitmq": "amqp://user:secret@HOST/", "sqs": "sqs://K:S@HOST/eu-west-1"} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			t.Run(name+" "+sig.String(), func(t *testing.T) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				dir := t.TempDir()
				cmd, stdout, stderr := tqbench(t.Context(), t, dir, "run", "--broker", name, "--contender", "asynctasq", "--blocks", "1", "--scale", "0.02",
					"--broker-url", name+"="+strings.Replace(url, "HOST", l.Addr().String(), 1))
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				c, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if err := cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				ended(t, dir, cmd, stderr, exitInterrupted)
				// The command names the place of the URL, which may have a password.
				says := "tqbench: interrupted: 0 trials are kept; to run the rest: tqbench run --resume --out tqbench-out --broker-url " + name + "=URL\n"
				if got := stderr.String(); !strings.HasSuffix(got, says) || stdout.Len() > 0 {
					t.Errorf("it said %q and %q", stdout, stderr)
				}
			})
		}
	}
}

// A signal in the middle of a trial stops workers and broker, of each kind, and leaves nothing.
func TestASignalStopsWorkersAndBroker(t *testing.T) {
	for _, name := range broker.Names() {
		t.Run(name, func(t *testing.T) {
			dir := brokertest.OpenDir(t)
			write(t, filepath.Join(dir, "small.yaml"), strings.Replace(small, "tasks: 200, rate: 200", "tasks: 20000, rate: 200", 1))
			cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "1", "--contender", "asynctasq", "--broker", name)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, "workers", func() bool { return strings.Contains(strings.Join(remains(t, dir), "\n"), "asynctasq.worker worker") })
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			ended(t, dir, cmd, stderr, exitInterrupted)
			if got := stderr.String(); strings.Count(got, "interrupted") != 1 || !strings.HasSuffix(got, "--resume --out tqbench-out\n") {
				t.Errorf("stderr: %q", got)
			}
		})
	}
}

// A command that was started with nohup outlives its terminal.
func TestACommandThatIgnoresItsTerminalsEndGoesOn(t *testing.T) {
	dir := t.TempDir()
	cmd, _, stderr := tqbench(t.Context(), t, dir, "serve", ".", "--listen", "127.0.0.1:0")
	cmd.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`}, cmd.Args...)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = sh
	line, err := firstLine(t, cmd)
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended(t, dir, cmd, stderr, exitDone)
}

// A shared broker may stop answering in the middle of a trial: an interrupted run doesn't wait for it, and says what may be left there.
func TestASignalEndsARunWithAFrozenBroker(t *testing.T) {
	testneeds.Real(t, "a broker")
	b, err := broker.Open(t.Context(), "redis", broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	server, ok := b.(broker.Pauser)
	if !ok {
		t.Fatal("it can't be stopped for a while")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), strings.Replace(small, "tasks: 200, rate: 200", "tasks: 20000, rate: 200", 1))
	cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "1", "--contender", "asynctasq")
	cmd.Env = append(cmd.Env, urlEnv("redis")+"="+b.URL())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "workers", func() bool { return strings.Contains(strings.Join(remains(t, dir), "\n"), "asynctasq.worker worker") })
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer server.Resume()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended(t, dir, cmd, stderr, exitInterrupted)
	if got := stderr.String(); !strings.Contains(got, "may be left on it\n") && !strings.Contains(got, "for an answer") {
		t.Errorf("stderr: %q", got)
	}
}

// clogged prepares a command whose output has no reader, and returns when it waits for one.
func clogged(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	// Not what still fits into the pipe.
	if err := w.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, endless{}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	cmd, _, stderr := tqbench(t.Context(), t, dir, args...)
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "it waits to write", func() bool {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", cmd.Process.Pid)) // the pattern is well formed
		return slices.ContainsFunc(threads, func(path string) bool {
			call, _ := os.ReadFile(path) // one that runs is in no call
			// The number of a call, and its first argument: the standard output.
			words := strings.Fields(string(call))
			return len(words) > 1 && words[1] == "0x1"
		})
	})
	return cmd, stderr
}

// endless is input without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// In any state of a command, the first signal ends it after a while, and the second at once.
func TestASecondSignalEndsACommandAtOnce(t *testing.T) {
	testneeds.Real(t, "more than a few seconds")
	dir := t.TempDir()
	cmd, stderr := clogged(t, dir, "list")
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended(t, dir, cmd, stderr, exitInterrupted)
	if took := time.Since(began); took < endsWithin || !strings.HasPrefix(stderr.String(), "tqbench: interrupted, ended after waiting 4.5s") || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("after the first signal, it ended after %s: %q", took, stderr)
	}

	cmd, stderr = clogged(t, dir, "list")
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
	}
	ended(t, dir, cmd, stderr, exitInterrupted)
	if got := stderr.String(); !strings.HasPrefix(got, "tqbench: interrupted twice, ended at once") || strings.Count(got, "\n") != 1 {
		t.Errorf("after two signals, it said %q", got)
	}
}

// Two signals in the middle of a trial also leave nothing behind, and the measurements are kept.
func TestTwoSignalsInATrialLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	cmd, stderr := running(t, dir)
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	ended(t, dir, cmd, stderr, exitInterrupted)
	resume(t, dir)
}

// Each command that may take long ends when interrupted, and writes nothing. The signal comes before it begins.
func TestEachCommandEndsWhenItIsInterrupted(t *testing.T) {
	dir := t.TempDir()
	folderOfAll(t, dir)
	write(t, filepath.Join(dir, "token"), sharedToken)
	t.Chdir(dir)
	before := snapshot(t, dir)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for _, args := range []string{
		"run small.yaml --out run --resume", "quick --resume --out run", "analyze --out run", "report --out old", "size --out old --rate 5 --p99 1s", "compare old history/a",
		"trend history", "selfcheck", "selfcheck aa --resume --out run", "selfcheck crash", "broker serve redis --listen 127.0.0.1:1",
		"agent --collector 127.0.0.1:1 --role load --index 0 --token-file token",
	} {
		t.Run(args, func(t *testing.T) {
			cmd := root("linux")
			var stdout, stderr bytes.Buffer
			cmd.SetArgs(strings.Fields(args))
			cmd.SetOut(&stdout)
			cmd.SetErr(&stderr)
			over := make(chan error, 1)
			go func() { over <- cmd.ExecuteContext(ctx) }()
			select {
			case err := <-over:
				if err == nil || exitCode(ctx, err) != exitInterrupted || strings.Contains(interrupted(err).Error(), "\n") {
					t.Errorf("err = %v", err)
				}
			case <-time.After(soon):
				t.Fatal("it goes on")
			}
			if stdout.Len() > 0 || !maps.Equal(snapshot(t, dir), before) {
				t.Errorf("it wrote something: %q", &stdout)
			}
		})
	}
}

// Another tqbench that builds may take minutes: an interruption ends the wait.
func TestASignalEndsTheWaitForTheWorkersCache(t *testing.T) {
	dir := t.TempDir()
	cmd, _, stderr := tqbench(t.Context(), t, dir, "workers", "build", "celery")
	cache := filepath.Join(dir, "cache")
	cmd.Env = append(cmd.Env, workers.CacheEnv+"="+cache)
	if err := os.Mkdir(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	lock := flock.New(filepath.Join(cache, "build.lock"))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stderr = w
	began := time.Now()
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(r)
	if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "waiting for another tqbench") || time.Since(began) < time.Second {
		t.Fatalf("%q (%v) after %s", line, err, time.Since(began))
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended(t, dir, cmd, stderr, exitInterrupted)
	if line, err := lines.ReadString('\n'); err != nil || line != "tqbench: interrupted: all files are complete\n" {
		t.Errorf("it said %q (%v)", line, err)
	}
}

func TestLastWordsDontWaitLong(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	lastWords(w, "gone") // it has no reader
	var b bytes.Buffer
	lastWords(&b, "gone")
	if b.String() != "tqbench: gone\n" {
		t.Errorf("%q", &b)
	}
}

func TestAnInterruptionSaysWhatIsKept(t *testing.T) {
	dir := t.TempDir()
	if err := madeup.Basic(1, 30).Write(dir); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := errors.New("failed")
	quick := quickCmd()
	(&cobra.Command{Use: "tqbench"}).AddCommand(quick)
	quick.SetContext(ctx)
	if err := keeping(quick, dir, failed); !errors.Is(err, failed) {
		t.Errorf("without an interruption: %v", err)
	}
	cancel()
	t.Setenv("TQBENCH_REDIS_URL", "redis://:hunter2@127.0.0.1/0")
	t.Setenv("TQBENCH_VALKEY_URL", "redis://127.0.0.1/0")
	t.Setenv("TQBENCH_REDIS_BIN", "/opt/redis")
	t.Setenv("TQBENCH_VALKEY_BIN", "/opt/valkey")
	onRedis := runCmd() // which reads the variables
	(&cobra.Command{Use: "tqbench"}).AddCommand(onRedis)
	onRedis.SetContext(ctx)
	for want, err := range map[string]error{
		"interrupted: 2 trials are kept; to run the rest, with TQBENCH_REDIS_BIN and TQBENCH_REDIS_URL set as now: tqbench run --resume --out " + dir: keeping(onRedis, dir, failed),
		"interrupted: all files are complete":                                                  failed,
		"interrupted: 2 trials are kept; to run the rest: tqbench quick --resume --out " + dir: keeping(quick, dir, failed),
		"interrupted: 0 trials are kept; to run the rest: tqbench quick --resume --out " + dir + "/none; the broker did not answer in time; " +
			"names that begin with tqbench may be left on it": keeping(quick, dir+"/none", fmt.Errorf("purge: %w", broker.ErrLeft)),
		"interrupted: 1 trial is kept; objects of the run may be left in the cluster; to delete them: kubectl delete jobs": &interruption{"1 trial is kept",
			errors.Join(failed, &kube.LeftError{Delete: "kubectl delete jobs"})},
	} {
		if got := interrupted(err).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
