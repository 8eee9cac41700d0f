package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
)

// One command compares two releases of a queue, each with its own locked packages: each task ended once.
func TestTwoReleasesAreCompared(t *testing.T) {
	dir := t.TempDir()
	out, lock := filepath.Join(dir, "out"), filepath.Join(dir, "out", "locks", "dramatiq@2.1.0")
	run := []string{"run", "--contender", "dramatiq@2.1.0,dramatiq", "--blocks", "1", "--scale", "0.01", "--out", "out"}
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, run...)
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s\n%s", code, stdout, stderr)
	}
	info, err := results.ReadRun(out)
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]string{}
	for _, c := range info.Contenders {
		i := slices.IndexFunc(c.Settings, func(s results.Setting) bool { return s.Name == "messages" })
		sent[c.Arm] = c.Version
		if strings.Contains(c.Arm, "@") != (i >= 0) || i >= 0 && !strings.HasPrefix(c.Settings[i].Value, "those of the client of ") {
			t.Errorf("%s: whose messages it gets isn't stated: %+v", c.Arm, c.Settings)
		}
	}
	if len(sent) != 2 || sent["dramatiq/threads@2.1.0"] != "2.1.0" || sent["dramatiq/threads"] == "2.1.0" || sent["dramatiq/threads"] == "" {
		t.Errorf("they ran in %v", sent)
	}
	if !slices.Contains(info.Software, results.Software{Name: "dramatiq", Version: "2.1.0"}) {
		t.Errorf("software: %+v", info.Software)
	}
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 2 {
		t.Fatal(trials, err)
	}
	for _, r := range trials {
		if r.Sent == 0 || r.Finished != r.Sent || r.Lost+r.Duplicated+r.Unexpected != 0 {
			t.Errorf("%+v", r)
		}
	}
	locked, err := os.ReadFile(filepath.Join(lock, "requirements.txt"))
	if err != nil || !bytes.Contains(locked, []byte("\ndramatiq==2.1.0 \\\n")) || bytes.Contains(locked, []byte("://")) {
		t.Errorf("the lock is\n%s%v", locked, err)
	}
	if err := os.RemoveAll(filepath.Join(out, "results", "trials", "0001")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(lock); err != nil {
		t.Fatal(err)
	}
	cmd, stdout, stderr = tqbench(t.Context(), t, dir, append(run, "--resume")...)
	if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), "locks/dramatiq@2.1.0 is missing") {
		t.Errorf("without the lock: exit code %d: %s\n%s", code, stdout, stderr)
	}
}

// What has no lock is refused before anything is written.
func TestAReleaseThatCantRunIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.py"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "shop.whl"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"plan --contender rq@latest":                                              "digits first",
		"quick --contender celery@5.5.3+early":                                    "write celery/prefork+early@5.5.3",
		"plan --contender rq@./none.whl":                                          "no such file",
		"plan --contender ./rq.whl":                                               "the queue's name before a wheel",
		"plan --contender rq@shop.whl":                                            "not a wheel",
		"run --contender rq@git+file:///none@v1":                                  "git fetch",
		"quick --contender bullmq@git+file:///none,bullmq":                        "published release",
		"plan --contender asynq@./none.whl":                                       "a package of Python's",
		"plan --contender nothing@./shop.whl":                                     "choose from",
		"workers build rq@git+file:///none@v1":                                    "leave out @git+file:///none@v1",
		"bisect --fail-if throughput<-5% --contender rq@2.6":                      "write --contender QUEUE@A..B",
		"bisect --fail-if throughput<-5% --contender rq@1..2,rq@3..4":             "write --contender QUEUE@A..B",
		"bisect --contender rq@1..2":                                              "--fail-if is missing",
		"bisect --fail-if throughputs<-5% --contender rq@1..2":                    "did you mean throughput?",
		"bisect --fail-if throughput<-5% --contender nothing@1..2":                "choose from",
		"bisect --fail-if throughput<-5% --contender bullmq@git+file:///x@a..b":   "published release",
		"bisect --fail-if throughput<-5% --contender rq@git+file:///none@a..b":    "git fetch",
		"bisect --fail-if throughput<-5% --contender rq@1..2 --app rq=x --task x": "tqbench gate",
		"bisect --fail-if throughput<-5% --contender rq@1..2 --blocks 3":          "--blocks is not for a gate",
		"workers build rq@2.6.1":                                                  "leave out @2.6.1",
		"plan --contender celery@5.5.3 --app celery=shop --task t":                "--app-python",
	} {
		refusedInOneLine(t, dir, want, strings.Fields(line)...)
	}
	testneeds.Real(t, "pip")
	refusedInOneLine(t, dir, "choose from ", "quick", "--contender", "dramatiq@1000.0")
	refusedInOneLine(t, dir, "choose from ", "bisect", "--contender", "dramatiq@2.1.0..1000.0", "--fail-if", "throughput<-5%")
}
