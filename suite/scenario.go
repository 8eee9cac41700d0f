// Package suite holds the scenarios, as data, and lays out the plan made of them.
//
// A scenario states the question, the load that answers it, and the metrics that decide. It names contenders if the question is about
// certain ones. The user chooses the brokers of a plan.
package suite

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// The measures of a scenario.
const (
	// Load puts workers through phases of load.
	Load = "load"
	// Search looks for the highest rate of its one phase at which p99 stays below Hold.
	Search = "search"
	// Soak searches in its first phase, then keeps up 70 % of the rate found.
	Soak = "soak"
	// Recovery kills workers or the broker, or disturbs the network between them, in the middle of its one phase.
	Recovery = "recovery"
	// Codec times the framework's own serialisation first, then puts workers through phases of load.
	Codec = "codec"
	// Start starts the workers repeatedly, each time with one waiting task.
	Start = "start"
	// Web loads a web application that enqueues tasks.
	Web = "web"
)

// Arrival models.
const (
	// Backlog queues all tasks while the workers are held, then lets them go.
	Backlog = "backlog"
	// Sustained queues as many tasks as the depth says while the workers are held, then lets them go. It sends a new task for each that
	// ends, until the phase ends.
	Sustained = "sustained"
	// Open sends at a constant rate and never waits for an answer.
	Open = "open"
	// Poisson sends like Open, with exponential gaps drawn from the trial's seed.
	Poisson = "poisson"
	// Trace sends each task at its recorded time.
	Trace = "trace"
	// Cold queues one task, then starts the workers, once per task.
	Cold = "cold"
)

// Producers.
const (
	// Wire speaks the framework's format from Go.
	Wire = "wire"
	// Client calls the framework's own Python API, one process and one caller.
	Client = "client"
)

// What happens to the events that a framework publishes about its tasks.
const (
	EventsOff = "off"
	// EventsOn publishes them without a reader.
	EventsOn = "on"
	// EventsConsumed publishes them, and the harness reads them.
	EventsConsumed = "consumed"
)

// The faults of a recovery.
const (
	// StrikeWorker kills a process that runs tasks.
	StrikeWorker = "worker"
	// StrikeWorkers kills all workers at once.
	StrikeWorkers = "workers"
	// StrikeBroker kills the broker and restarts it on its data.
	StrikeBroker = "broker"
	// StrikePause freezes the broker for a while. Its connections stay open.
	StrikePause = "pause"
	// StrikeCut breaks every connection of workers and producers to the broker.
	StrikeCut = "cut"
	// StrikeSlow slows the network to the broker for a while.
	StrikeSlow = "slow"
)

// Services next to the workers, for tasks that call them.
const (
	// MockAPI is the web service of package mockapi.
	MockAPI = "mockapi"
	// Database is the trial's own PostgreSQL, with the rows that tasks receive as models or fetch.
	Database = "database"
)

