package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/suite"
)

// planned are the fields of scenarios that only a plan has, by definition; "" is the scenario itself.
func planned() map[string][]string {
	return map[string][]string{"": {"own", "of", "at", "arms"}, "Phase": {"recorded", "cut"}}
}

// needed are the fields without which a scenario file is refused.
func needed() map[string][]string {
	return map[string][]string{
		"": {"name", "processes", "concurrency", "warmup", "phases", "limit"}, "Phase": {"name", "arrivals", "producer"},
		"Share": {"task", "share"}, "Point": {"point"}, "Warmup": {"limit"},
	}
}

// asWritten makes the schema of a plan's scenario that of a scenario file.
func asWritten(s *jsonschema.Schema) {
	for _, unused := range []string{"Own", "Call", "Arrival", "Cut"} {
		delete(s.Defs, unused)
	}
	all := maps.Clone(s.Defs)
	all[""] = s
	for name, d := range all {
		for _, f := range planned()[name] {
			delete(d.Properties, f)
			d.PropertyOrder = slices.DeleteFunc(d.PropertyOrder, func(p string) bool { return p == f })
		}
		d.Required = needed()[name]
	}
}

// asJSON is a YAML document as JSON has it.
func asJSON(t *testing.T, data []byte) any {
	t.Helper()
	var in any
	if err := yaml.Unmarshal(data, &in); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// The suite's own scenarios and the one that init writes pass; what tqbench refuses for its form, the schema refuses, too.
func TestTheSchemaOfScenariosIsThatOfTheirFiles(t *testing.T) {
	r := resolved(t, "scenario")
	paths, err := filepath.Glob("../../suite/scenarios/*.yaml")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d scenarios (%v)", len(paths), err)
	}
	for _, path := range append(paths, "../../suite/init.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Validate(asJSON(t, data)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := suite.Parse(path, data); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	data, err := os.ReadFile("../../suite/init.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, slip := range [][2]string{
		{"name: my-load", "nme: my-load"}, {"arrivals: sustained", "arrivals: steady"}, {"producer: wire", "producer: none"},
		{"processes: 2", "processes: two"}, {"limit: 5s", "limit: 5"}, {"title:", "heading:"},
	} {
		text := strings.Replace(string(data), slip[0], slip[1], 1)
		if text == string(data) {
			t.Fatalf("there is no %q", slip[0])
		}
		if _, err := suite.Parse("it", []byte(text)); err == nil {
			t.Errorf("tqbench takes %q", slip[1])
		}
		if r.Validate(asJSON(t, []byte(text))) == nil {
			t.Errorf("the schema takes %q", slip[1])
		}
	}
}

// The reference of the fields is made of the schema.
func TestTheReferenceOfScenarioFilesIsCurrent(t *testing.T) {
	const path = "../scenario-file.md"
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "<!-- fields -->\n", "<!-- end of fields -->\n"
	before, rest, ok := strings.Cut(string(got), from)
	_, after, ended := strings.Cut(rest, to)
	if !ok || !ended {
		t.Fatalf("%s has no place for the fields", path)
	}
	m := &maker{t: t, src: sources{}, used: map[string]bool{}}
	s := &jsonschema.Schema{}
	if err := json.Unmarshal(m.make("scenario", published["scenario"]), s); err != nil {
		t.Fatal(err)
	}
	want := before + from + reference(s) + to + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is stale: run go test ./docs/schema -update:\n%s", path, diff)
	}
}

// reference has a table of the fields of each part of a scenario file.
func reference(s *jsonschema.Schema) string {
	var b strings.Builder
	part := func(title string, d *jsonschema.Schema, of reflect.Type) {
		fmt.Fprintf(&b, "\n### %s\n\n| field | value | |\n|---|---|---|\n", title)
		for _, f := range fieldsOf(of) {
			name := jsonName(f.StructField)
			p := d.Properties[name]
			if p == nil {
				continue // only a plan has it
			}
			field := "`" + name + "`"
			if slices.Contains(d.Required, name) {
				field += " (required)"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", field, kindOf(p), text.Upper(strings.ReplaceAll(about(p, name), "|", "\\|")))
		}
	}
	part("The scenario", s, reflect.TypeFor[suite.Scenario]())
	part("A phase", s.Defs["Phase"], reflect.TypeFor[suite.Phase]())
	part("Numbers of one broker (`on`)", s.Defs["Numbers"], reflect.TypeFor[suite.Numbers]())
	part("A kind of task (`mix`)", s.Defs["Share"], reflect.TypeFor[suite.Share]())
	part("A point (`sweep`)", s.Defs["Point"], reflect.TypeFor[suite.Point]())
	part("`warmup`", s.Defs["Warmup"], reflect.TypeFor[suite.Warmup]())
	return b.String()
}

// about is a field's description without its own name in front.
func about(p *jsonschema.Schema, name string) string {
	for _, verb := range []string{" is ", " are "} {
		if rest, ok := strings.CutPrefix(p.Description, name+verb); ok {
			return rest
		}
	}
	return p.Description
}

// kindOf says what a field's value is.
func kindOf(p *jsonschema.Schema) string {
	of := p.Type
	for _, t := range p.Types {
		if t != "null" {
			of = t
		}
	}
	switch {
	case len(p.Enum) > 0:
		var words []string
		for _, w := range p.Enum {
			words = append(words, fmt.Sprintf("`%v`", w))
		}
		return strings.Join(words, ", ")
	case p.Pattern == duration:
		return "a time, such as `30s`"
	case p.Items != nil && p.Items.Ref != "":
		return "a list, see below"
	case p.Items != nil && p.Items.Type != "":
		return "a list of " + p.Items.Type + "s"
	case p.Ref != "" || of == "object":
		return "see below"
	case of == "array":
		return "a list"
	}
	return of
}
