// Package kube writes a run on many machines as plain objects of Kubernetes: Jobs for its broker, collector and agents, a headless Service for
// their names, a ConfigMap with the plan, and NetworkPolicies.
//
// It needs no operator and no rights beyond one namespace. The objects are a function of the options alone, so that they can be reviewed,
// committed and changed by other tools. https://kubernetes.io/docs/reference/kubernetes-api/ describes them.
package kube

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// ErrInput marks what the user can fix.
var ErrInput = errors.New("can't write the objects")

// The components of a run. Each is the value of the label app.kubernetes.io/component of its pods.
const (
	Collector = "collector"
	Broker    = "broker"
	Worker    = "worker"
	Load      = "load"
	// Swarm runs workers and sends load.
	Swarm = "swarm"
)

// Components lists those of the run.
func (o Options) Components() []string {
	if o.Swarm {
		return []string{Collector, Broker, Swarm}
	}
	return []string{Collector, Broker, Worker, Load}
}

// Port is where the collector listens, in its pod.
const Port = 7700

// Keys of the Secret that a run needs.
const (
	// TokenKey has what collector and agents share, PasswordKey the password of brokers that are pods.
	TokenKey    = "token"
	PasswordKey = "password"
)

// Options are a run and how its pods are placed.
type Options struct {
	// Name begins the names of all objects, and is their label app.kubernetes.io/instance.
	Name string
	// Image has tqbench. BrokerImages replace the pinned images of brokers, by the broker's name.
	Image        string
	BrokerImages map[string]string
	// Plan is plan.json. Workers and Load are its numbers of other machines, Brokers its brokers. With Swarm, the machines for workers send the
	// load, too.
	Plan          []byte
	Workers, Load int
	Swarm         bool
	Brokers       []string
	// External has the names of brokers that are elsewhere; the key of the Secret with a broker's URL is that name with "-url".
	External []string
	// CPUs and Memory are each component's, in whole CPUs and as a quantity such as 4Gi: requests and limits are equal.
	CPUs   map[string]int
	Memory map[string]string
	// Secret is the name of the Secret with the token, the password and the URLs.
	Secret string
	// Deadline ends every pod that is still there, Keep is how long ended Jobs stay. The collector holds its results for Hold.
	Deadline, Keep, Hold time.Duration
	// Together allows pods of different components on one node.
	Together bool
	// These pass through to all pods.
	NodeSelector     map[string]string
	Tolerations      []Toleration
	ServiceAccount   string
	ImagePullSecrets []string
	// Key is a label of the objects that Run makes, and of no others. It is "" in a manifest.
	Key string
}

// Toleration lets pods run on nodes with a taint.
type Toleration struct {
	Key    string
	Value  string
	Effect string
}

// largestPlan is what a ConfigMap holds, less what its other fields may take, in bytes.
const largestPlan = 1<<20 - 4<<10

// longest is the longest name of a run: a pod of an Indexed Job has 63 characters for that name, the component and its number.
const longest = 40

