package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/results"
)

// Kubectl runs the kubectl of PATH. It reads the user's configuration, as any other use of it does.
type Kubectl struct {
	// Context and Namespace are those of its flags; "" is the configuration's.
	Context, Namespace string
}

// kubectlGrace is how long an interrupted kubectl may take.
const kubectlGrace = 5 * time.Second

// args are the arguments of a call in its context and namespace.
func (k Kubectl) args(args ...string) []string {
	if k.Context != "" {
		args = append([]string{"--context", k.Context}, args...)
	}
	if k.Namespace != "" {
		args = append([]string{"--namespace", k.Namespace}, args...)
	}
	return args
}

func (k Kubectl) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "kubectl", k.args(args...)...)
	cmd.WaitDelay = kubectlGrace
	return cmd
}

// run runs kubectl, and puts its last words into an error.
func (k Kubectl) run(ctx context.Context, stdin io.Reader, stdout io.Writer, args ...string) error {
	cmd := k.command(ctx, args...)
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, &errs
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%w: kubectl is not on PATH: install it, or apply what tqbench kube manifest prints", ErrInput)
	}
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	return fmt.Errorf("kubectl %s: %w: %s", args[0], err, strings.Join(strings.Fields(lines[len(lines)-1]), " "))
}

// Create makes objects. It changes none that are there: they may be of others.
func (k Kubectl) Create(ctx context.Context, manifest []byte) error {
	return k.run(ctx, bytes.NewReader(manifest), io.Discard, "create", "-f", "-")
}

// Secret makes the Secret of a run. Its values go through the standard input: other users see arguments.
func (k Kubectl) Secret(ctx context.Context, o Options, values map[string]string) error {
	data, err := yaml.Marshal(object{"apiVersion": "v1", "kind": "Secret", "metadata": o.meta(o.Secret, ""), "stringData": values})
	if err != nil {
		return err
	}
	return k.Create(ctx, data)
}

// Status asks for the state of the run with that name.
func (k Kubectl) Status(ctx context.Context, name string) (Status, error) {
	var items bytes.Buffer
	if err := k.run(ctx, nil, &items, "get", "pods,jobs", "--selector", selector(name), "-o", "json"); err != nil {
		return Status{}, err
	}
	s, err := DecodeStatus(items.Bytes())
	for i, p := range s.Pods {
		if p.Ended != "" && p.Component != Collector { // whose log is followed
			s.Pods[i].Ended = said(p.Ended, k.lastWords(ctx, p.Name))
		}
	}
	if err != nil || len(s.short) == 0 {
		return s, err
	}
	// Events have no labels, and a user may lack the right to read them.
	var events bytes.Buffer
	if k.run(ctx, nil, &events, "get", "events", "-o", "json") != nil {
		return s, nil
	}
	return s, s.explain(events.Bytes())
}

// lastWords are the last line of a pod's log, "" if there is none.
func (k Kubectl) lastWords(ctx context.Context, pod string) string {
	var log bytes.Buffer
	if k.run(ctx, nil, &log, "logs", "--tail", "20", pod) != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	return lines[len(lines)-1]
}

func selector(name string) string {
	return "app.kubernetes.io/name=tqbench,app.kubernetes.io/instance=" + name
}

// Follow copies a pod's log until it ends.
func (k Kubectl) Follow(ctx context.Context, pod string, to io.Writer) error {
	return k.run(ctx, nil, to, "logs", "--follow", "--pod-running-timeout", "1m", pod)
}

// Fetch writes the output folder of a collector's pod as a tar archive.
func (k Kubectl) Fetch(ctx context.Context, pod string, to io.Writer) error {
	return k.run(ctx, nil, to, "exec", pod, "--", "tar", "-C", Results, "--exclude", "./held", "--exclude", "./.lock", "--exclude", "./"+results.LiveName, "--exclude", "./."+results.LiveName+".*", "-cf", "-", ".")
}

// Held is what a collector's pod says of the results that it holds.
func (k Kubectl) Held(ctx context.Context, pod string) (string, error) {
	var text bytes.Buffer
	err := k.run(ctx, nil, &text, "exec", pod, "--", "cat", Held)
	return strings.TrimSpace(text.String()), err
}

// Release lets a collector end that holds its results.
func (k Kubectl) Release(ctx context.Context, pod string) error {
	return k.run(ctx, nil, io.Discard, "exec", pod, "--", "rm", "-f", Held)
}

// deleting are the arguments of kubectl that delete the objects of the run with that key.
func deleting(key string) []string {
	return []string{"delete", "jobs,services,configmaps,secrets,networkpolicies.networking.k8s.io", "--selector", keyLabel + "=" + key, "--ignore-not-found", "--wait=false"}
}

// Delete removes all objects of the run with that key.
func (k Kubectl) Delete(ctx context.Context, key string) error {
	return k.run(ctx, nil, io.Discard, deleting(key)...)
}

// ToDelete is the command line that does what Delete does.
func (k Kubectl) ToDelete(key string) string {
	return shell.Join(append([]string{"kubectl"}, k.args(deleting(key)...)...))
}
