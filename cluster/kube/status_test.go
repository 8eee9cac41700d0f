package kube

import (
	"strings"
	"testing"
	"time"
)

// items is what kubectl prints of some objects.
func items(objects ...string) []byte {
	return []byte(`{"items": [` + strings.Join(objects, ",") + `]}`)
}

const (
	made  = `"creationTimestamp": "2026-11-30T10:00:00Z"`
	jobOf = `{"kind": "Job", "metadata": {"name": "tqbench-worker", ` + made + `}, "spec": {"parallelism": 2}}`
)

func podOf(status string) string {
	return `{"kind": "Pod", "metadata": {"name": "tqbench-worker-0-x", ` + made + `, "labels": {"app.kubernetes.io/component": "worker",
		"batch.kubernetes.io/job-name": "tqbench-worker"}}, "spec": {"nodeName": "n1"}, "status": ` + status + `}`
}

// What keeps a run from going on is said in the cluster's own words. The objects are as an API server of 1.37 has them.
func TestTrouble(t *testing.T) {
	t.Parallel()
	unschedulable := podOf(`{"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
		"message": "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod anti-affinity rules."}]}`)
	quota := func(at string) string {
		return `{"kind": "Event", "reason": "FailedCreate", "lastTimestamp": "` + at + `", "involvedObject": {"kind": "Job", "name": "tqbench-worker"},
			"message": "Error creating: pods \"tqbench-worker-0-x\" is forbidden: exceeded quota: cpus, requested: requests.cpu=2,\n used: requests.cpu=3, limited: requests.cpu=4"}`
	}
	began := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		items  []byte
		events []byte
		after  time.Duration
		want   string
	}{
		{name: "all well", items: items(podOf(`{"phase": "Running", "containerStatuses": [{"state": {"running": {}}}]}`))},
		{name: "waits for a node", items: items(unschedulable), after: time.Minute},
		{name: "waits too long", items: items(unschedulable), after: 6 * time.Minute, want: "the pod tqbench-worker-0-x has had no node for 5m0s: Unschedulable: 0/3 nodes are available: " +
			"1 Insufficient cpu, 2 node(s) didn't match pod anti-affinity rules."},
		{name: "no image", items: items(podOf(`{"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"tqbench:9\""}}}]}`)),
			want: `the pod tqbench-worker-0-x can't start: ImagePullBackOff: Back-off pulling image "tqbench:9"`},
		{name: "starts", items: items(podOf(`{"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}`))},
		{name: "ended", items: items(podOf(`{"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]}`)),
			want: "the pod tqbench-worker-0-x ended: OOMKilled, exit code 137"},
		{name: "never started", items: items(podOf(`{"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"reason": "StartError", "exitCode": 128,
			"message": "failed to create containerd task: no such file or directory"}}}]}`)),
			want: "the pod tqbench-worker-0-x ended: StartError, exit code 128: failed to create containerd task: no such file or directory"},
		{name: "refused by its node", items: items(podOf(`{"phase": "Failed", "reason": "OutOfcpu", "message": "Pod was rejected: Node didn't have enough resource: cpu"}`)),
			want: "the pod tqbench-worker-0-x ended: OutOfcpu: Pod was rejected: Node didn't have enough resource: cpu"},
		{name: "failed without a word", items: items(podOf(`{"phase": "Failed"}`)), want: "the pod tqbench-worker-0-x ended: it failed"},
		{name: "a quota", items: items(jobOf), events: items(quota("2026-11-30T10:00:05Z")), want: "the cluster refuses a pod of the job tqbench-worker: FailedCreate: Error creating: " +
			`pods "tqbench-worker-0-x" is forbidden: exceeded quota: cpus, requested: requests.cpu=2, used: requests.cpu=3, limited: requests.cpu=4`},
		{name: "an earlier run's quota", items: items(jobOf), events: items(quota("2026-11-30T09:59:00Z"))},
		{name: "too late", items: items(`{"kind": "Job", "metadata": {"name": "tqbench-load", ` + made + `}, "status": {"conditions": [{"type": "Failed", "status": "True",
			"reason": "DeadlineExceeded", "message": "Job was active longer than specified deadline"}]}}`),
			want: "the job tqbench-load: DeadlineExceeded: Job was active longer than specified deadline"},
		{name: "a drained collector", items: items(`{"kind": "Job", "metadata": {"name": "tqbench-collector", ` + made + `}, "status": {"conditions": [{"type": "Failed", "status": "True",
			"reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]}}`),
			want: "the job tqbench-collector: BackoffLimitExceeded: Job has reached the specified backoff limit"},
	} {
		s, err := DecodeStatus(c.items)
		if err == nil && c.events != nil {
			err = s.explain(c.events)
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := s.Trouble(began.Add(c.after), 5*time.Minute); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// The collector's exit code is a result: other than with agents, it is no trouble.
func TestACollectorMayEnd(t *testing.T) {
	t.Parallel()
	s, err := DecodeStatus(items(`{"kind": "Pod", "metadata": {"name": "tqbench-collector-x", ` + made + `, "labels": {"app.kubernetes.io/component": "collector"}},
		"status": {"phase": "Failed", "conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [{"state": {"terminated": {"reason": "Error", "exitCode": 3}}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := s.Collector(); !ok || !p.Ready || p.Ended == "" || s.Trouble(time.Now(), time.Hour) != "" {
		t.Errorf("collector %+v, %t; trouble %q", p, ok, s.Trouble(time.Now(), time.Hour))
	}
}
