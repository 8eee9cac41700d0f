// Package suite holds the scenarios, as data, and lays out the plan made of them.
//
// A scenario says what is asked, which load answers it, and which metrics decide. It knows no framework and no
// broker; those are chosen when a plan is made.
package suite

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed scenarios/*.yaml
var builtin embed.FS

// Arrival models.
const (
	// Backlog queues all tasks while the workers are held, then lets them go.
	Backlog = "backlog"
	// Open sends at a constant rate and never waits for an answer.
	Open = "open"
	// Poisson sends as Open does, with exponential gaps drawn from the trial's seed.
	Poisson = "poisson"
)

// Producers.
const (
	// Wire speaks the framework's format from Go.
	Wire = "wire"
	// Client calls the framework's own Python API, one process and one caller.
	Client = "client"
)

// Metrics that a scenario may name as deciding.
var knownMetrics = []string{
	"throughput", "latency_p50", "latency_p99", "enqueue_wire", "enqueue_client",
	"cpu_per_1000", "broker_cpu_per_1000", "pss",
}

// Brokers that a phase may have numbers of its own for.
var knownBrokers = []string{"redis", "postgres", "mysql", "rabbitmq", "sqs"}

// Scenario is a workload.
type Scenario struct {
	ID       int    `yaml:"id" json:"id"`
	Name     string `yaml:"name" json:"name"`
	Title    string `yaml:"title" json:"title"`
	Question string `yaml:"question" json:"question"`
	Why      string `yaml:"why" json:"why"`
	// Task is the body that is run, one of those in workers/python/tqbench/tasks.py.
	Task string `yaml:"task" json:"task"`
	// Processes is how many worker processes each contender gets.
	Processes int `yaml:"processes" json:"processes"`
	// Concurrency is how many tasks one process may hold unacknowledged.
	Concurrency int      `yaml:"concurrency" json:"concurrency"`
	Warmup      Warmup   `yaml:"warmup" json:"warmup"`
	Phases      []Phase  `yaml:"phases" json:"phases"`
	Decide      []string `yaml:"decide" json:"decide"`
	// Limit bounds the drain of each phase.
	Limit Duration `yaml:"limit" json:"limit"`
}

// Warmup is the load before the first phase, of the same kind.
type Warmup struct {
	// Limit ends a warm-up that does not become steady.
	Limit Duration `yaml:"limit" json:"limit"`
}

// Phase is one stretch of load.
type Phase struct {
	Name     string `yaml:"name" json:"name"`
	Arrivals string `yaml:"arrivals" json:"arrivals"`
	Producer string `yaml:"producer" json:"producer"`
	// Tasks is how many are sent at scale 1.
	Tasks int `yaml:"tasks" json:"tasks"`
	// Rate is in tasks per second; only open arrivals have one. A scale leaves it alone.
	Rate int `yaml:"rate,omitempty" json:"rate,omitempty"`
	// On has other numbers for single brokers: what one drains in a second takes another a minute, and where a rate
	// depends on the depth of the backlog, the depth is stated here.
	On map[string]Load `yaml:"on,omitempty" json:"on,omitempty"`
}

// Load is what a phase has of its own on one broker; 0 leaves the phase's number.
type Load struct {
	Tasks int `yaml:"tasks,omitempty" json:"tasks,omitempty"`
	Rate  int `yaml:"rate,omitempty" json:"rate,omitempty"`
}

// For is the scenario as it runs on a broker.
func (s Scenario) For(broker string) Scenario {
	s.Phases = slices.Clone(s.Phases)
	for i := range s.Phases {
		p := &s.Phases[i]
		l := p.On[broker]
		if l.Tasks > 0 {
			p.Tasks = l.Tasks
		}
		if l.Rate > 0 {
			p.Rate = l.Rate
		}
		p.On = nil
	}
	return s
}

// Duration is a time span written as 10s or 1m30s.
type Duration time.Duration

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 {
		return fmt.Errorf("line %d: %q is no time span above zero: write 10s, 1m30s or 500ms", n.Line, n.Value)
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
		return fmt.Errorf("%q is no time span above zero: write 10s, 1m30s or 500ms", b)
	}
	*d = Duration(v)
	return nil
}

// Scaled multiplies the number of tasks of each phase, leaving rates alone. No phase gets fewer than 100 tasks: a
// 99th percentile of fewer would be the maximum.
func (s Scenario) Scaled(scale float64) Scenario {
	scaled := func(tasks int) int { return max(int(math.Round(float64(tasks)*scale)), 100) }
	s.Phases = slices.Clone(s.Phases)
	for i := range s.Phases {
		p := &s.Phases[i]
		p.Tasks = scaled(p.Tasks)
		p.On = maps.Clone(p.On)
		for name, l := range p.On {
			if l.Tasks > 0 {
				l.Tasks = scaled(l.Tasks)
				p.On[name] = l
			}
		}
	}
	return s
}

// Check tells what is wrong with a scenario, or nil.
func (s Scenario) Check() error {
	switch {
	case s.Name == "" || strings.ContainsAny(s.Name, " \t\n/\\"):
		return fmt.Errorf("name %q: it must be one word without a slash", s.Name)
	case s.Task == "":
		return errors.New("task: none is named")
	case s.Processes < 1 || s.Processes > 1024:
		return fmt.Errorf("processes %d: from 1 to 1024 are allowed", s.Processes)
	case s.Concurrency < 1 || s.Concurrency > 100_000:
		return fmt.Errorf("concurrency %d: from 1 to 100000 is allowed", s.Concurrency)
	case len(s.Phases) == 0:
		return errors.New("phases: at least one is needed")
	case s.Limit <= 0:
		return errors.New("limit: how long a drain may take is missing, such as 60s")
	case s.Warmup.Limit <= 0:
		return errors.New("warmup.limit: how long a warm-up may take is missing, such as 5s")
	}
	seen := map[string]bool{}
	for i, p := range s.Phases {
		where := fmt.Sprintf("phases[%d]", i)
		if p.Name == "" || seen[p.Name] {
			return fmt.Errorf("%s.name %q: each phase needs a name of its own", where, p.Name)
		}
		seen[p.Name] = true
		if err := p.check(where); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(p.On)) {
			l := p.On[name]
			if !slices.Contains(knownBrokers, name) {
				return fmt.Errorf("%s.on.%s: allowed are %s", where, name, strings.Join(knownBrokers, ", "))
			}
			if l.Tasks < 0 || l.Rate < 0 {
				return fmt.Errorf("%s.on.%s: a number below zero", where, name)
			}
			if err := s.For(name).Phases[i].check(fmt.Sprintf("%s.on.%s", where, name)); err != nil {
				return err
			}
		}
	}
	for _, m := range s.Decide {
		if !slices.Contains(knownMetrics, m) {
			return fmt.Errorf("decide %q: allowed are %s", m, strings.Join(knownMetrics, ", "))
		}
	}
	return nil
}

func (p Phase) check(where string) error {
	switch {
	case !slices.Contains([]string{Backlog, Open, Poisson}, p.Arrivals):
		return fmt.Errorf("%s.arrivals %q: allowed are %s, %s, %s", where, p.Arrivals, Backlog, Open, Poisson)
	case p.Producer != Wire && p.Producer != Client:
		return fmt.Errorf("%s.producer %q: allowed are %s, %s", where, p.Producer, Wire, Client)
	case p.Producer == Client && p.Arrivals == Poisson:
		return fmt.Errorf("%s: the client producer keeps a constant rate only", where)
	case p.Tasks < 1 || p.Tasks > 100_000_000:
		return fmt.Errorf("%s.tasks %d: from 1 to 100000000 are allowed", where, p.Tasks)
	case p.Arrivals == Backlog && p.Rate != 0:
		return fmt.Errorf("%s.rate: a backlog has no rate", where)
	case p.Arrivals != Backlog && (p.Rate < 1 || p.Rate > 1_000_000):
		return fmt.Errorf("%s.rate %d: from 1 to 1000000 tasks per second are allowed", where, p.Rate)
	}
	return nil
}

// Parse reads one scenario strictly: an unknown field is an error that names its line.
func Parse(name string, data []byte) (Scenario, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	var s Scenario
	if err := dec.Decode(&s); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		// The library prefixes its own name and spreads its errors over lines.
		text := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
		return Scenario{}, fmt.Errorf("scenario %s: %s", name, strings.TrimPrefix(text, "unmarshal errors: "))
	}
	if err := s.Check(); err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}

// Builtin returns the scenarios of the suite, by id.
func Builtin() ([]Scenario, error) {
	names, err := fs.Glob(builtin, "scenarios/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list scenarios: %w", err)
	}
	var out []Scenario
	for _, n := range names {
		data, err := builtin.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("read scenario: %w", err)
		}
		s, err := Parse(path.Base(n), data)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Scenario) int { return a.ID - b.ID })
	return out, nil
}
