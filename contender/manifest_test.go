package contender

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/suite"
)

// sound is a valid contender.yaml.
const sound = `framework: toy
title: Toy
package: toy
runtime: python
app: contenders.toy.app
brokers: [redis]
offers: [codec]
lacks: {chains: none, early: none, events: none, own: none, queues: none, web: none}
configurations:
  - name: one
setup:
  - command: ["$(python)", -m, toy, --queue, $(queue)]
    probing: $(processes)
    places:
      - {key: $(queue), kind: list}
    delivery: at most once
    guarantee: a killed worker's tasks are lost
    settings:
      - {name: acknowledgement, value: before execution, default: before execution, why: there is no other}
      - {name: results, value: none, default: none, by: it stores none}
      - {name: processes, value: $(processes), default: "1", by: --processes}
      - {name: tasks held per process, value: "1", default: "1", why: it fetches one when it is free}
      - {name: log level, value: quiet, default: quiet, by: it writes nothing}
      - {name: retry, value: none, default: none, why: it has none}
    message:
      encode: [json]
      body: [$(seq), $(task)]
      queue: $(queue)
`

// usable reads a manifest and tries its set-ups.
func usable(data []byte) (Manifest, error) {
	m, err := ParseManifest(data)
	if err == nil {
		err = m.Try()
	}
	return m, err
}

