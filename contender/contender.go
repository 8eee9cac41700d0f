// Package contender knows the frameworks: how each puts a task on a broker, how its workers start, and which settings make the match fair.
// No package besides this one and workers/ knows any of them.
//
// A contender is a framework in one honest configuration. To add one, add a folder below contenders/ with a contender.yaml, which this
// package reads.
package contender

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

// ErrUnknown marks a contender that doesn't exist, or that can't use a broker.
var ErrUnknown = errors.New("unknown contender")

// Task is a task to run.
type Task struct {
	// Name is the task's body in workers/python/tqbench/tasks.py.
	Name string
	// Seq is its first argument, which identifies its probe record.
	Seq int64
	// Args follow: int, int64, string, bool or nil.
	Args []any
	// ID is its UUID, Tag a second one for transports that need it.
	ID, Tag UUID
	// At is its sending time, for frameworks that note it.
	At time.Time
	// Own is the call of a user's own task, instead of Seq and Args. Its ID holds its number, see SeqUUID.
	Own *Call
}

// Call is the arguments of a user's own task: a JSON array and a JSON object.
type Call struct {
	Args   json.RawMessage `json:"args"`
	Kwargs json.RawMessage `json:"kwargs"`
}

// Own is a user's own application.
type Own struct {
	// App is its module, optionally with an object's name, such as shop.queue:app.
	App string
	// Path is the folder to import it from.
	Path string
	// Python is the interpreter with its packages; empty means tqbench's own.
	Python string
	// Env are variables that it needs. A set-up's own take precedence.
	Env map[string]string
}

// Encoder turns tasks into messages for unmodified workers. It is not safe for concurrent use.
type Encoder interface {
	// Append appends the task's message to dst and sets its properties, if the broker's protocol has them. p may hold the properties of an
	// earlier task, whose parts it reuses.
	Append(dst []byte, p *broker.Properties, t Task) ([]byte, error)
	// Destination is where its messages go.
	Destination() broker.Destination
}

// Target is what workers are set up for.
type Target struct {
	Env workers.Env
	// Broker is the broker's name, URL its address, which may hold a secret.
	Broker, URL string
	// Quorum asks for quorum queues on RabbitMQ.
	Quorum bool
	// Product is the broker's, if one name covers several (MySQL and MariaDB).
	Product string
	// Queue is the framework's name of the queue, the first of several.
	Queue string
	// Queues are all queues that the workers listen to, the most important first; none means Queue alone.
	Queues []string
	// first is the first of several queues, if the target has one of them.
	first string
	// Space is set on a shared broker: it prefixes names that a framework would choose.
	Space string
	// Processes and Concurrency are the scenario's. As installed (Defaults), a framework has its own.
	Processes, Concurrency int
	Defaults               bool
	// Events is what happens to the framework's events: "on", "consumed" by tqbench, or off.
	Events string
	// Own is the user's application, nil if tqbench's own tasks run.
	Own *Own
	// CPUs is the machine's number of online CPUs, and WorkerCPUs how many of them workers may run on, 0 for all: some defaults depend on one of
	// them. A CPU set makes the second one smaller alone.
	CPUs, WorkerCPUs int
}

// Setup is a contender set up for a target.
type Setup struct {
	// Commands start its workers, all alike, one operating-system process each, which may start more.
	Commands [][]string
	// Environ is the environment of the workers and the client, including the broker's URL.
	Environ map[string]string
	// Probing is how many processes will run tasks.
	Probing int
	// Prepare are commands that create what the framework expects on the broker, such as tables. They run to their end before the first
	// message and the first worker.
	Prepare [][]string
	// Places are where its tasks are on the broker, Leftovers what else it leaves there.
	Places    []broker.Place
	Leftovers []broker.Place
	// App is the Python module whose send function enqueues, for the client producer. If it is empty, Client is the command line of a
	// program that enqueues through the line protocol. If Lines is set, only that program can send and count tasks.
	App    string
	Client []string
	Lines  bool
	// Web is the Python module whose app is a web application that enqueues with App's send.
	Web string
	// Events is where the workers' events go, nil if they are off.
	Events *Events
	// Settings are the settings and the reasons, for the report.
	Settings []results.Setting
	// Delivery, Guarantee, Caveat and Recovery are as in results.Setup.
	Delivery, Guarantee, Caveat string
	Recovery                    *results.Recovery
}

// Contender is a framework in one configuration.
type Contender interface {
	// Name is framework/configuration.
	Name() string
	// Framework is the name of its package, whose version the report shows, and of its worker environment.
	Framework() string
	// Title is the framework's name in sentences.
	Title() string
	// Brokers are those that it can use.
	Brokers() []string
	Setup(t Target) (Setup, error)
	Encoder(t Target) (Encoder, error)
}

