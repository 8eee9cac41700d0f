package contender

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
)

// A set-up for several queues names each to the workers, in order, and has each of its places once.
func TestEveryQueueIsListenedToAndCountedOnce(t *testing.T) {
	t.Parallel()
	for _, c := range described(t) {
		if c.lacks("queues") != "" {
			continue
		}
		for _, name := range c.Brokers() {
			t.Run(c.Name()+" on "+name, func(t *testing.T) {
				target := Target{Broker: name, URL: exampleURL(name), Queue: "q-a", Queues: []string{"q-a", "q-b"}, Processes: 2, Concurrency: 10, CPUs: 2}
				s, err := c.Setup(target)
				if err != nil {
					t.Fatal(err)
				}
				if line := strings.Join(s.Commands[0], " ") + s.Environ["TQBENCH_QUEUES"]; !strings.Contains(line, "q-a,q-b") && !strings.Contains(line, "q-a q-b") {
					t.Errorf("the command %q doesn't name both queues", s.Commands[0])
				}
				for i, p := range s.Places {
					if slices.Contains(s.Places[:i], p) {
						t.Errorf("%+v would be counted twice", p)
					}
				}
				for _, q := range target.Queues {
					if !slices.ContainsFunc(s.Places, func(p broker.Place) bool { return strings.Contains(p.Key+p.Where, q) }) {
						t.Errorf("no place for queue %s in %+v", q, s.Places)
					}
				}
				if !slices.ContainsFunc(s.Settings, func(s results.Setting) bool { return s.Name == "order of queues" }) {
					t.Error("no setting states the order of the queues")
				}
			})
		}
	}
}

// Each task of a stream goes to its kind's queue. A queue without listeners is an error, so that no task is lost.
func TestAStreamSendsEachKindToItsQueue(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"asynctasq", "celery"} {
		c, err := catalog(t).Find(name)
		if err != nil {
			t.Fatal(err)
		}
		target := Target{Broker: "redis", URL: exampleURL("redis"), Queue: "q-a", Queues: []string{"q-a", "q-b"}}
		queues := []string{"", "q-a", "q-b", "q-c"}
		encode, err := Stream(c, target, func(i int) Kind { return Kind{Task: "noop", Queue: queues[i]} }, 0, rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			t.Fatal(err)
		}
		var m broker.Message
		for i, want := range []string{"q-a", "q-a", "q-b"} {
			if _, err := encode(nil, &m, i); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimPrefix(m.Destination.Queue, "queue:"); got != want {
				t.Errorf("%s: task %d goes to %q, want %q", name, i, got, want)
			}
		}
		if _, err := encode(nil, &m, 3); err == nil || !strings.Contains(err.Error(), `"q-c"`) {
			t.Errorf("%s: err = %v, want one that names the queue", name, err)
		}
	}
}

// every are all contenders.
func every(t testing.TB) []Contender {
	t.Helper()
	return catalog(t).All()
}

func catalog(t testing.TB) *Catalog {
	t.Helper()
	c, err := NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
