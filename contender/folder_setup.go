package contender

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// metPart is a part whose conditions a target meets, with its line.
type metPart struct {
	Part
	line int
}

// at adds the line to an error, if it is known.
func (p metPart) at(err error) error {
	if p.line == 0 {
		return err
	}
	return fmt.Errorf("line %d: %w", p.line, err)
}

// parts are those whose conditions a target meets.
func (f folder) parts(t Target) (out []metPart) {
	for i, p := range f.Manifest.Setup {
		if !p.When.met(f, t) {
			continue
		}
		met := metPart{Part: p}
		if i < len(f.lines) {
			met.line = f.lines[i]
		}
		out = append(out, met)
	}
	return out
}

// assembly is an unfinished set-up.
type assembly struct {
	folder folder
	target Target
	parts  []metPart
	setup  Setup
	// command are the words of a worker's command line before they are filled in; instances is how many start.
	command   []string
	instances int
	// objects are the variables whose values are JSON objects.
	objects map[string]any
}

func (f folder) Setup(t Target) (Setup, error) {
	if err := Supports(f, t.Broker); err != nil {
		return Setup{}, err
	}
	a := assembly{folder: f, target: t, parts: f.parts(t), setup: Setup{App: f.App, Web: f.Web, Environ: map[string]string{}},
		instances: 1, objects: map[string]any{}}
	v, err := f.values(a.parts, t)
	if err != nil {
		return Setup{}, err
	}
	if t.Broker == "sqs" {
		at, err := broker.ParseSQS(t.URL)
		if err != nil {
			return Setup{}, err
		}
		a.setup.Environ = at.Environ()
	}
	trust(a.setup.Environ)
	for _, p := range a.parts {
		if err := a.add(p.Part, v); err != nil {
			return Setup{}, p.at(err)
		}
	}
	return a.finish(v)
}

