package contender

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/strict"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// ManifestName is the file that makes a folder a contender.
const ManifestName = "contender.yaml"

// Manifest is contender.yaml: a framework, its configurations, and how each is set up. Texts may have $(NAME) in them.
type Manifest struct {
	// Framework names it and its folder, Title is what sentences call it, Package the one whose version counts.
	Framework string `yaml:"framework"`
	Title     string `yaml:"title"`
	Package   string `yaml:"package"`
	// Source is where it is from, Licence under which terms it is.
	Source  string `yaml:"source"`
	Licence string `yaml:"licence"`
	// Runtime is what runs its workers: RuntimePython, RuntimeNode, RuntimeGo, or RuntimeExecutable for programs of any language, whose
	// Version is said here.
	Runtime string `yaml:"runtime"`
	Version string `yaml:"version"`
	// Client is the command line of a program that enqueues by the protocol of lines, in place of a module's send function.
	Client []string `yaml:"client"`
	// Tasks are the bodies that it has, suite.Tasks where nothing is said.
	Tasks []string `yaml:"tasks"`
	// App is the module whose send function enqueues, Web the one whose app is a web application that does.
	App string `yaml:"app"`
	Web string `yaml:"web"`
	// Brokers are those that it can use.
	Brokers []string `yaml:"brokers"`
	// Offers are what it can do beside running tasks, Lacks what it can't, with the reason. Each of Capabilities is in one of them.
	Offers []string          `yaml:"offers"`
	Lacks  map[string]string `yaml:"lacks"`
	// Configurations are the contenders that are made of it. The first is the one that the framework's name alone means.
	Configurations []Configuration `yaml:"configurations"`
	// Setup are parts, of which a set-up has those whose conditions it meets. A later one adds to the earlier ones or replaces what
	// they say.
	Setup []Part `yaml:"setup"`
	// lines are those of the parts.
	lines []int
}

// Runtimes of workers.
const (
	RuntimePython     = workers.Python
	RuntimeNode       = workers.NodeJS
	RuntimeGo         = workers.Go
	RuntimeExecutable = "executable"
)

// Configuration is one honest way to run a framework.
type Configuration struct {
	Name  string `yaml:"name"`
	About string `yaml:"about"`
	// Lacks are what this one can't do, beside what none of them can.
	Lacks map[string]string `yaml:"lacks"`
	// Brokers are those that it can use, all of the framework's where nothing is said.
	Brokers []string `yaml:"brokers"`
}

// Part is a part of set-ups.
type Part struct {
	When When `yaml:"when"`
	// Values are names that templates can use, each a text with templates, a number or true or false.
	Values yaml.Node `yaml:"values"`
	// App and Web take the places of the manifest's.
	App string `yaml:"app"`
	Web string `yaml:"web"`
	// PlainURL is why the user and the password in the broker's URL may have no escapes, where they may not.
	PlainURL string `yaml:"plain_url"`
	// Command are words of a worker's command line, added to those before. They may name $(instance), which counts from 1.
	Command []string `yaml:"command"`
	// Instances is how many such commands are started, Probing how many processes will run tasks.
	Instances string            `yaml:"instances"`
	Probing   string            `yaml:"probing"`
	Environ   map[string]string `yaml:"environ"`
	// JSON are variables whose values are JSON objects, which the parts fill together.
	JSON     map[string]yaml.Node `yaml:"environ_json"`
	Settings []Setting            `yaml:"settings"`
	// Events are where workers publish what becomes of tasks.
	Events *EventFormat `yaml:"events"`
	// Prepare are commands that make what must be on the broker, for each queue, each once.
	Prepare [][]string `yaml:"prepare"`
	// Places are where its tasks stand on the broker, Leftovers what else it leaves there: of each queue.
	Places    []Place `yaml:"places"`
	Leftovers []Place `yaml:"leftovers"`
	Message   *Format `yaml:"message"`
	Delivery  string  `yaml:"delivery"`
	Guarantee string  `yaml:"guarantee"`
	Caveat    string  `yaml:"caveat"`
}

