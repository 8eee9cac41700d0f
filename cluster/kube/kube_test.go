package kube

import (
	"bytes"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files")

// small is a run with every kind of object.
func small() Options {
	return Options{Name: "tqbench", Image: "tqbench:1.0", Plan: []byte("{\"seed\": 1}\n"), Workers: 4, Load: 2, Brokers: []string{"redis"},
		CPUs:   map[string]int{Collector: 1, Broker: 2, Worker: 2, Load: 1},
		Memory: map[string]string{Collector: "2Gi", Broker: "2Gi", Worker: "2Gi", Load: "1Gi"},
		Secret: "tqbench", Deadline: 4 * time.Hour, Keep: time.Hour, Hold: 15 * time.Minute}
}

func placed() Options {
	o := small()
	o.Name, o.Together = "nightly", true
	o.Brokers, o.External = []string{"postgres@17", "mysql", "rabbitmq-quorum", "sqs"}, []string{"sqs"}
	o.BrokerImages = map[string]string{"mysql": "mirror.example/mysql:8.4"}
	o.NodeSelector = map[string]string{"pool": "bench"}
	o.Tolerations = []Toleration{{Key: "bench", Value: "yes", Effect: "NoSchedule"}, {Key: "spot"}}
	o.ServiceAccount, o.ImagePullSecrets = "bench", []string{"mirror"}
	return o
}

func swarm() Options {
	o := small()
	o.Swarm, o.Workers, o.Load = true, 3, 3
	o.CPUs, o.Memory = map[string]int{Collector: 1, Broker: 2, Swarm: 2}, map[string]string{Collector: "2Gi", Broker: "2Gi", Swarm: "2Gi"}
	return o
}

func TestManifests(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"small": small(), "placed": placed(), "swarm": swarm()} {
		got, err := Manifest(o)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".yaml")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; see the change with: go test ./cluster/kube -update && git diff", file)
		}
	}
}

// objects reads a manifest into Kubernetes' own types, which refuse a field that they don't know.
func objects(t *testing.T, manifest []byte) (jobs []batch.Job, all map[string]any) {
	t.Helper()
	all = map[string]any{}
	for document := range strings.SplitSeq(string(manifest), "\n---\n") {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			t.Fatal(err)
		}
		into, ok := map[string]any{"Job": &batch.Job{}, "ConfigMap": &core.ConfigMap{}, "Service": &core.Service{}, "NetworkPolicy": &networking.NetworkPolicy{}}[kind.Kind]
		if !ok {
			t.Fatalf("an object of kind %q", kind.Kind)
		}
		if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
			t.Errorf("%s: %v", kind.Kind, err)
		}
		if j, ok := into.(*batch.Job); ok {
			jobs = append(jobs, *j)
		}
		all[kind.Kind] = into
	}
	return jobs, all
}

// Every pod ends by itself, is never started again, has whole CPUs and no rights.
func TestEveryPodIsBounded(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"small": small(), "placed": placed(), "swarm": swarm()} {
		manifest, err := Manifest(o)
		if err != nil {
			t.Fatal(err)
		}
		jobs, all := objects(t, manifest)
		if kinds := slices.Sorted(maps.Keys(all)); !slices.Equal(kinds, []string{"ConfigMap", "Job", "NetworkPolicy", "Service"}) {
			t.Errorf("%s has %q", name, kinds)
		}
		if want := len(o.Brokers) - len(o.External) + len(o.Components()) - 1; len(jobs) != want {
			t.Errorf("%s has %d jobs, want %d", name, len(jobs), want)
		}
		for _, j := range jobs {
			pod := j.Spec.Template.Spec
			c := pod.Containers[0]
			for what, ok := range map[string]bool{
				"no new pods":   *j.Spec.BackoffLimit == 0 && pod.RestartPolicy == core.RestartPolicyNever,
				"a deadline":    *j.Spec.ActiveDeadlineSeconds == 4*3600 && *j.Spec.TTLSecondsAfterFinished == 3600,
				"whole CPUs":    c.Resources.Requests.Cpu().MilliValue()%1000 == 0 && !c.Resources.Requests.Cpu().IsZero(),
				"as requested":  c.Resources.Requests.Cpu().Equal(*c.Resources.Limits.Cpu()) && c.Resources.Requests.Memory().Equal(*c.Resources.Limits.Memory()),
				"no token":      !*pod.AutomountServiceAccountToken,
				"not root":      *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser != 0 && !*c.SecurityContext.AllowPrivilegeEscalation,
				"apart":         (pod.Affinity == nil) == o.Together,
				"the selector":  len(pod.NodeSelector) == len(o.NodeSelector) && len(pod.Tolerations) == len(o.Tolerations),
				"the service":   pod.Subdomain == o.Name,
				"the rest":      pod.ServiceAccountName == o.ServiceAccount && len(pod.ImagePullSecrets) == len(o.ImagePullSecrets),
				"pinned images": strings.HasPrefix(c.Image, "tqbench:") || strings.Contains(c.Image, "@sha256:") || c.Image == o.BrokerImages["mysql"],
			} {
				if !ok {
					t.Errorf("%s, %s: not so: %s", name, j.Name, what)
				}
			}
		}
	}
}

// No secret is in a manifest: people commit them.
func TestAManifestHasNoSecret(t *testing.T) {
	t.Parallel()
	manifest, err := Manifest(placed())
	if err != nil {
		t.Fatal(err)
	}
	jobs, _ := objects(t, manifest)
	for _, j := range jobs {
		for _, e := range j.Spec.Template.Spec.Containers[0].Env {
			secret := strings.Contains(e.Name, "PASS") || strings.HasSuffix(e.Name, "_URL")
			if secret && e.ValueFrom == nil && !strings.Contains(e.Value, "$("+passwordVariable+")") {
				t.Errorf("%s has %s=%q", j.Name, e.Name, e.Value)
			}
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Options){
		`the name "Big"`:             func(o *Options) { o.Name = "Big" },
		"there is no image: give":    func(o *Options) { o.Image = "" },
		"a ConfigMap holds":          func(o *Options) { o.Plan = make([]byte, 1<<20) },
		"0 CPUs for the load":        func(o *Options) { o.CPUs[Load] = 0 },
		`memory "lots" for`:          func(o *Options) { o.Memory[Worker] = "lots" },
		"no image of sqs":            func(o *Options) { o.Brokers = []string{"sqs"} },
		"no pinned image of mysql@9": func(o *Options) { o.Brokers = []string{"mysql@9"} },
		"the deadline is 0s":         func(o *Options) { o.Deadline = 0 },
	} {
		o := small()
		change(&o)
		if _, err := Manifest(o); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// The images are those of the Dagger module, whose file Dependabot keeps up to date.
func TestImagesAreThoseOfTheDaggerModule(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "..", ".dagger", "images", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pinned() {
		if line := "FROM " + p.image + " AS " + strings.ReplaceAll(p.name, "@", "-") + "\n"; !strings.Contains(string(data), line) {
			t.Errorf("the Dockerfile lacks %q", line)
		}
	}
}