// finish fills in what all parts together define.
func (a *assembly) finish(v values) (Setup, error) {
	s, f, t := &a.setup, a.folder, a.target
	for name, x := range a.objects {
		data, err := json.Marshal(x)
		if err != nil {
			return Setup{}, fmt.Errorf("environ_json %s: %w", name, err)
		}
		s.Environ[name] = string(data)
	}
	if t.Own != nil {
		t.Own.environ(s.Environ, t.Env)
	}
	for i := range a.instances {
		v["instance"] = i + 1
		argv, err := v.texts(a.command)
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
	s.Lines = !slices.ContainsFunc(a.parts, func(p metPart) bool { return p.Message != nil })
	return *s, nil
}

// add adds a part.
func (a *assembly) add(p Part, v values) error {
	s := &a.setup
	if p.PlainURL != "" && escapedUser(a.target.URL) {
		return fmt.Errorf("%w: %s: choose a user and a password that need no %%-escapes", broker.ErrURL, p.PlainURL)
	}
	if p.Refuses != "" {
		return fmt.Errorf("%w: %s on %s: %s", broker.ErrURL, a.folder.Title(), a.target.Broker, p.Refuses)
	}
	if _, err := v.texts(p.Command); err != nil {
		return fmt.Errorf("command: %w", err)
	}
	a.command = append(a.command, p.Command...)
	s.App, s.Web = cmp.Or(p.App, s.App), cmp.Or(p.Web, s.Web)
	if err := v.number(p.Instances, &a.instances); err != nil {
		return fmt.Errorf("instances: %w", err)
	}
	if err := v.number(p.Probing, &s.Probing); err != nil {
		return fmt.Errorf("probing: %w", err)
	}
	if err := a.environ(p, v); err != nil {
		return err
	}
	for _, template := range p.Settings {
		set, err := template.filled(v, !a.target.Defaults)
		if err != nil {
			return err
		}
		s.Settings = append(slices.DeleteFunc(s.Settings, func(have results.Setting) bool { return have.Name == set.Name }), set)
	}
	if err := a.eachQueue(p); err != nil {
		return err
	}
	var err error
	if p.Recovery != nil {
		if s.Recovery, err = p.Recovery.filled(v); err != nil {
			return fmt.Errorf("recovery: %w", err)
		}
	}
	if p.Events != nil {
		if s.Events, err = p.Events.filled(v); err != nil {
			return fmt.Errorf("events: %w", err)
		}
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

// environ adds a part's variables. An empty one is not set.
func (a *assembly) environ(p Part, v values) error {
	for name, template := range p.Environ {
		text, err := v.text(template)
		if err != nil {
			return fmt.Errorf("environ %s: %w", name, err)
		}
		delete(a.setup.Environ, name)
		if text != "" {
			a.setup.Environ[name] = text
		}
	}
	for name, node := range p.JSON {
		x, err := v.json(&node)
		if err != nil {
			return fmt.Errorf("environ_json %s: %w", name, err)
		}
		a.objects[name] = merged(a.objects[name], x)
	}
	return nil
}

// eachQueue adds what a part creates and leaves on the broker for each queue that the workers listen to, each once.
func (a *assembly) eachQueue(p Part) error {
	if len(p.Prepare)+len(p.Places)+len(p.Leftovers) == 0 {
		return nil
	}
	s, t := &a.setup, a.target
	for _, q := range t.listened() {
		v, err := a.folder.values(a.parts, t.on(q))
		if err != nil {
			return err
		}
		for _, templates := range p.Prepare {
			argv, err := v.texts(templates)
			if err != nil {
				return fmt.Errorf("prepare: %w", err)
			}
			if !slices.ContainsFunc(s.Prepare, func(have []string) bool { return slices.Equal(have, argv) }) {
				s.Prepare = append(s.Prepare, argv)
			}
		}
		if s.Places, err = places(s.Places, p.Places, v); err != nil {
			return fmt.Errorf("places: %w", err)
		}
		if s.Leftovers, err = places(s.Leftovers, p.Leftovers, v); err != nil {
			return fmt.Errorf("leftovers: %w", err)
		}
	}
	return nil
}

// values are the names that templates can use in a set-up for the target: common ones, and those of the parts.
func (f folder) values(parts []metPart, t Target) (values, error) {
	given := f.given(t)
	v := maps.Clone(given)
	for _, p := range parts {
		if p.App != "" {
			v["app"] = p.App
		}
	}
	for _, p := range parts {
		for i := 0; i+1 < len(p.Values.Content); i += 2 {
			name := p.Values.Content[i].Value
			if _, ours := given[name]; ours {
				return nil, p.at(fmt.Errorf("values: $(%s) exists already", name))
			}
			x, err := v.json(p.Values.Content[i+1])
			if err != nil {
				return nil, p.at(fmt.Errorf("values: %s: %w", name, err))
			}
			if n, ok := x.(int64); ok {
				x = int(n)
			}
			v[name] = x
		}
	}
	return v, nil
}

// given are the values of all set-ups.
func (f folder) given(t Target) values {
	dir := t.Env.Folder
	if dir == "" {
		dir = filepath.Join(t.Env.Apps, "contenders", f.Framework())
	}
	v := values{
		"folder": dir, "packages": t.Env.Packages, "python": t.Env.Python, "broker": t.Broker, "queue": t.Queue, "queues": t.listened(),
		"first_queue": t.main(), "space": t.Space, "namespace": cmp.Or(t.Space, "tqbench"), "events": cmp.Or(t.Events, suite.EventsOff), "instance": 1,
		"processes": t.Processes, "concurrency": t.Concurrency, "cpus": t.CPUs, "worker_cpus": cmp.Or(t.WorkerCPUs, t.CPUs), "app": f.App,
		"attempts": maxAttempts, "retries": maxAttempts - 1, "retry_delay": retryDelay, "retry_delay_ms": retryDelay * 1000,
	}
	switch f.Runtime {
	case RuntimeNode:
		v["node"] = t.Env.Node
	case RuntimeGo:
		v["bin"] = filepath.Join(dir, workers.Binaries)
	}
	at := t.endpoint()
	v["url"], v["user"], v["host"], v["socket"] = at.URL, at.User, at.Host, at.Socket
	v["tls_ca"], v["tls_cert"], v["tls_key"] = "", "", ""
	if at.TLS != nil {
		v["tls_ca"], v["tls_cert"], v["tls_key"] = at.TLS.CA, at.TLS.Cert, at.TLS.Key
	}
	switch t.Broker {
	case "redis":
		v["redis_db"] = cmp.Or(at.Database, "0")
	case "sqs":
		if at, err := broker.ParseSQS(t.URL); err == nil { // Setup reports the error
			v["sqs_region"], v["sqs_endpoint"], v["sqs_url"], v["sqs_secure"] = at.Region, at.Endpoint, at.KeyURL(), at.Secure()
		}
	}
	return v
}

// mostProcesses exceeds any machine's processes of one contender.
const mostProcesses = 10_000

// number reads a template of a number; an empty one changes nothing.
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
		return fmt.Errorf("%q is not a number from 1 to %d", text, mostProcesses)
	}
	*to = n
	return nil
}

// endpoint is what the broker's URL says. One that can't be read is as it is.
func (t Target) endpoint() broker.Endpoint {
	at, err := broker.ParseEndpoint(t.Broker, t.URL)
	if err != nil {
		return broker.Endpoint{URL: t.URL}
	}
	return at
}

// trust passes on whose certificates this process trusts, so that workers trust the same.
func trust(environ map[string]string) {
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if v := os.Getenv(name); v != "" {
			environ[name] = v
		}
	}
}

// escapedUser reports whether the user or the password in a URL has escapes.
func escapedUser(rawURL string) bool {
	_, rest, _ := strings.Cut(rawURL, "://")
	authority, _, _ := strings.Cut(rest, "/")
	return strings.Contains(authority, "%")
}
