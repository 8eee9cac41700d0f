package contender

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/broker"
)

// parsedFormat reads a format as in contender.yaml.
func parsedFormat(t *testing.T, text string) Format {
	t.Helper()
	var f Format
	if err := yaml.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func encoded(t *testing.T, f Format, task Task) []byte {
	t.Helper()
	c, err := f.compile(values{"queue": "q", "held": 10})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Append([]byte("before"), &broker.Properties{}, task)
	if err != nil {
		t.Fatal(err)
	}
	return b[len("before"):]
}

// runPython runs a script in the framework's environment and returns what it printed.
func runPython(t *testing.T, target Target, script string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), target.Env.Python, append([]string{"-c", script}, args...)...)
	cmd.Env = target.Env.Environ(nil)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// prepare runs the commands that make the framework's tables and the like.
func prepare(t *testing.T, target Target, setup Setup) {
	t.Helper()
	runAll(t, target, setup, setup.Prepare...)
}

// sendAsClient sends the golden tasks through the framework's own client.
func sendAsClient(t *testing.T, target Target, setup Setup) {
	t.Helper()
	if len(setup.Client) > 0 {
		sendByLines(t, target, setup)
		return
	}
	order, err := json.Marshal(goldenTasks())
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/golden.py")
	if err != nil {
		t.Fatal(err)
	}
	runAll(t, target, setup, []string{target.Env.Python, script, setup.App, string(order)})
}