// Scenario is a workload.
type Scenario struct {
	// ID is the number of one of the suite's own scenarios.
	ID int `yaml:"id" json:"id"`
	// Name is one word. The command line and result files use it.
	Name string `yaml:"name" json:"name"`
	// Title is the name in reports.
	Title string `yaml:"title" json:"title"`
	// Question is the question that it answers; reports show it.
	Question string `yaml:"question" json:"question"`
	// Why is why the question matters.
	Why string `yaml:"why" json:"why"`
	// Lies is what could make its answer wrong, and what prevents that.
	Lies string `yaml:"lies" json:"lies"`
	// Measure is how it is measured: by phases of load unless it names another measure.
	Measure string `yaml:"measure,omitempty" json:"measure,omitempty"`
	// Contenders are the compared sides unless --contender names others, the baseline first.
	Contenders []string `yaml:"contenders,omitempty" json:"contenders,omitempty"`
	// Brokers are the brokers that it can run on; all if it names none.
	Brokers []string `yaml:"brokers,omitempty" json:"brokers,omitempty"`
	// Task is the task to run, such as noop, fetch or digest; a mix has several.
	Task string `yaml:"task,omitempty" json:"task,omitempty"`
	// Args are the task's arguments.
	Args []any `yaml:"args,omitempty,flow" json:"args,omitempty"`
	// Mix has several kinds of task instead of one.
	Mix []Share `yaml:"mix,omitempty" json:"mix,omitempty"`
	// Chain makes the mix the steps of a chain: each task enqueues one of the next kind through the framework's own client, and metrics
	// count chains, not tasks. A chain carries the arguments of all its steps.
	Chain bool `yaml:"chain,omitempty" json:"chain,omitempty"`
	// Setting is the number of workers, their settings and the services next to them.
	Setting `yaml:",inline"`
	// Sweep makes each point a separate scenario.
	Sweep []Point `yaml:"sweep,omitempty" json:"sweep,omitempty"`
	// Doubling makes points of 1, 2, 4, 8 ... processes instead, up to the plan's limit. Over several hosts, they are spread evenly.
	Doubling bool `yaml:"doubling,omitempty" json:"doubling,omitempty"`
	// Warmup is the load before the first phase.
	Warmup Warmup `yaml:"warmup" json:"warmup"`
	// Phases are the stretches of load, in order.
	Phases []Phase `yaml:"phases" json:"phases"`
	// Decide names the metrics that decide, such as throughput or latency_p99. The others are measured and shown as well.
	Decide []string `yaml:"decide" json:"decide"`
	// Hold is a search's bound on p99 latency.
	Hold Duration `yaml:"hold,omitempty" json:"hold,omitempty"`
	// Limit bounds the drain of each phase, and the load of one that repeats a trace.
	Limit Duration `yaml:"limit" json:"limit"`
	// Wait is how long after a worker's kill tasks may come back to be waited for, if their framework says when. Tasks of others are waited
	// for until the drain's limit.
	Wait Duration `yaml:"wait,omitempty" json:"wait,omitempty"`
	// Own is the user's application with the task to run; only a plan has it.
	Own *Own `yaml:"-" json:"own,omitempty"`
	// Apart leaves it out of all scenarios: it only runs by name.
	Apart bool `yaml:"apart,omitempty" json:"apart,omitempty"`
	// Of is the scenario that this is a point of, At the point's name. Both are empty if this is no point.
	Of string `yaml:"-" json:"of,omitempty"`
	At string `yaml:"-" json:"at,omitempty"`
	// Arms are the names of the sides that a plan compares in it, the baseline first.
	Arms []string `yaml:"-" json:"arms,omitempty"`
}

// Own is a user's own task.
type Own struct {
	// Tasks are its names, by framework.
	Tasks map[string]string `json:"tasks"`
	// Apps are the modules, by framework, optionally with an object's name, such as shop.queue:app.
	Apps map[string]string `json:"apps"`
	// Path is the folder to import them from, Python the interpreter with their packages ("" is tqbench's).
	Path   string `json:"path"`
	Python string `json:"python,omitempty"`
	// Sides are where the sides of a gate have the application, by arm; the others have it at Path.
	Sides map[string]OwnSide `json:"sides,omitempty"`
	// Calls are its sets of arguments, used in turn.
	Calls []Call `json:"calls"`
}

// Call is one set of arguments: a JSON array and a JSON object.
type Call struct {
	Args   json.RawMessage `json:"args"`
	Kwargs json.RawMessage `json:"kwargs"`
}

// Setting is what a point of a sweep may change.
type Setting struct {
	// Processes is each contender's number of worker processes.
	Processes int `yaml:"processes,omitempty" json:"processes,omitempty"`
	// Concurrency is how many unacknowledged tasks one process may hold.
	Concurrency int `yaml:"concurrency,omitempty" json:"concurrency,omitempty"`
	// Events is what happens to the frameworks' events: off (the default), published (on), or also read (consumed).
	Events string `yaml:"events,omitempty" json:"events,omitempty"`
	// Strike is the fault of a recovery: by default, it kills one worker.
	Strike string `yaml:"strike,omitempty" json:"strike,omitempty"`
	// Service runs next to the workers, for tasks that call it: a web service (mockapi) or a PostgreSQL (database).
	Service string `yaml:"service,omitempty" json:"service,omitempty"`
}

// Point is one point of a sweep. Fields that it leaves out are the scenario's.
type Point struct {
	// Name is one word; the point is called SCENARIO@POINT.
	Name    string `yaml:"point" json:"point"`
	Setting `yaml:",inline"`
	// Task replaces the scenario's, if that has one.
	Task string `yaml:"task,omitempty" json:"task,omitempty"`
	// Args replace the arguments of that task.
	Args []any `yaml:"args,omitempty,flow" json:"args,omitempty"`
	// Tasks replaces the number of each phase that has one.
	Tasks int `yaml:"tasks,omitempty" json:"tasks,omitempty"`
	// Rate replaces the rate of each phase that has one.
	Rate int `yaml:"rate,omitempty" json:"rate,omitempty"`
	// Depth replaces the depth of each sustained backlog, on every broker: it depends on how many tasks the workers hold.
	Depth int `yaml:"depth,omitempty" json:"depth,omitempty"`
	// FromScale leaves the point out of plans at a smaller scale.
	FromScale float64 `yaml:"from_scale,omitempty" json:"from_scale,omitempty"`
}

