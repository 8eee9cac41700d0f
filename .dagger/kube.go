package main

import (
	"context"
	"strings"
	"time"

	"dagger/tqbench/internal/dagger"
)

// kubeconfigFile is where a container has the caller's kubeconfig.
const kubeconfigFile = "/run/tqbench/kubeconfig"

// KubeRun runs a plan for several machines on a cluster of Kubernetes, and fetches the results.
//
// The cluster is asked from a container: its address must be reachable from there, and the kubeconfig must hold what it signs in with, since a
// program that it names for this is on the caller's machine. An interrupted run can't be continued.
//
// +cache="session"
func (p *Plan) KubeRun(
	ctx context.Context,
	// the kubeconfig, such as file:/home/me/.kube/config
	kubeconfig *dagger.Secret,
	// image that has tqbench, best by digest; dagger call image publish makes one
	image string,
	// namespace of the run (default: the kubeconfig's)
	// +optional
	namespace string,
	// context of the kubeconfig (default: the current one)
	// +optional
	kubeContext string,
	// name of the run: it begins the names of all objects
	// +default="tqbench"
	name string,
	// whole CPUs of each pod, COMPONENT=N
	// +optional
	cpus []string,
	// memory of each pod, COMPONENT=SIZE, such as worker=4Gi
	// +optional
	memory []string,
	// labels that nodes must have, KEY=VALUE
	// +optional
	nodeSelector []string,
	// allow pods of broker, collector, load and workers on one node
	// +default=false
	together bool,
	// how long a pod may wait for a node
	// +default="5m0s"
	nodeWait string,
	// end every pod after this time; a plan that may take longer is refused
	// +default="4h0m0s"
	deadline string,
) (*Trials, error) {
	args := []string{"tqbench", "kube", "run", "plan.json", "--out", "/out", "--image", image, "--name", name, "--node-wait", nodeWait, "--deadline", deadline}
	for _, o := range []struct{ flag, value string }{
		{"--namespace", namespace}, {"--context", kubeContext},
		{"--cpus", strings.Join(cpus, ",")}, {"--memory", strings.Join(memory, ",")}, {"--node-selector", strings.Join(nodeSelector, ",")},
	} {
		if o.value != "" {
			args = append(args, o.flag, o.value)
		}
	}
	if together {
		args = append(args, "--together")
	}
	m := p.Bench
	if m.OwnBrokers {
		args = append(args, "--i-own-this-broker")
	}
	c, err := m.withURLs(m.tool().WithExec(m.install("ca-certificates", "kubectl"))).
		WithMountedSecret(kubeconfigFile, kubeconfig).WithEnvVariable("KUBECONFIG", kubeconfigFile).
		WithFile("plan.json", p.File).WithDirectory("/out", dag.Directory()).
		// Each call is another run, whatever the engine remembers.
		WithEnvVariable("TQBENCH_RUN_ID", time.Now().UTC().Format(time.RFC3339Nano)).
		WithExec(keeping(args)).
		Sync(ctx)
	if err != nil {
		return nil, err
	}
	words, code, err := keptIn(ctx, c)
	if err != nil {
		return nil, err
	}
	return m.trials(c.Directory("/out"), words, code), nil
}
