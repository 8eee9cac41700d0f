package kube

import (
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/broker/brokername"
)

const (
	// Where containers find what they need.
	resultsFolder = "/results"
	planFolder    = "/plan"
	secretFolder  = "/secret"
	temporary     = "/tmp"
	// ownUser runs the containers of tqbench's image.
	ownUser = 65532
	// brokerWait is how long a broker may take to start, with its image to be pulled.
	brokerWait = 10 * time.Minute
	// graceSeconds is how long an agent has to stop its workers.
	graceSeconds = 30
)

// Results is the run's output folder in the collector's pod. Held is a file there while results wait to be fetched: without it, the collector
// ends. It has EndedWell if they are those of a run that ended well, else why that failed.
const (
	Results   = resultsFolder + "/run"
	Held      = Results + "/held"
	EndedWell = "ended well"
)

// job is a Job of pods that are never started again: a trial that has lost one has no verdict.
func (o Options) job(name, component string, spec object, pod object) object {
	spec["backoffLimit"] = 0
	spec["activeDeadlineSeconds"] = int(o.Deadline / time.Second)
	spec["ttlSecondsAfterFinished"] = int(o.Keep / time.Second)
	spec["template"] = object{"metadata": object{"labels": o.labels(component)}, "spec": pod}
	return object{"apiVersion": "batch/v1", "kind": "Job", "metadata": o.meta(name, component), "spec": spec}
}

// pod is a component's pod with one container.
func (o Options) pod(component string, user int, container object, volumes []any) object {
	size := object{"cpu": fmt.Sprint(o.CPUs[component]), "memory": o.Memory[component]}
	container["name"] = component
	container["resources"] = object{"requests": size, "limits": size}
	container["securityContext"] = object{"allowPrivilegeEscalation": false, "capabilities": object{"drop": []string{"ALL"}}}
	out := object{
		"restartPolicy": "Never", "subdomain": o.Name, "enableServiceLinks": false, "automountServiceAccountToken": false,
		"terminationGracePeriodSeconds": graceSeconds, "containers": []any{container}, "volumes": volumes,
		"securityContext": object{"runAsNonRoot": true, "runAsUser": user, "runAsGroup": user, "fsGroup": user, "seccompProfile": object{"type": "RuntimeDefault"}},
	}
	if !o.Together {
		out["affinity"] = object{"podAntiAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": []any{o.apart(component)}}}
	}
	if len(o.NodeSelector) > 0 {
		out["nodeSelector"] = o.NodeSelector
	}
	var tolerations []any
	for _, t := range o.Tolerations {
		x := object{"key": t.Key, "operator": "Exists"}
		if t.Value != "" {
			x["operator"], x["value"] = "Equal", t.Value
		}
		if t.Effect != "" {
			x["effect"] = t.Effect
		}
		tolerations = append(tolerations, x)
	}
	if len(tolerations) > 0 {
		out["tolerations"] = tolerations
	}
	if o.ServiceAccount != "" {
		out["serviceAccountName"] = o.ServiceAccount
	}
	var secrets []any
	for _, name := range o.ImagePullSecrets {
		secrets = append(secrets, object{"name": name})
	}
	if len(secrets) > 0 {
		out["imagePullSecrets"] = secrets
	}
	return out
}

// apart keeps a component off the nodes of the others: otherwise they share CPUs, and loopback is measured for the network.
func (o Options) apart(component string) object {
	others := slices.DeleteFunc(o.Components(), func(c string) bool { return c == component })
	return object{"topologyKey": "kubernetes.io/hostname", "labelSelector": object{"matchExpressions": []any{
		object{"key": "app.kubernetes.io/instance", "operator": "In", "values": []string{o.Name}},
		object{"key": "app.kubernetes.io/component", "operator": "In", "values": others},
	}}}
}

// secretVolume has one key of the Secret as a file.
func (o Options) secretVolume() object {
	return object{"name": "secret", "secret": object{"secretName": o.Secret, "items": []any{object{"key": TokenKey, "path": TokenKey}}}}
}

// fromSecret is an environment variable with a key of the Secret.
func (o Options) fromSecret(variable, key string) object {
	return object{"name": variable, "valueFrom": object{"secretKeyRef": object{"name": o.Secret, "key": key}}}
}

func ownEnv(more ...any) []any {
	return append([]any{
		object{"name": "TQBENCH_NODE", "valueFrom": object{"fieldRef": object{"fieldPath": "spec.nodeName"}}},
		object{"name": "HOME", "value": temporary},
	}, more...)
}

func mount(name, path string, readOnly bool) object {
	out := object{"name": name, "mountPath": path}
	if readOnly {
		out["readOnly"] = true
	}
	return out
}

// collectorJob has the trials. It is ready once results wait to be fetched.
func (o Options) collectorJob(servers []server) object {
	args := []string{"collect", "--plan", planFolder + "/plan.json", "--listen", fmt.Sprintf("0.0.0.0:%d", Port), "--token-file", secretFolder + "/" + TokenKey,
		"--out", Results, "--hold", o.Hold.String(), "--agent-wait", o.Deadline.String(), "--broker-wait", brokerWait.String(), "--i-own-this-broker"}
	var env []any
	if len(servers) > 0 { // first, as others use it
		env = append(env, o.fromSecret(passwordVariable, PasswordKey))
	}
	for _, b := range o.Brokers {
		variable := brokername.Variable(b, "URL")
		if i := slices.IndexFunc(servers, func(s server) bool { return s.name == b }); i >= 0 {
			env = append(env, object{"name": variable, "value": servers[i].url(o.Name)})
		} else {
			env = append(env, o.fromSecret(variable, URLKey(b)))
		}
	}
	container := object{"image": o.Image, "command": []string{"tqbench"}, "args": args, "env": ownEnv(env...),
		"ports":          []any{object{"containerPort": Port, "name": "collector"}},
		"readinessProbe": object{"exec": object{"command": []string{"test", "-f", Held}}, "periodSeconds": 2},
		"volumeMounts":   []any{mount("plan", planFolder, true), mount("secret", secretFolder, true), mount("results", resultsFolder, false), mount("temporary", temporary, false)}}
	pod := o.pod(Collector, ownUser, container, []any{object{"name": "plan", "configMap": object{"name": o.Name + "-plan"}}, o.secretVolume(),
		object{"name": "results", "emptyDir": object{}}, object{"name": "temporary", "emptyDir": object{}}})
	pod["hostname"] = Collector
	return o.job(o.Name+"-collector", Collector, object{}, pod)
}

// agentJob has the agents of a role, each with its number.
func (o Options) agentJob(role string, n int) object {
	container := object{"image": o.Image, "command": []string{"tqbench"}, "env": ownEnv(),
		"args":         []string{"agent", "--collector", fmt.Sprintf("%s.%s:%d", Collector, o.Name, Port), "--role", role, "--wait", o.Deadline.String(), "--token-file", secretFolder + "/" + TokenKey},
		"volumeMounts": []any{mount("secret", secretFolder, true), mount("temporary", temporary, false)}}
	pod := o.pod(role, ownUser, container, []any{o.secretVolume(), object{"name": "temporary", "emptyDir": object{}}})
	return o.job(o.Name+"-"+role, role, object{"completionMode": "Indexed", "completions": n, "parallelism": n}, pod)
}
