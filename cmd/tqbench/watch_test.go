package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
)

// taken is an address with a listener.
func taken(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// An unavailable port is reported before an earlier run is moved or anything starts.
func TestATakenPortCostsNothing(t *testing.T) {
	dir, address := t.TempDir(), taken(t)
	write(t, filepath.Join(dir, defaultOut, "plan.json"), "an earlier run's")
	for _, args := range [][]string{
		{"quick", "--metrics", address}, {"run", "--metrics", address}, {"selfcheck", "aa", "--metrics", address}, {"monitor", "--listen", address},
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, args...)
		if code := exit(cmd.Run()); code != exitInput {
			t.Errorf("%s: exit code %d, want %d", args[0], code, exitInput)
		}
		if stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), address) {
			t.Errorf("%s: it said %q and %q", args[0], stdout, stderr)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 { // our own
		t.Errorf("in the folder: %v (%v)", entries, err)
	}
	if r := remains(t, dir); len(r) > 0 {
		t.Errorf("left behind: %q", r)
	}
}

// The endpoint exists while the command runs, and not after it.
func TestARunCanBeWatchedWhileItRuns(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), small)
	cmd, _, _ := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "1", "--contender", "asynctasq", "--scale", "1",
		"--metrics", "127.0.0.1:0")
	cmd.Stderr = nil
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	said, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(said), "metrics: ")
	if !ok {
		t.Fatalf("it said %q", said)
	}
	rest := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(lines) // it ends with the command
		rest <- string(text)
	}()
	seen := regexp.MustCompile(`(?m)^tqbench_tasks_finished_total\{.*contender="asynctasq/async".*\} [1-9]`)
	await(t, "finished tasks", func() bool {
		answer, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		page, err := io.ReadAll(answer.Body)
		return err == nil && seen.Match(page)
	})
	text := <-rest
	if code := exit(cmd.Wait()); code != exitDone {
		t.Errorf("exit code %d: %s", code, text)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("the endpoint outlives its run")
	}
	if trials, err := results.ReadTrials(filepath.Join(dir, defaultOut)); err != nil || len(trials) != 1 {
		t.Errorf("%d trials (%v)", len(trials), err)
	}
}

// tqbench monitor runs a Prometheus until a signal, and leaves nothing, even when it is killed.
func TestMonitorLeavesNothing(t *testing.T) {
	testneeds.Real(t, "Prometheus")
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		dir := t.TempDir()
		address := freeAddress(t)
		cmd, _, stderr := tqbench(t.Context(), t, dir, "monitor", "--listen", address)
		said, err := firstLine(t, cmd)
		if err != nil || !strings.Contains(said, "http://"+address+" scrapes http://127.0.0.1:9464/metrics") {
			t.Errorf("it said %q, %q (%v)", said, stderr, err)
		}
		await(t, "its target", func() bool {
			answer, err := http.Get("http://" + address + "/api/v1/targets")
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			targets, err := io.ReadAll(answer.Body)
			return err == nil && strings.Contains(string(targets), `"scrapeUrl":"http://127.0.0.1:9464/metrics"`)
		})
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		await(t, "Prometheus is gone", func() bool { return len(remains(t, dir)) == 0 })
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			t.Errorf("after %s something still listens on %s", s, address)
		}
	}
}