// An error in a contender.yaml is one line that names the place.
func TestManifestErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	if _, err := usable([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ from, to, want string }{
		{"title: Toy", "tittle: Toy", "line 2: field tittle not found"},
		{"framework: toy", "framework: Toy!", `framework "Toy!": write small letters`},
		{"package: toy\n", "", "package is missing"},
		{"runtime: python", "runtime: cobol", `runtime "cobol"`},
		{"brokers: [redis]", "brokers: [kafka]", `unknown broker "kafka"`},
		{"brokers: [redis]", "brokers: []", "brokers is missing"},
		{"offers: [codec]", "offers: []", "capability codec: name each in offers, or in lacks with the reason"},
		{"offers: [codec]", "offers: [codec, web]", "capability web: name each in offers, or in lacks"},
		{"offers: [codec]", "offers: [codec, flight]", `unknown capability "flight"`},
		{"--queue, $(queue)", "--queue, $(quue)", "toy/one on redis: line 12: command: unknown name $(quue): choose from app, attempts"},
		{"--queue, $(queue)", "--queue, $(queue", "line 12: command: $(queue has no closing parenthesis"},
		{"probing: $(processes)", "probing: many", `line 12: probing: "many" is not a number from 1 to 10000`},
		{"    probing: $(processes)\n", "", "probing is missing"},
		{"- {key: $(queue), kind: list}", "- {key: $(queue), kind: heap}", `line 12: places: unknown kind "heap": choose from list, hash`},
		{"delivery: at most once", "delivery: sometimes", `delivery "sometimes": choose from at least once, at most once`},
		{"    guarantee: a killed worker's tasks are lost\n", "", "guarantee is missing"},
		{"name: retry, value: none, default: none, why: it has none", "name: tries, value: none, default: none, why: it has none", `policy's point "retry"`},
		{"value: quiet, default: quiet, by: it writes nothing", "value: quiet, default: quiet, by: x, why: y", `line 12: setting "log level": set why or by, not both`},
		{"name: retry, value: none, default: none, why: it has none", "name: retry, value: none, default: none, why: it has none}\n      - {name: colour, value: red, default: red, by: --red", `setting "colour": why is missing`},
		{"encode: [json]", "encode: [jsn]", `line 12: message: body: line 27: unknown notation "jsn"`},
		{"body: [$(seq), $(task)]", "body: [$(sequence)]", "unknown name $(sequence)"},
		{"  - command:", "  - when: {broker: rabbitmq}\n  - command:", `line 12: when: it can't use the broker "rabbitmq"`},
		{"  - command:", "  - when: {configuration: two}\n  - command:", `line 12: when: unknown configuration "two"`},
		{"  - command:", "  - when: {mode: fast}\n  - command:", `line 12: when: unknown mode "fast"`},
		{"  - command:", "  - when: {events: often}\n  - command:", `line 12: when: unknown events "often": choose from off, on, consumed`},
		{"      queue: $(queue)\n", "", "line 12: message: set queue, a list that gets an LPUSH, or commands"},
		{"      queue: $(queue)\n", "      queue: $(queue)\n      insert: INSERT\n", "insert is SQL, which redis does not take"},
		{"brokers: [redis]", "brokers: [postgres]", `kind "list": places on postgres have no kind`},
		{"- name: one", "- name: one\n  - name: one", `configurations: two have the name "one"`},
		{"- name: one", "- name: one\n    lacks: {chain: no}", `configuration one: lacks: unknown capability "chain": choose from`},
		{"- name: one", "- name: one\n    lacks: {codec: \"\"}", "configuration one: lacks: capability codec needs the reason"},
		{"- name: one", "- name: one\n    brokers: [redsi]", `configuration one: brokers: the framework has no "redsi": choose from redis`},
		{"- name: one", "- name: one\n    brokers: [rabbitmq]", `configuration one: brokers: the framework has no "rabbitmq": choose from redis`},
		{"- name: one", "- name: One!", "configurations: each needs a name of small letters"},
		{"    probing: $(processes)\n", "    probing: $(processes)\n    environ: {TQBENCH_PROBE_DIR: /tmp}\n", "line 12: environ: TQBENCH_PROBE_DIR is set by the harness"},
		{"default: quiet, by: it writes nothing", "default: quiet", `setting "log level": set by`},
		{"    probing: $(processes)\n", "    probing: $(processes)\n    values: {queue: x}\n", "line 12: values: $(queue) exists already"},
		{"    probing: $(processes)\n", "    probing: $(processes)\n    values: {a: $(b)}\n", "line 12: values: a: unknown name $(b)"},
		{"lacks: {chains: none, early: none, events: none,", "lacks: {chains: none, early: none,", "capability events: name each in offers"},
		{"offers: [codec]\nlacks: {chains: none, early: none, events: none,", "offers: [codec, events]\nlacks: {chains: none, early: none,", "it offers events, but no part says where workers publish them"},
		{"own: none,", "", "capability own: name each in offers"},
		{"offers: [codec]\nlacks: {chains: none, early: none, events: none, own: none,", "offers: [codec, own]\nlacks: {chains: none, early: none, events: none,", "it offers own, but no part has the app"},
		{sound, "", "it is empty"},
		{sound, "a: [", "line 1"},
	} {
		text := strings.Replace(sound, tt.from, tt.to, 1)
		if text == sound {
			t.Fatalf("%q isn't there", tt.from)
		}
		_, err := usable([]byte(text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", tt.to, err, tt.want)
		}
	}
}

// A part counts if a set-up meets its conditions, and a later part overrides an earlier one.
func TestPartsCountWhereTheirConditionsAreMet(t *testing.T) {
	t.Parallel()
	m, err := usable([]byte(sound + `  - when: {mode: matched}
    command: [--matched]
    environ: {MODE: matched $(attempts)}
  - when: {mode: defaults}
    instances: $(cpus)
    settings:
      - {name: processes, value: $(cpus), default: one a CPU}
`))
	if err != nil {
		t.Fatal(err)
	}
	f := folder{Manifest: m, configuration: m.Configurations[0]}
	s, err := f.Setup(Target{Broker: "redis", Queue: "q", Processes: 3, CPUs: 5})
	if err != nil || len(s.Commands) != 1 || s.Commands[0][len(s.Commands[0])-1] != "--matched" || s.Environ["MODE"] != "matched 3" || s.Probing != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	s, err = f.Setup(Target{Broker: "redis", Queue: "q", Processes: 3, CPUs: 5, Defaults: true})
	if err != nil || len(s.Commands) != 5 || s.Environ["MODE"] != "" || s.Settings[len(s.Settings)-1].Value != "5" || s.Settings[len(s.Settings)-1].Why != "as installed" {
		t.Errorf("%+v, %v", s, err)
	}
	if n := len(s.Settings); n != 6 {
		t.Errorf("%d settings: a later one takes the earlier one's place", n)
	}
}

// On a shared broker, a set-up uses no name that may belong to others.
func TestNothingOfOthersIsNamedOnASharedBroker(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{sound: true, strings.Replace(sound, "places:\n", "leftovers: [{key: \"toy:*\", kind: keys}]\n    places:\n", 1): false} {
		_, err := usable([]byte(text))
		if (err == nil) != ok || !ok && !strings.Contains(err.Error(), `leftovers: on a shared broker, "toy:*" may belong to others`) {
			t.Error(err)
		}
	}
	for _, c := range described(t) {
		for _, b := range c.Brokers() {
			if _, err := c.Setup(Target{Broker: b, URL: exampleURL(b), Queue: "run-7", Space: "run-7", Processes: 1, Concurrency: 1, CPUs: 1}); err != nil {
				t.Errorf("%s on %s: %v", c.Name(), b, err)
			}
		}
	}
}

// Each folder here is usable, and its framework has its name.
func TestEachFolderIsAContender(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(contenders.Files, "*/"+ManifestName)
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		dir := strings.TrimSuffix(name, "/"+ManifestName)
		sub, err := fs.Sub(contenders.Files, dir)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ReadManifest(sub, dir)
		if err == nil {
			err = m.Try()
		}
		if err != nil {
			t.Error(err)
		} else if m.Framework != dir {
			t.Errorf("%s: its framework is %s", name, m.Framework)
		}
	}
	if _, err := ReadManifest(fstest.MapFS{ManifestName: {Data: []byte("x: 1")}}, "mine"); err == nil || !strings.Contains(err.Error(), "mine/contender.yaml: line 1") {
		t.Error(err)
	}
	if _, err := ReadManifest(fstest.MapFS{}, "mine"); err == nil || !strings.Contains(err.Error(), "mine/contender.yaml: file does not exist") {
		t.Error(err)
	}
}