// When are a part's conditions. One that is left out is met.
type When struct {
	Broker        choice `yaml:"broker"`
	Configuration choice `yaml:"configuration"`
	// Mode is "matched", "defaults" (as installed) or both.
	Mode choice `yaml:"mode"`
	// Early is met where tasks are acknowledged before they are run, or where they aren't.
	Early *bool `yaml:"early"`
	// Several is met where there are several queues, or where there is one.
	Several *bool `yaml:"several_queues"`
	// Events is what becomes of events: "off", "on" or "consumed".
	Events choice `yaml:"events"`
	// Product is the broker's, such as MariaDB.
	Product choice `yaml:"product"`
	// Own is met where the tasks are those of a user's application, Shared where the broker isn't ours alone; or where they aren't.
	Own    *bool `yaml:"own"`
	Shared *bool `yaml:"shared"`
}

// met tells whether a configuration's set-up for a target meets the conditions.
func (w When) met(f folder, t Target) bool {
	mode := modeMatched
	if t.Defaults {
		mode = modeDefaults
	}
	is := func(want *bool, got bool) bool { return want == nil || *want == got }
	return w.Broker.has(t.Broker) && w.Configuration.has(f.configuration.Name) && w.Mode.has(mode) &&
		w.Events.has(cmp.Or(t.Events, suite.EventsOff)) && w.Product.has(t.Product) &&
		is(w.Early, f.before) && is(w.Several, len(t.listened()) > 1) && is(w.Own, t.Own != nil) && is(w.Shared, t.Space != "")
}

// Modes of a set-up.
const (
	modeMatched  = "matched"
	modeDefaults = "defaults"
)

// Setting is a setting with its reason. One of the policy's points has the policy's reason, and By says how it is kept.
type Setting struct {
	Name    string `yaml:"name"`
	Value   string `yaml:"value"`
	Default string `yaml:"default"`
	Why     string `yaml:"why"`
	By      string `yaml:"by"`
}

// Place is a broker.Place.
type Place struct {
	Key       string         `yaml:"key"`
	Kind      string         `yaml:"kind"`
	Group     string         `yaml:"group"`
	Exchange  string         `yaml:"exchange"`
	Arguments map[string]any `yaml:"arguments"`
	Where     string         `yaml:"where"`
}

// choice is one word or a list of such.
type choice []string

// UnmarshalYAML reads a word or a list.
func (w *choice) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*w = choice{node.Value}
		return nil
	}
	return node.Decode((*[]string)(w))
}

func (w choice) has(s string) bool { return len(w) == 0 || slices.Contains(w, s) }

// ErrManifest marks a contender.yaml that can't be used.
var ErrManifest = errors.New("not a usable contender")

// ReadManifest reads a folder's contender.yaml strictly. name is what errors call the folder. Whether its set-ups can be made is for
// Try to say.
func ReadManifest(fsys fs.FS, name string) (Manifest, error) {
	data, err := fs.ReadFile(fsys, ManifestName)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrManifest, path.Join(name, ManifestName), regular.Bare(err))
	}
	m, err := ParseManifest(data)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrManifest, path.Join(name, ManifestName), err)
	}
	return m, nil
}

// Try makes each set-up that the manifest describes, and tells what is wrong with the first that is incomplete.
func (m Manifest) Try() error {
	for _, c := range m.Configurations {
		f := folder{Manifest: m, configuration: c}
		for _, b := range f.Brokers() {
			if err := f.try(b); err != nil {
				return fmt.Errorf("%s on %s: %w", f.Name(), b, err)
			}
		}
	}
	return nil
}

// ParseManifest reads a contender.yaml and checks it: an error names the line.
func ParseManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := strict.YAML(data, &m); err != nil {
		return m, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return m, err
	}
	m.lines = partLines(&doc)
	return m, m.check()
}

// partLines are the lines of the parts of setup.
func partLines(doc *yaml.Node) []int {
	var out []int
	if len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value == "setup" {
			for _, p := range top.Content[i+1].Content {
				out = append(out, p.Line)
			}
		}
	}
	return out
}