// EarlySuffix ends the names of contenders that acknowledge tasks before they run.
const EarlySuffix = "+early"

// acknowledger is a contender that can choose when to acknowledge.
type acknowledger interface {
	// early is the contender with early acknowledgement, or why there is none.
	early() (Contender, error)
}

func early(c Contender) (Contender, error) {
	a, ok := c.(acknowledger)
	if !ok {
		return nil, fmt.Errorf("%w %q: it is only known when %s acknowledges by default", ErrUnknown, c.Name()+EarlySuffix, c.Name())
	}
	return a.early()
}

// Supports returns nil, or why a contender can't use a broker.
func Supports(c Contender, name string) error {
	if slices.Contains(c.Brokers(), brokername.Family(name)) {
		return nil
	}
	return fmt.Errorf("%w: %s has no transport for %s: %s", ErrUnknown, c.Name(), name, onlyBrokers(c))
}

// onlyBrokers says which brokers a contender can use. It doesn't name the one that it can't, so that what is left out for it reads the same on
// all of them.
func onlyBrokers(c Contender) string {
	all := c.Brokers()
	if len(all) == 1 {
		return "its only broker is " + all[0]
	}
	return "its brokers are " + strings.Join(all, ", ")
}

// Kind is a task without its number.
type Kind struct {
	Task string
	Args []any
	Own  *Call
	// Queue is one of the target's; none means its first.
	Queue string
}

// listened are the queues that workers listen to.
func (t Target) listened() []string {
	if len(t.Queues) == 0 {
		return []string{t.Queue}
	}
	return t.Queues
}

// on is the target with one of its queues alone.
func (t Target) on(queue string) Target {
	t.first = t.main()
	t.Queue, t.Queues = queue, nil
	return t
}

// main is the first queue that the workers listen to.
func (t Target) main() string { return cmp.Or(t.first, t.listened()[0]) }

// Stream encodes tasks whose sequence numbers begin at first, for one sending goroutine. Their ids are drawn from rng.
func Stream(c Contender, t Target, kind func(i int) Kind, first int64, rng *rand.Rand) (func(dst []byte, m *broker.Message, i int) ([]byte, error), error) {
	encoders := map[string]Encoder{}
	for _, q := range t.listened() {
		enc, err := c.Encoder(t.on(q))
		if err != nil {
			return nil, err
		}
		encoders[q] = enc
	}
	return func(dst []byte, m *broker.Message, i int) ([]byte, error) {
		k := kind(i)
		enc := encoders[cmp.Or(k.Queue, t.Queue)]
		if enc == nil {
			return nil, fmt.Errorf("task %s: the workers don't listen to queue %q", k.Task, k.Queue)
		}
		m.Destination = enc.Destination()
		id := RandomUUID(rng)
		if k.Own != nil {
			id = SeqUUID(first+int64(i), rng)
		}
		return enc.Append(dst, &m.Properties, Task{Name: k.Task, Args: k.Args, Own: k.Own, Seq: first + int64(i), ID: id, Tag: RandomUUID(rng), At: time.Now()})
	}, nil
}

// environ adds the environment of the user's application to a set-up's.
func (o *Own) environ(env map[string]string, e workers.Env) {
	env["TQBENCH_APP"], env["TQBENCH_APP_PATH"] = o.App, o.Path
	parts := []string{e.Apps, o.Path}
	if path := o.Env["PYTHONPATH"]; path != "" {
		parts = append(parts, path)
	}
	if o.Python == "" {
		parts = append(parts, e.Packages)
	}
	env["PYTHONPATH"] = strings.Join(parts, string(os.PathListSeparator))
}

// Shown is a worker's command as the report prints it, with names for the interpreter and the contender's folder.
func Shown(argv []string, e workers.Env) []string {
	out := slices.Clone(argv)
	for i, word := range out {
		if word == e.Python {
			out[i] = "python"
		} else if e.Node != "" && word == e.Node {
			out[i] = "node"
		} else if e.Folder != "" {
			out[i] = strings.ReplaceAll(word, e.Folder, ".")
		}
	}
	return out
}

// Outside is an external contender's folder; false for tqbench's own contenders.
func Outside(c Contender) (workers.Folder, bool) {
	f, ok := c.(interface {
		outside() (workers.Folder, bool)
	})
	if !ok {
		return workers.Folder{}, false
	}
	return f.outside()
}

// Terms are the language of a contender's workers and its framework's licence, empty where they aren't known.
func Terms(c Contender) (language, licence string) {
	f, ok := c.(interface {
		terms() (language, licence string)
	})
	if !ok {
		return "", ""
	}
	return f.terms()
}

// IsPython reports whether a contender's workers are Python processes, which can be profiled.
func IsPython(c Contender) bool {
	r, ok := c.(interface{ runtime() string })
	return !ok || r.runtime() == RuntimePython
}
