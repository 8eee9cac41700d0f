package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// What a cluster would lose or can't do is refused before anything is made there.
func TestARunOnAClusterIsRefusedInALine(t *testing.T) {
	dir := t.TempDir()
	planHosts(t, dir, 2)
	beginRun(t, filepath.Join(dir, "begun"), readPlan(t, dir))
	t.Setenv("PATH", t.TempDir()) // there is no kubectl
	for args, want := range map[string]string{
		"run planned/plan.json --image i --out begun":                  "begun has 1 trial: a run on a cluster can't be resumed: choose another folder with --out",
		"run planned/plan.json --image i --deadline 30m":               "--deadline 30m0s is too short: the trials of the plan may take ",
		"manifest planned/plan.json --image i --deadline 30m":          "the start of the pods 15m0s, and the results are held for 15m0s: give --deadline 40m0s",
		"manifest planned/plan.json --image i --hold 5h":               "--deadline 4h0m0s is too short",
		"manifest planned/plan.json --image i --cpus broker=1,judge=1": "not for judge",
	} {
		t.Run(args, func(t *testing.T) {
			refusedInOneLine(t, dir, want, append([]string{"kube"}, strings.Fields(args)...)...)
		})
	}
}

// A plan takes as long as it may grow, but no longer than its time.
func TestTheLongestRunOfAPlan(t *testing.T) {
	six := suite.Plan{Blocks: 6, Trials: make([]suite.Trial, 6)}
	takes := expected(six)
	for name, tt := range map[string]struct {
		growth *suite.Growth
		want   time.Duration
	}{
		"a fixed number of blocks": {nil, takes},
		"four times as many":       {&suite.Growth{Max: 24}, 4 * takes},
		"as many, in a long time":  {&suite.Growth{Max: 24, Within: suite.Duration(time.Hour)}, 4 * takes},
		"as many as fit":           {&suite.Growth{Max: 24, Within: suite.Duration(time.Second)}, time.Second},
	} {
		six.Growth = tt.growth
		if got := longest(six); got != tt.want || got <= 0 {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// plantKubectl puts a kubectl first on PATH that has one run: its pod appears once objects were made, and holds the folder pod of dir. how is what the
// collector says of that. A word of fails makes kubectl fail.
func plantKubectl(t *testing.T, dir, how, fails string) {
	t.Helper()
	bin := t.TempDir()
	const pod = `{"items": [{"kind": "Pod", "metadata": {"name": "collector-x", "labels": {"app.kubernetes.io/component": "collector"}},
"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}]}`
	writeAll(t, bin, map[string]string{"pod.json": pod, "how": how, "kubectl": `#!/bin/sh
case " $* " in
*" ` + fails + ` "*) echo 'no right' >&2; exit 1;;
*" get "*) if [ -e '` + bin + `/made' ]; then cat '` + bin + `/pod.json'; else echo '{"items": []}'; fi;;
*" create "*) touch '` + bin + `/made';;
*" cat "*) cat '` + bin + `/how';;
*" tar "*) tar -C '` + dir + `/pod' -cf - .;;
esac
`})
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// runKube runs the plan of a folder on the planted cluster, in this process. It returns the exit code, and what is said if it is ended at once then.
func runKube(t *testing.T, dir string) (code int, atOnce string, err error) {
	t.Helper()
	t.Chdir(dir)
	ctx, left := withAtOnce(t.Context())
	cmd := root("linux")
	var said bytes.Buffer
	cmd.SetArgs(strings.Fields("kube run planned/plan.json --image i --out run"))
	cmd.SetOut(&said)
	cmd.SetErr(&said)
	err = cmd.ExecuteContext(ctx)
	t.Log(said.String())
	return exitCode(ctx, err), left.String(), err
}

// A run that failed on the cluster fails here, with its reason. What it measured is there.
func TestARunThatFailsOnAClusterIsFetched(t *testing.T) {
	dir := t.TempDir()
	planHosts(t, dir, 2)
	beginRun(t, filepath.Join(dir, "pod"), readPlan(t, dir))
	plantKubectl(t, dir, "the disk is full", "none")
	code, _, err := runKube(t, dir)
	if code != exitInvalid || err == nil || !strings.HasSuffix(err.Error(), "the collector failed: the disk is full") {
		t.Errorf("exit code %d: %v", code, err)
	}
	if trials, err := results.ReadTrials(filepath.Join(dir, "run")); err != nil || len(trials) != 1 {
		t.Errorf("%d trials (%v)", len(trials), err)
	}
}

// A run that is ended at once says how to delete its objects. It doesn't say that trials are kept, which are in the cluster.
func TestARunOnAClusterThatIsEndedAtOnce(t *testing.T) {
	dir := t.TempDir()
	planHosts(t, dir, 2)
	plantKubectl(t, dir, "", "create")
	code, atOnce, err := runKube(t, dir)
	if code != exitInput || err == nil || !strings.HasPrefix(atOnce, "what is still in the cluster is not fetched; to delete the objects of the run: kubectl delete jobs,") {
		t.Errorf("exit code %d: %v; at once: %s", code, err, atOnce)
	}
	if _, left := withAtOnce(context.Background()); left.String() != "finished trials are kept" {
		t.Errorf("other commands say %q", left)
	}
}
