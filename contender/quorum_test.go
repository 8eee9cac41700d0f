package contender

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/suite"
)

// A framework has quorum queues only if its queues are declared as such, and otherwise says why not.
func TestQuorumQueuesAreDeclaredOrMissing(t *testing.T) {
	t.Parallel()
	catalog, err := NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"celery/prefork": "", "celery/threads": "", "taskiq/async": "",
		"dramatiq/threads": "no quorum queues: Dramatiq declares classic queues", "asynctasq/async": "no quorum queues: AsyncTasQ declares queues without a type",
		"rq/fork": "its only broker is redis",
	} {
		c, err := catalog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		got := Lacks(c, "rabbitmq-quorum", suite.Scenario{Task: "noop", Setting: suite.Setting{Processes: 2, Concurrency: 10}})
		if (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if strings.HasPrefix(want, "no quorum") && Lacks(c, "rabbitmq", suite.Scenario{Task: "noop", Setting: suite.Setting{Processes: 2, Concurrency: 10}}) != "" {
			t.Errorf("%s has no classic queues", name)
		}
	}
	// A manifest that says nothing about them would be measured on classic queues.
	m, err := ParseManifest([]byte(strings.Replace(sound, "brokers: [redis]", "brokers: [rabbitmq]", 1)))
	if err != nil {
		t.Fatal(err)
	}
	f := folder{Manifest: m, configuration: m.Configurations[0]}
	if got := f.quorumless(); got != "no quorum queues: its contender.yaml doesn't declare them (when: {quorum: true})" {
		t.Errorf("%q", got)
	}
}