// The guide's contender.yaml is usable.
func TestTheGuidesManifestIsUsable(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "contenders", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(guide), "```yaml\n")
	text, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatal("the guide has no contender.yaml")
	}
	if _, err := usable([]byte(text)); err != nil {
		t.Error(err)
	}
}

// A contender's reasons are about itself: none names another framework.
func TestNoReasonNamesARival(t *testing.T) {
	t.Parallel()
	titles := catalog(t).Titles()
	for framework := range titles {
		data, err := fs.ReadFile(contenders.Files, framework+"/"+ManifestName)
		if err != nil {
			t.Fatal(err)
		}
		for other, title := range titles {
			names := regexp.MustCompile(`(?i)\b(` + other + "|" + title + `)\b`)
			if found := names.Find(data); other != framework && found != nil {
				t.Errorf("%s names %s", framework, found)
			}
		}
	}
}

// A contender can run a scenario on a broker if it has a transport and what the scenario needs; otherwise there is a reason.
func TestAMissingCapabilityHasAReason(t *testing.T) {
	t.Parallel()
	m, err := usable([]byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	toy := folder{Manifest: m, configuration: m.Configurations[0]}
	c, err := catalog(t).Find("celery")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		c      Contender
		broker string
		s      suite.Scenario
		want   string
	}{
		{toy, "redis", suite.Scenario{Task: "noop"}, ""},
		{toy, "postgres", suite.Scenario{Task: "noop"}, "its only broker is redis"},
		{toy, "redis", suite.Scenario{Task: "noop", Chain: true}, "none"},
		{toy, "redis", suite.Scenario{Task: "noop", Measure: suite.Codec}, ""},
		{c, "postgres", suite.Scenario{Task: "noop", Chain: true, Measure: suite.Web}, ""},
		{c, "redis", suite.Scenario{Task: "mine"}, "Celery has no task mine, only " + strings.Join(suite.Tasks(), ", ")},
		{c, "redis", suite.Scenario{Task: "mine", Own: &suite.Own{}}, ""},
	} {
		if got := Lacks(tt.c, tt.broker, tt.s); got != tt.want {
			t.Errorf("%s on %s: %q, want %q", tt.c.Name(), tt.broker, got, tt.want)
		}
	}
	if _, err := toy.early(); err == nil {
		t.Error("it acknowledges early, which its manifest lacks")
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(sound))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := usable(data)
		if err != nil {
			return
		}
		c := folder{Manifest: m, configuration: m.Configurations[0]}
		if _, err := c.Setup(Target{Broker: c.Brokers()[0], Queue: "q", Processes: 1, Concurrency: 1, CPUs: 1}); err != nil {
			t.Errorf("it was read but can't be set up: %v", err)
		}
	})
}
