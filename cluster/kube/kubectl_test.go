package kube

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plantKubectl puts a program that writes down its arguments and its input in front of all others. It answers as script says.
func plantKubectl(t *testing.T, script string) (calls func() string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	text := "#!/bin/sh\necho \"args: $*\" >>'" + log + "'\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() string {
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
}

// Other users see a command line: no argument has a secret.
func TestSecretsGoThroughTheStandardInput(t *testing.T) {
	calls := plantKubectl(t, "cat >>\"$0.input\"")
	k := Kubectl{Context: "here", Namespace: "bench"}
	if err := k.Secret(t.Context(), small(), map[string]string{TokenKey: "hunter2"}); err != nil {
		t.Fatal(err)
	}
	if got, want := calls(), "args: --namespace bench --context here create -f -\n"; got != want {
		t.Errorf("called %q, want %q", got, want)
	}
	input, err := os.ReadFile(filepath.Join(filepath.SplitList(os.Getenv("PATH"))[0], "kubectl.input"))
	if err != nil || !bytes.Contains(input, []byte("token: hunter2")) || !bytes.Contains(input, []byte("kind: Secret")) {
		t.Errorf("the input is %q (%v)", input, err)
	}
}

// What kubectl says last is the reason, in one line.
func TestAnErrorHasTheReasonOfTheCluster(t *testing.T) {
	plantKubectl(t, `echo 'Error from server (Forbidden): jobs.batch is forbidden:
User "ada" cannot create resource "jobs"' >&2; exit 1`)
	err := Kubectl{}.Create(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), `User "ada" cannot create resource "jobs"`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

// Events are asked for where pods are missing, and their right may be missing.
func TestStatusAsksForEventsWherePodsAreMissing(t *testing.T) {
	calls := plantKubectl(t, `case "$*" in
*events*) echo 'no right' >&2; exit 1;;
*) cat <<'EOT'
`+string(items(jobOf))+`
EOT
esac`)
	s, err := Kubectl{}.Status(t.Context(), "nightly")
	if err != nil || len(s.Pods) != 0 || len(s.Refused) != 0 {
		t.Errorf("status %+v, error %v", s, err)
	}
	if got := calls(); !strings.Contains(got, "get pods,jobs --selector app.kubernetes.io/name=tqbench,app.kubernetes.io/instance=nightly -o json") || !strings.Contains(got, "get events") {
		t.Errorf("called %q", got)
	}
}

// An exit code says little: the reason is in the log.
func TestAnEndedPodSaysItsLastWords(t *testing.T) {
	plantKubectl(t, `case "$*" in
*logs*) printf 'starting\nCan not open the append-only file\n\n';;
*) cat <<'EOT'
`+string(items(podOf(`{"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"reason": "Error", "exitCode": 1}}}]}`)))+`
EOT
esac`)
	s, err := Kubectl{}.Status(t.Context(), "nightly")
	if got, want := s.Trouble(time.Now(), time.Minute), "the pod tqbench-worker-0-x ended: Error, exit code 1: Can not open the append-only file"; err != nil || got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestKubectlIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := (Kubectl{}).Delete(t.Context(), "nightly"); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "kubectl is not on PATH") {
		t.Errorf("got %v", err)
	}
}

// The line that deletes what is left works as it is printed: with the context and the namespace of the run.
func TestTheLineThatDeletesIsWhatDeleteRuns(t *testing.T) {
	calls := plantKubectl(t, "")
	k := Kubectl{Context: "of mine", Namespace: "bench"}
	if err := k.Delete(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	deleted := calls()
	if out, err := exec.Command("sh", "-c", k.ToDelete("abc")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := calls(); got != deleted+deleted || !strings.Contains(deleted, "--context of mine delete jobs,") {
		t.Errorf("called %q", got)
	}
}

// What a collector says of its results is the content of a file in its pod.
func TestACollectorSaysHowItsRunEnded(t *testing.T) {
	calls := plantKubectl(t, "echo 'the disk is full'")
	if said, err := (Kubectl{}).Held(t.Context(), "collector-x"); err != nil || said != "the disk is full" {
		t.Errorf("it says %q (%v)", said, err)
	}
	if got, want := calls(), "args: exec collector-x -- cat /results/run/held\n"; got != want {
		t.Errorf("called %q, want %q", got, want)
	}
}

// The files of a run that goes on say that it goes on, which is not so where they are fetched to.
func TestOnlyResultsAreFetched(t *testing.T) {
	calls := plantKubectl(t, "")
	if err := (Kubectl{}).Fetch(t.Context(), "collector-x", io.Discard); err != nil {
		t.Fatal(err)
	}
	if got, want := calls(), "args: exec collector-x -- tar -C /results/run --exclude ./held --exclude ./.lock --exclude ./live.json --exclude ./.live.json.* -cf - .\n"; got != want {
		t.Errorf("called %q, want %q", got, want)
	}
}
