package contender

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// folder is a contender that a contender.yaml describes, in one of its configurations.
type folder struct {
	Manifest
	configuration Configuration
	dir           string
	// before acknowledges tasks before they are run.
	before bool
	// lines are those of the manifest's parts.
	lines []int
}

// folders are the contenders of the folders that tqbench has.
func folders() ([]Contender, error) {
	manifests, err := fs.Glob(contenders.Files, "*/"+ManifestName)
	if err != nil {
		return nil, fmt.Errorf("list contenders: %w", err)
	}
	var out []Contender
	for _, name := range manifests {
		dir := path.Dir(name)
		sub, err := fs.Sub(contenders.Files, dir)
		if err != nil {
			return nil, fmt.Errorf("open contender %s: %w", dir, err)
		}
		m, err := ReadManifest(sub, dir)
		if err != nil {
			return nil, err
		}
		out = append(out, m.contenders("")...)
	}
	return out, nil
}

// contenders are those of a manifest, one a configuration. dir is the folder that it was read from, "" for one of tqbench's own.
func (m Manifest) contenders(dir string) []Contender {
	var out []Contender
	for _, c := range m.Configurations {
		out = append(out, folder{Manifest: m, configuration: c, dir: dir})
	}
	return out
}

// outside is the folder that the contender comes from, false where that is one of tqbench's own.
func (f folder) outside() (workers.Folder, bool) {
	return workers.Folder{Name: f.Framework(), Dir: f.dir, Version: f.Version}, f.dir != ""
}

func (f folder) runtime() string { return f.Runtime }

func (f folder) Name() string {
	name := f.Manifest.Framework + "/" + f.configuration.Name
	if f.before {
		name += earlySuffix
	}
	return name
}

func (f folder) Framework() string { return f.Manifest.Framework }

func (f folder) Brokers() []string {
	if len(f.configuration.Brokers) > 0 {
		return f.configuration.Brokers
	}
	return f.Manifest.Brokers
}

// lacks is why the contender doesn't offer a capability, "" where it does.
func (f folder) lacks(capability string) string {
	if capability == suite.NeedStart && f.Runtime != RuntimePython {
		return "what is timed is the import of a client's module, and its client is a program"
	}
	if why := f.configuration.Lacks[capability]; why != "" {
		return why
	}
	return f.Lacks[capability]
}

func (f folder) cannot(s suite.Scenario) string {
	if why := f.without(s.Kinds()); why != "" {
		return why
	}
	for _, need := range s.Needs() {
		if why := f.lacks(need); why != "" {
			return why
		}
	}
	return ""
}

func (f folder) early() (Contender, error) {
	if why := f.lacks(capabilityEarly); why != "" {
		return nil, fmt.Errorf("%w %q: %s", ErrUnknown, f.Name()+earlySuffix, why)
	}
	f.before = true
	return f, nil
}

// values are what templates can name in a set-up for the target.
func (f folder) values(t Target) values {
	dir := t.Env.Folder
	if dir == "" {
		dir = filepath.Join(t.Env.Apps, "contenders", f.Framework())
	}
	return values{
		"folder": dir, "python": t.Env.Python, "broker": t.Broker, "url": t.URL, "queue": t.Queue, "queues": t.listened(), "first_queue": t.main(), "space": t.Space,
		"namespace": cmp.Or(t.Space, "tqbench"), "instance": 1, "processes": t.Processes, "concurrency": t.Concurrency, "cpus": t.CPUs, "app": f.App,
		"attempts": maxAttempts, "retries": maxAttempts - 1, "retry_delay": retryDelay, "retry_delay_ms": retryDelay * 1000,
	}
}

// parts are those that a target meets, with their lines.
func (f folder) parts(t Target) (out []Part, lines []int) {
	for i, p := range f.Manifest.Setup {
		if p.When.met(f, t) {
			out = append(out, p)
			if i < len(f.lines) {
				lines = append(lines, f.lines[i])
			} else {
				lines = append(lines, 0)
			}
		}
	}
	return out, lines
}

func (f folder) Setup(t Target) (Setup, error) {
	if err := Supports(f, t.Broker); err != nil {
		return Setup{}, err
	}
	s := Setup{App: f.App, Web: f.Web, Environ: map[string]string{}}
	var command []string
	instances, objects := 1, map[string]any{}
	parts, lines := f.parts(t)
	for i, p := range parts {
		if err := f.add(&s, &command, &instances, objects, p, t); err != nil {
			return Setup{}, atLine(lines[i], err)
		}
	}
	for name, x := range objects {
		data, err := json.Marshal(x)
		if err != nil {
			return Setup{}, fmt.Errorf("environ_json %s: %w", name, err)
		}
		s.Environ[name] = string(data)
	}
	v := f.values(t)
	v["app"] = s.App
	for i := range instances {
		v["instance"] = i + 1
		argv, err := v.texts(command)
		if err != nil {
			return Setup{}, fmt.Errorf("command: %w", err)
		}
		s.Commands = append(s.Commands, argv)
	}
	var err error
	if s.Client, err = v.texts(f.Client); err != nil {
		return Setup{}, fmt.Errorf("client: %w", err)
	}
	s.Guarantee = s.Delivery + ": " + s.Guarantee
	s.Lines = !slices.ContainsFunc(parts, func(p Part) bool { return p.Message != nil })
	return s, nil
}