// check tells what is wrong with what a manifest says.
func (m Manifest) check() error {
	needs := []struct{ name, value string }{{"framework", m.Framework}, {"title", m.Title}}
	switch m.Runtime {
	case RuntimePython:
		needs = append(needs, []struct{ name, value string }{{"package", m.Package}, {"app", m.App}}...)
	case RuntimeNode, RuntimeGo:
		needs = append(needs, []struct{ name, value string }{{"package, whose version counts, nor a version", m.Package + m.Version}, {"client", strings.Join(m.Client, " ")}}...)
	case RuntimeExecutable:
		needs = append(needs, []struct{ name, value string }{{"version", m.Version}, {"client", strings.Join(m.Client, " ")}}...)
	default:
		return fmt.Errorf("runtime %q: choose from %s, %s, %s, %s", m.Runtime, RuntimePython, RuntimeNode, RuntimeGo, RuntimeExecutable)
	}
	for _, need := range needs {
		if need.value == "" {
			return fmt.Errorf("it says no %s", need.name)
		}
	}
	switch {
	case !plainName(m.Framework):
		return fmt.Errorf("framework %q: write small letters, digits, - and _", m.Framework)
	case slices.ContainsFunc(m.Configurations, func(c Configuration) bool { return !plainName(c.Name) }):
		return errors.New("configurations: each has a name of small letters, digits, - and _")
	case len(m.Configurations) == 0:
		return errors.New("it has no configurations")
	case len(m.Brokers) == 0:
		return errors.New("it says no brokers")
	}
	for _, b := range m.Brokers {
		if broker.Check(b) != nil {
			return fmt.Errorf("brokers: there is no broker %q: choose from %s, or %s for a queue with a store of its own", b,
				strings.Join(broker.Names(), ", "), broker.OwnName)
		}
	}
	if err := m.checkCapabilities(); err != nil {
		return err
	}
	for i, p := range m.Setup {
		if err := p.check(m); err != nil {
			return fmt.Errorf("line %d: %w", m.lines[i], err)
		}
	}
	return nil
}

// plainName tells whether a name can be part of a command line, a path and a label.
func plainName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// readyTask is the body that holds a process for a while, so that a round of them reaches each.
const readyTask = "ready"

// without is the first task of some that the framework doesn't have, in words.
func (m Manifest) without(tasks []suite.Share) string {
	have := m.Tasks
	if len(have) == 0 {
		have = suite.Tasks()
	}
	for _, t := range tasks {
		if !slices.Contains(have, t.Task) {
			return fmt.Sprintf("%s has no task %s, only %s", m.Title, t.Task, strings.Join(have, ", "))
		}
	}
	return ""
}

func (m Manifest) checkCapabilities() error {
	for _, name := range append(slices.Clone(m.Offers), slices.Sorted(maps.Keys(m.Lacks))...) {
		if !slices.Contains(Capabilities(), name) {
			return fmt.Errorf("there is no capability %q: choose from %s", name, strings.Join(Capabilities(), ", "))
		}
	}
	if m.Runtime != RuntimePython {
		for _, name := range []string{suite.NeedCodec, suite.NeedOwn, suite.NeedWeb} {
			if slices.Contains(m.Offers, name) {
				return fmt.Errorf("capability %s: only a framework of the runtime %s offers it", name, RuntimePython)
			}
		}
	}
	if len(m.Tasks) > 0 && !slices.Contains(m.Tasks, readyTask) {
		return fmt.Errorf("tasks: %s must be among them: it proves that a worker is up", readyTask)
	}
	var unsaid []string
	for _, name := range Capabilities() {
		if offers, lacks := slices.Contains(m.Offers, name), m.Lacks[name] != ""; offers == lacks {
			unsaid = append(unsaid, name)
		}
	}
	if len(unsaid) > 0 {
		return fmt.Errorf("capability %s: name each in offers, or in lacks with the reason", strings.Join(unsaid, ", "))
	}
	return nil
}

// check tells what is wrong with a part by itself.
func (p Part) check(m Manifest) error {
	for _, b := range p.When.Broker {
		if !slices.Contains(m.Brokers, b) {
			return fmt.Errorf("when: it can't use the broker %q", b)
		}
	}
	for _, c := range p.When.Configuration {
		if !slices.ContainsFunc(m.Configurations, func(have Configuration) bool { return have.Name == c }) {
			return fmt.Errorf("when: there is no configuration %q", c)
		}
	}
	for name := range p.Environ {
		if strings.HasPrefix(name, "TQBENCH_PROBE") {
			return fmt.Errorf("environ: %s is where the harness reads records: it sets that itself", name)
		}
	}
	for _, mode := range p.When.Mode {
		if mode != modeMatched && mode != modeDefaults {
			return fmt.Errorf("when: there is no mode %q: choose from %s, %s", mode, modeMatched, modeDefaults)
		}
	}
	return nil
}