// Share is one kind of task in a mix.
type Share struct {
	// Kind is the name in results, by default the task's.
	Kind string `yaml:"kind,omitempty" json:"kind,omitempty"`
	// Task is the task to run.
	Task string `yaml:"task" json:"task"`
	// Args are its arguments.
	Args []any `yaml:"args,omitempty,flow" json:"args,omitempty"`
	// Share is its part of all tasks, relative to the others: 3 and 1 are three quarters and one.
	Share int `yaml:"share" json:"share"`
	// Queue is its queue. The workers listen to all queues of the mix, the first being the most important one.
	Queue string `yaml:"queue,omitempty" json:"queue,omitempty"`
}

// Queues are the mix's queues, the most important first; none if all tasks share one.
func (s Scenario) Queues() []string {
	var out []string
	for _, k := range s.Mix {
		if k.Queue != "" && !slices.Contains(out, k.Queue) {
			out = append(out, k.Queue)
		}
	}
	return out
}

// Linked reports whether workers and producers reach the broker through a proxy, which can disturb their connections.
func (s Scenario) Linked() bool { return s.Strike == StrikeCut || s.Strike == StrikeSlow }

// Steps is the number of tasks in a chain, or one.
func (s Scenario) Steps() int {
	if s.Chain {
		return len(s.Mix)
	}
	return 1
}

// Kinds are the scenario's kinds of tasks, one or more.
func (s Scenario) Kinds() []Share {
	mix := s.Mix
	if len(mix) == 0 {
		mix = []Share{{Task: s.Task, Args: s.Args, Share: 1}}
	}
	out := slices.Clone(mix)
	for i := range out {
		out[i].Kind = cmp.Or(out[i].Kind, out[i].Task)
	}
	return out
}

// Warmup is the load before the first phase, of the same kind.
type Warmup struct {
	// Limit ends a warm-up that does not become steady.
	Limit Duration `yaml:"limit" json:"limit"`
}

// Duration is a time span written as 10s or 1m30s.
type Duration time.Duration

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 {
		return fmt.Errorf("line %d: %q must be a time span above zero: write 10s, 1m30s or 500ms", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes a duration as time.Duration prints it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v <= 0 {
		return fmt.Errorf("%q must be a time span above zero: write 10s, 1m30s or 500ms", b)
	}
	*d = Duration(v)
	return nil
}

// whole restores integers: a plan goes through JSON, which turns all numbers into floats.
func whole(args []any) {
	for i, a := range args {
		if f, ok := a.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			args[i] = int(f)
		}
	}
}

// Expand returns the scenario's points, or the scenario itself if it has none. It leaves out points for larger scales.
func (s Scenario) Expand(scale float64) []Scenario {
	if len(s.Sweep) == 0 {
		return []Scenario{s}
	}
	var out []Scenario
	for _, p := range s.Sweep {
		if scale < p.FromScale {
			continue
		}
		q := s
		q.Sweep = nil
		q.Of, q.At, q.Name = s.Name, p.Name, s.Name+"@"+p.Name
		q.Setting = s.Setting.with(p.Setting)
		q.Task = cmp.Or(p.Task, s.Task)
		if p.Args != nil {
			q.Args = p.Args
		}
		q.Phases = slices.Clone(s.Phases)
		for i := range q.Phases {
			ph := &q.Phases[i]
			ph.On = maps.Clone(ph.On)
			// A point's number is for all brokers.
			put := func(point int, of *int, on func(*Numbers) *int) {
				if point <= 0 || *of <= 0 {
					return
				}
				*of = point
				for name, l := range ph.On {
					*on(&l) = 0
					ph.On[name] = l
				}
			}
			put(p.Tasks, &ph.Tasks, func(n *Numbers) *int { return &n.Tasks })
			put(p.Rate, &ph.Rate, func(n *Numbers) *int { return &n.Rate })
			put(p.Depth, &ph.Depth, func(n *Numbers) *int { return &n.Depth })
		}
		out = append(out, q)
	}
	return out
}

// with is the setting with the changes of a point.
func (s Setting) with(p Setting) Setting {
	s.Processes = cmp.Or(p.Processes, s.Processes)
	s.Concurrency = cmp.Or(p.Concurrency, s.Concurrency)
	s.Events = cmp.Or(p.Events, s.Events)
	s.Strike = cmp.Or(p.Strike, s.Strike)
	s.Service = cmp.Or(p.Service, s.Service)
	return s
}