// sendByLines sends them through a client that is a program, each alone, as the client's program may send several at once in another way.
func sendByLines(t *testing.T, target Target, setup Setup) {
	t.Helper()
	lines, err := Lines()
	if err != nil {
		t.Fatal(err)
	}
	asked, want := []byte("{\"tqbench\":1}\n"), "{\"tqbench\":1,\"alone\":true}\n"
	for _, g := range goldenTasks() {
		task, err := lines.Append(nil, &broker.Properties{}, Task{Name: g.Name, Seq: g.Seq, Args: g.Args})
		if err != nil {
			t.Fatal(err)
		}
		asked = fmt.Appendf(asked, "{\"send\":[%s]}\n", task)
		want += "{\"taken\":1}\n"
	}
	cmd := exec.CommandContext(t.Context(), setup.Client[0], setup.Client[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdin = target.Env.Environ(setup.Environ), t.TempDir(), bytes.NewReader(asked)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil || string(out) != want || complaint.Len() > 0 {
		t.Fatalf("%q: %v: %s\n%s", setup.Client, err, out, &complaint)
	}
}

func runAll(t *testing.T, target Target, setup Setup, commands ...[]string) {
	t.Helper()
	for _, argv := range commands {
		cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
		cmd.Env = target.Env.Environ(setup.Environ)
		cmd.Dir = t.TempDir()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
}

// A value is written in its notation, with the fields of the task.
func TestFormatsAreWritten(t *testing.T) {
	t.Parallel()
	task := Task{Name: "noop", Seq: 7, Args: []any{"ä\"", 2.0, nil}, ID: UUID{15: 1}, Tag: UUID{15: 2}, At: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)}
	for text, want := range map[string]string{
		`{encode: [json], body: {a: $(args), b: [1, true, null, 1.5, x], c: $(kwargs)}}`:                                                          `{"a": [7, "\u00e4\"", 2.0, null], "b": [1, true, null, 1.5, "x"], "c": {}}`,
		`{encode: [json-compact], body: {a: $(seq), b: "$(queue).$(task):$(seq)"}}`:                                                               `{"a":7,"b":"q.noop:7"}`,
		`{encode: [json-javascript], body: {a: $(args), b: "$(task)ä", c: $(kwargs)}}`:                                                            `{"a":[7,"ä\"",2,null],"b":"noopä","c":{}}`,
		`{encode: [json], body: {id: $(id), hex: $(id|hex), tag: $(tag)}}`:                                                                        `{"id": "00000000-0000-0000-0000-000000000001", "hex": "00000000000000000000000000000001", "tag": "00000000-0000-0000-0000-000000000002"}`,
		`{encode: [json], body: [$(at|ms), $(at|s), $(at|iso), $(at|isoz)]}`:                                                                      `[1767323045678, 1767323045, "2026-01-02T03:04:05.678901+00:00", "2026-01-02T03:04:05.678901Z"]`,
		`{encode: [json], body: {inner: {encode: [json, base64], value: [$(seq)]}}}`:                                                              `{"inner": "Wzdd"}`,
		`{encode: [json], body: $(args|repr)}`:                                                                                                    `"(7, '\u00e4\"', 2.0, None)"`,
		`{encode: [json], body: [$(held), "$(held)"]}`:                                                                                            `[10, 10]`,
		`{encode: [protobuf], body: {1: $(task), 2: {encode: [json-compact], value: $(args)}, 3: "", 4: 0, 5: $(seq), 16: 300, 6: true, 7: 1.5}}`: "\n\x04noop\x12\x17[7,\"\\u00e4\\\"\",2.0,null]\x28\x07\x80\x01\xac\x02\x30\x01\x39\x00\x00\x00\x00\x00\x00\xf8\x3f",
		`{encode: [msgpack], body: {a: [$(seq)], b: x}}`:                                                                                          "\x82\xa1a\x91\x07\xa1b\xa1x",
		`{encode: [json], body: []}`:                                                                                                              `[]`,
	} {
		if got := string(encoded(t, parsedFormat(t, text), task)); got != want {
			t.Errorf("%s:\n%s, want\n%s", text, got, want)
		}
	}
	own := Task{Name: "noop", Own: &Call{Args: []byte(`[1]`), Kwargs: []byte(`{"k": 2}`)}}
	if got := string(encoded(t, parsedFormat(t, `{encode: [json], body: [$(args), $(kwargs)]}`), own)); got != `[[1], {"k": 2}]` {
		t.Error(got)
	}
}

// Commands are the arguments in the body, in order, with the end of each.
func TestCommandsAreArgumentsInTheBody(t *testing.T) {
	t.Parallel()
	f := parsedFormat(t, `{encode: [json], body: [$(seq)], commands: [[HSET, "jobs:$(queue)", $(id|hex), $(body)], [RPUSH, $(queue), $(id|hex)]]}`)
	c, err := f.compile(values{"queue": "q"})
	if err != nil {
		t.Fatal(err)
	}
	var p broker.Properties
	for seq := range int64(3) { // properties are reused
		body, err := c.Append([]byte("x"), &p, Task{Seq: seq})
		if err != nil {
			t.Fatal(err)
		}
		body = body[1:]
		var words []string
		from := 0
		for _, ends := range p.Commands {
			for _, end := range ends {
				words = append(words, string(body[from:end]))
				from = end
			}
		}
		id := strings.Repeat("0", 32)
		if got, want := strings.Join(words, " "), "HSET jobs:q "+id+" ["+string('0'+byte(seq))+"] RPUSH q "+id; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// An error in a format names its line.
func TestWrongFormatsAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{body: [1]}`:                                            "encode needs a notation: choose from json, json-compact, json-javascript, msgpack, pickle, protobuf",
		`{encode: [protobuf], body: [1]}`:                        "a protobuf message is a dictionary",
		`{encode: [protobuf], body: {a: 1}}`:                     `"a" is not the number of a protobuf field`,
		`{encode: [protobuf], body: {1: [2]}}`:                   "line 1: field 1: write a text or a number",
		`{encode: [protobuf], body: {1: $(args)}}`:               "$(args) is no text",
		`{encode: [xml], body: [1]}`:                             `unknown notation "xml"`,
		`{encode: [json, rot13], body: [1]}`:                     `unknown transformation "rot13"`,
		`{encode: [json], body: {object: a.B, of: [1]}}`:         "only a pickle has objects",
		`{encode: [pickle], body: {object: B, of: [1]}}`:         `object "B": write MODULE.CLASS`,
		`{encode: [json], body: ["$(nothing)"]}`:                 "unknown name $(nothing): choose from args, args|call, args|repr",
		`{encode: [json], body: ["$(id|ms)"]}`:                   "unknown name $(id|ms)",
		`{encode: [json], body: ["$(id"]}`:                       "no closing parenthesis",
		`{encode: [json], body: 2026-01-02}`:                     "put it in quotation marks",
		`{encode: [json], body: [1], commands: [[SET, "$(x)"]]}`: "command SET $(x)",
		`{encode: [json], body: [1], queue: "$(x)"}`:             "queue: unknown name $(x)",
		`{encode: [json], body: [1], headers: {a: "$(x)"}}`:      "header a",
	} {
		if _, err := parsedFormat(t, text).compile(values{"queue": "q"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