// atLine tells the line of an error, where it is known.
func atLine(line int, err error) error {
	if line == 0 {
		return err
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// add adds a part.
func (f folder) add(s *Setup, command *[]string, instances *int, objects map[string]any, p Part, t Target) error {
	v := f.values(t)
	if _, err := v.texts(p.Command); err != nil {
		return fmt.Errorf("command: %w", err)
	}
	*command = append(*command, p.Command...)
	s.App, s.Web = cmp.Or(p.App, s.App), cmp.Or(p.Web, s.Web)
	if err := v.number(p.Instances, instances); err != nil {
		return fmt.Errorf("instances: %w", err)
	}
	if err := v.number(p.Probing, &s.Probing); err != nil {
		return fmt.Errorf("probing: %w", err)
	}
	var err error
	for name, template := range p.Environ {
		if s.Environ[name], err = v.text(template); err != nil {
			return fmt.Errorf("environ %s: %w", name, err)
		}
	}
	for name, node := range p.JSON {
		x, err := v.json(&node)
		if err != nil {
			return fmt.Errorf("environ_json %s: %w", name, err)
		}
		objects[name] = merged(objects[name], x)
	}
	for _, template := range p.Settings {
		set, err := f.setting(template, v, t)
		if err != nil {
			return err
		}
		s.Settings = append(slices.DeleteFunc(s.Settings, func(have results.Setting) bool { return have.Name == set.Name }), set)
	}
	for _, templates := range p.Prepare {
		argv, err := v.texts(templates)
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		s.Prepare = append(s.Prepare, argv)
	}
	if s.Places, err = f.places(s.Places, p.Places, t); err != nil {
		return fmt.Errorf("places: %w", err)
	}
	if s.Leftovers, err = f.places(s.Leftovers, p.Leftovers, t); err != nil {
		return fmt.Errorf("leftovers: %w", err)
	}
	for _, word := range []struct {
		to   *string
		from string
	}{{&s.Delivery, p.Delivery}, {&s.Guarantee, p.Guarantee}, {&s.Caveat, p.Caveat}} {
		if word.from == "" {
			continue
		}
		if *word.to, err = v.text(word.from); err != nil {
			return err
		}
	}
	return nil
}

// mostProcesses is more than any machine runs of one contender's.
const mostProcesses = 10_000

// number reads a template whose text is a number; an empty one leaves it as it is.
func (v values) number(template string, to *int) error {
	if template == "" {
		return nil
	}
	text, err := v.text(template)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostProcesses {
		return fmt.Errorf("%q is no number from 1 to %d", text, mostProcesses)
	}
	*to = n
	return nil
}

func (f folder) setting(s Setting, v values, t Target) (results.Setting, error) {
	for _, word := range []*string{&s.Value, &s.Default, &s.Why, &s.By} {
		text, err := v.text(*word)
		if err != nil {
			return results.Setting{}, fmt.Errorf("setting %q: %w", s.Name, err)
		}
		*word = text
	}
	return s.kept(!t.Defaults)
}

// places adds those of each queue that the workers listen to, each once.
func (f folder) places(to []broker.Place, templates []Place, t Target) ([]broker.Place, error) {
	for _, q := range t.listened() {
		v := f.values(t.on(q))
		for _, template := range templates {
			p, err := template.filled(v)
			if err != nil {
				return nil, err
			}
			if t.Space != "" && !strings.Contains(p.Key+p.Where, t.Space) {
				return nil, fmt.Errorf("%q may be others' on a broker that isn't ours alone: write $(queue), $(first_queue) or $(namespace) into it", p.Key)
			}
			if !slices.Contains(to, p) {
				to = append(to, p)
			}
		}
	}
	return to, nil
}

// filled is a place with its templates filled in.
func (p Place) filled(v values) (broker.Place, error) {
	out := broker.Place{Kind: p.Kind}
	if v["broker"] == "redis" && p.Kind != "" && !slices.Contains(broker.RedisKinds(), p.Kind) {
		return out, fmt.Errorf("there is no kind %q: choose from %s", p.Kind, strings.Join(broker.RedisKinds(), ", "))
	}
	for _, word := range []struct {
		to   *string
		from string
	}{{&out.Key, p.Key}, {&out.Group, p.Group}, {&out.Exchange, p.Exchange}, {&out.Where, p.Where}} {
		text, err := v.text(word.from)
		if err != nil {
			return out, err
		}
		*word.to = text
	}
	if len(p.Arguments) == 0 {
		return out, nil
	}
	arguments := map[string]any{}
	for name, x := range p.Arguments {
		if s, ok := x.(string); ok {
			text, err := v.text(s)
			if err != nil {
				return out, err
			}
			x = text
		}
		arguments[name] = x
	}
	data, err := json.Marshal(arguments)
	out.Arguments = string(data)
	return out, err
}

func (f folder) Encoder(t Target) (Encoder, error) {
	if err := Supports(f, t.Broker); err != nil {
		return nil, err
	}
	parts, lines := f.parts(t)
	for i := range slices.Backward(parts) {
		if parts[i].Message == nil {
			continue
		}
		c, err := parts[i].Message.compile(f.values(t))
		if err != nil {
			return nil, atLine(lines[i], fmt.Errorf("message: %w", err))
		}
		return c, nil
	}
	if len(f.Client) > 0 {
		return Lines()
	}
	return nil, errors.New("it describes no message, and has no client that sends")
}
