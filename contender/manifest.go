package contender

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
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

// Manifest is contender.yaml: a framework, its configurations, and the set-up of each. Texts may contain $(NAME).
type Manifest struct {
	// Framework is its name and its folder's, Title its name in sentences, Package the package whose version counts.
	Framework string `yaml:"framework"`
	Title     string `yaml:"title"`
	Package   string `yaml:"package"`
	// Source is its home page, Licence its terms.
	Source  string `yaml:"source"`
	Licence string `yaml:"licence"`
	// Runtime runs its workers: RuntimePython, RuntimeNode, RuntimeGo, or RuntimeExecutable for programs in any language, which need
	// Version.
	Runtime string `yaml:"runtime"`
	Version string `yaml:"version"`
	// Language is that of its workers, by default the runtime's.
	Language string `yaml:"language"`
	// Client is the command line of a program that enqueues through the line protocol, instead of a module's send function.
	Client []string `yaml:"client"`
	// Tasks are its task bodies, by default suite.Tasks.
	Tasks []string `yaml:"tasks"`
	// App is the module whose send function enqueues, Web the one whose app is a web application that enqueues.
	App string `yaml:"app"`
	Web string `yaml:"web"`
	// Brokers are those that it can use.
	Brokers []string `yaml:"brokers"`
	// Quorumless is why it can't use quorum queues on RabbitMQ. Without it, a part says how: when: {quorum: true}.
	Quorumless string `yaml:"quorumless"`
	// Offers are what it can do besides running tasks, Lacks what it can't, with the reason. Each capability is in one of them.
	Offers []string          `yaml:"offers"`
	Lacks  map[string]string `yaml:"lacks"`
	// Configurations become contenders. The framework's name alone means the first.
	Configurations []Configuration `yaml:"configurations"`
	// Setup are parts. A set-up has those whose conditions it meets. A later one adds to earlier ones or replaces their values.
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
	// Lacks are what this one can't do, besides what none of them can.
	Lacks map[string]string `yaml:"lacks"`
	// Brokers are those that it can use, by default all of the framework's.
	Brokers []string `yaml:"brokers"`
}

// Part is a part of set-ups.
type Part struct {
	When When `yaml:"when"`
	// Values are names for templates, each a text with templates, a number or true or false.
	Values yaml.Node `yaml:"values"`
	// App and Web replace the manifest's.
	App string `yaml:"app"`
	Web string `yaml:"web"`
	// PlainURL is why the user and the password in the broker's URL must have no escapes; empty if they may.
	PlainURL string `yaml:"plain_url"`
	// Refuses is why there is no set-up under the part's conditions, and what to do instead; empty if there is one.
	Refuses string `yaml:"refuses"`
	// Command are words of a worker's command line, added to the earlier ones. They may use $(instance), which counts from 1.
	Command []string `yaml:"command"`
	// Instances is how many such commands start, Probing how many processes will run tasks.
	Instances string            `yaml:"instances"`
	Probing   string            `yaml:"probing"`
	Environ   map[string]string `yaml:"environ"`
	// JSON are variables whose values are JSON objects, merged from all parts.
	JSON     map[string]yaml.Node `yaml:"environ_json"`
	Settings []Setting            `yaml:"settings"`
	// Events are where workers publish events about tasks.
	Events *EventFormat `yaml:"events"`
	// Prepare are commands that create what must be on the broker, for each queue, each once.
	Prepare [][]string `yaml:"prepare"`
	// Places are where its tasks are on the broker, Leftovers what else it leaves there, for each queue.
	Places    []Place `yaml:"places"`
	Leftovers []Place `yaml:"leftovers"`
	Message   *Format `yaml:"message"`
	Delivery  string  `yaml:"delivery"`
	Guarantee string  `yaml:"guarantee"`
	Caveat    string  `yaml:"caveat"`
	// Recovery is what it says of the tasks that a killed worker held.
	Recovery *Recovery `yaml:"recovery"`
}

// When are a part's conditions. A missing one is met.
type When struct {
	Broker        choice `yaml:"broker"`
	Configuration choice `yaml:"configuration"`
	// Mode is "matched", "defaults" (as installed) or both.
	Mode choice `yaml:"mode"`
	// Early asks for early acknowledgement, or for late.
	Early *bool `yaml:"early"`
	// Several asks for several queues, or for one.
	Several *bool `yaml:"several_queues"`
	// Events is what happens to events: "off", "on" or "consumed".
	Events choice `yaml:"events"`
	// Product is the broker's, such as MariaDB.
	Product choice `yaml:"product"`
	// Quorum asks for quorum queues on RabbitMQ, or for classic ones.
	Quorum *bool `yaml:"quorum"`
	// Own asks for a user's own application, Shared for a shared broker; false asks for the opposite.
	Own    *bool `yaml:"own"`
	Shared *bool `yaml:"shared"`
	// Socket asks for a broker at a Unix socket.
	Socket *bool `yaml:"socket"`
	// IPv6 asks for an address of the sixth version in the URL.
	IPv6 *bool `yaml:"ipv6"`
	// TLS asks for an encrypted connection, Verified for one that checks the server's certificate, Certified for one with a certificate of
	// the client's. PostgreSQL's clients read these from the URL, so none of them is met there.
	TLS       *bool `yaml:"tls"`
	Verified  *bool `yaml:"verified"`
	Certified *bool `yaml:"certified"`
}

// met reports whether a configuration's set-up for a target meets the conditions.
func (w When) met(f folder, t Target) bool {
	mode := modeMatched
	if t.Defaults {
		mode = modeDefaults
	}
	is := func(want *bool, got bool) bool { return want == nil || *want == got }
	return w.Broker.has(t.Broker) && w.Configuration.has(f.configuration.Name) && w.Mode.has(mode) &&
		w.Events.has(cmp.Or(t.Events, suite.EventsOff)) && w.Product.has(t.Product) &&
		is(w.Early, f.before) && is(w.Quorum, t.Quorum) && is(w.Several, len(t.listened()) > 1) && is(w.Own, t.Own != nil) && is(w.Shared, t.Space != "") && w.reached(t)
}

// reached reports whether the broker is reached as the conditions say.
func (w When) reached(t Target) bool {
	if w.Socket == nil && w.IPv6 == nil && w.TLS == nil && w.Verified == nil && w.Certified == nil {
		return true
	}
	at := t.endpoint()
	encrypted := cmp.Or(at.TLS, &broker.TLS{})
	is := func(want *bool, got bool) bool { return want == nil || *want == got }
	return is(w.Socket, at.Socket != "") && is(w.IPv6, strings.Contains(at.Host, ":")) && is(w.TLS, at.TLS != nil) &&
		is(w.Verified, encrypted.Verify) && is(w.Certified, encrypted.Cert != "")
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

// choice is one word or a list of words.
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

// ReadManifest reads a folder's contender.yaml strictly. Errors call the folder name. It doesn't try the set-ups, as Try does.
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

// Try makes each set-up that the manifest describes, and returns what the first incomplete one lacks.
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

// readyTask occupies a process for a while, so that a round of them reaches each process.
const readyTask = "ready"

// without describes the first task that the framework lacks.
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