// check refuses what the objects can't have.
func (o Options) check() error {
	if !regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`).MatchString(o.Name) || len(o.Name) > longest {
		return fmt.Errorf("%w: the name %q: use at most %d lower-case letters, digits and hyphens, and begin with a letter", ErrInput, o.Name, longest)
	}
	if o.Image == "" {
		return fmt.Errorf("%w: there is no image: give one that has tqbench", ErrInput)
	}
	if len(o.Plan) > largestPlan {
		return fmt.Errorf("%w: the plan has %d bytes, and a ConfigMap holds %d: plan fewer trials, in several runs", ErrInput, len(o.Plan), largestPlan)
	}
	for _, c := range o.Components() {
		if o.CPUs[c] < 1 {
			return fmt.Errorf("%w: %d CPUs for the %s: write a whole number from 1", ErrInput, o.CPUs[c], c)
		}
		if !regexp.MustCompile(`^[1-9][0-9]*(Ki|Mi|Gi|Ti)$`).MatchString(o.Memory[c]) {
			return fmt.Errorf("%w: memory %q for the %s: write a number with Mi or Gi, such as 4Gi", ErrInput, o.Memory[c], c)
		}
	}
	for what, d := range map[string]time.Duration{"deadline": o.Deadline, "time to keep ended Jobs": o.Keep, "time to hold results": o.Hold} {
		if d < time.Second {
			return fmt.Errorf("%w: the %s is %s: it must be a second or more", ErrInput, what, d)
		}
	}
	return nil
}

// object is an object of Kubernetes, or a part of one. Its fields are written in alphabetical order.
type object = map[string]any

// Manifest is all objects of a run as YAML documents.
func Manifest(o Options) ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	servers, err := o.servers()
	if err != nil {
		return nil, err
	}
	objects := append([]object{o.plan(), o.service()}, o.policies(servers)...)
	for _, s := range servers {
		objects = append(objects, o.brokerJob(s))
	}
	objects = append(objects, o.collectorJob(servers))
	if o.Swarm {
		objects = append(objects, o.agentJob(Swarm, o.Workers))
	} else {
		objects = append(objects, o.agentJob(Worker, o.Workers), o.agentJob(Load, o.Load))
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	for _, x := range objects {
		if err := e.Encode(x); err != nil {
			return nil, fmt.Errorf("write the objects: %w", err)
		}
	}
	return out.Bytes(), e.Close()
}

// servers are those of the brokers that are pods of the run.
func (o Options) servers() (out []server, err error) {
	for _, b := range o.Brokers {
		if slices.Contains(o.External, b) {
			continue
		}
		s, err := serverOf(b, o.BrokerImages[b])
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// labels are those of a component's objects; an empty one is that of no component.
func (o Options) labels(component string) object {
	out := object{"app.kubernetes.io/name": "tqbench", "app.kubernetes.io/instance": o.Name}
	if component != "" {
		out["app.kubernetes.io/component"] = component
	}
	return out
}

// keyLabel is the label with a run's key.
const keyLabel = "tqbench/run"

func (o Options) meta(name, component string) object {
	labels := o.labels(component)
	if o.Key != "" {
		labels[keyLabel] = o.Key
	}
	return object{"name": name, "labels": labels}
}

// plan is the ConfigMap that has the plan.
func (o Options) plan() object {
	return object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": o.meta(o.Name+"-plan", ""), "data": object{"plan.json": string(o.Plan)}, "immutable": true}
}

// service gives each pod a name, HOSTNAME.NAME, before it is ready.
func (o Options) service() object {
	return object{"apiVersion": "v1", "kind": "Service", "metadata": o.meta(o.Name, ""),
		"spec": object{"clusterIP": "None", "publishNotReadyAddresses": true, "selector": o.labels("")}}
}

// policies let pods of the run reach its collector and its brokers, and nothing else reach any of its pods.
func (o Options) policies(servers []server) []object {
	policy := func(name, component string, ingress ...any) object {
		return object{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": o.meta(name, component),
			"spec": object{"podSelector": object{"matchLabels": o.labels(component)}, "policyTypes": []string{"Ingress"}, "ingress": append([]any{}, ingress...)}}
	}
	from := func(ports ...int) object {
		var list []any
		for _, p := range ports {
			list = append(list, object{"port": p, "protocol": "TCP"})
		}
		return object{"from": []any{object{"podSelector": object{"matchLabels": o.labels("")}}}, "ports": list}
	}
	out := []object{policy(o.Name, ""), policy(o.Name+"-collector", Collector, from(Port))}
	var ports []int
	for _, s := range servers {
		if !slices.Contains(ports, s.port) {
			ports = append(ports, s.port)
		}
	}
	if len(ports) > 0 {
		out = append(out, policy(o.Name+"-broker", Broker, from(ports...)))
	}
	return out
}
