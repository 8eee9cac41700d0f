package contender

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/workers"
)

var update = flag.Bool("update", false, "rewrite the golden messages with what the frameworks' clients send now")

func TestMain(m *testing.M) {
	process.MaybeGuard()
	os.Exit(m.Run())
}

// golden is a message that a framework's own client put on a broker.
type golden struct {
	Name string `json:"name"`
	Seq  int64  `json:"seq"`
	Args []any  `json:"args"`
	// Destination is told by RabbitMQ only.
	Destination broker.Destination `json:"destination"`
	Message     []byte             `json:"message"`
	Properties  broker.Properties  `json:"properties"`
}

type goldenFile struct {
	Framework string   `json:"framework"`
	Version   string   `json:"version"`
	Product   string   `json:"product"`
	Messages  []golden `json:"messages"`
}

// goldenTasks cross the borders of MessagePack's integer forms and have a second argument once.
func goldenTasks() []golden {
	var tasks []golden
	for _, seq := range []int64{0, 1, 127, 128, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32} {
		tasks = append(tasks, golden{Name: "noop", Seq: seq, Args: []any{}})
	}
	return append(tasks, golden{Name: "ready", Seq: 70000, Args: []any{25}},
		golden{Name: "fetch", Seq: 70001, Args: []any{2.5, "ä", true, nil}})
}

// capture lets the framework's client send the golden tasks to a real broker and reads what it put there.
func capture(t *testing.T, c Contender, name string) (goldenFile, Target) {
	t.Helper()
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	b, err := broker.Open(t.Context(), name, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	d, err := b.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	target := buildTarget(t, c, name, d.Product, b.URL())
	setup, err := c.Setup(target)
	if err != nil {
		t.Fatal(err)
	}
	python := func(argv ...string) {
		cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
		cmd.Env = target.Env.Environ(setup.Environ)
		cmd.Dir = t.TempDir()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
	for _, argv := range setup.Prepare {
		python(argv...)
	}
	if err := b.Declare(t.Context(), setup.Places); err != nil {
		t.Fatal(err)
	}
	tasks := goldenTasks()
	order, err := json.Marshal(tasks)
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/golden.py")
	if err != nil {
		t.Fatal(err)
	}
	python(target.Env.Python, script, setup.App, string(order))
	if n, err := b.Depth(t.Context(), setup.Places); err != nil || n != int64(len(tasks)) {
		t.Errorf("the depth is %d after %d tasks (%v)", n, len(tasks), err)
	}
	got := brokertest.Read(t, name, b.URL(), setup.Places[0])
	if len(got) != len(tasks) {
		t.Fatalf("%d messages in %s, want %d", len(got), setup.Places[0].Key, len(tasks))
	}
	if name == "sqs" { // promises no order
		slices.SortFunc(got, func(a, b broker.Message) int {
			return cmp.Compare(goldenSeq(t, c, name, a), goldenSeq(t, c, name, b))
		})
		slices.SortFunc(tasks, func(a, b golden) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	for i := range tasks {
		tasks[i].Destination, tasks[i].Message, tasks[i].Properties = got[i].Destination, got[i].Body, got[i].Properties
	}
	return goldenFile{Framework: c.Framework(), Version: target.Env.Version(c.Framework()), Product: d.Product, Messages: tasks}, target
}

// goldenSeq finds a message's task by trying: the one whose encoding has the same length and bytes.
func goldenSeq(t *testing.T, c Contender, name string, m broker.Message) int64 {
	t.Helper()
	text := string(plain(t, name, m.Body))
	if c.Framework() == "celery" {
		var envelope struct {
			Headers struct {
				ArgsRepr string `json:"argsrepr"`
			} `json:"headers"`
		}
		if err := json.Unmarshal([]byte(text), &envelope); err != nil {
			t.Fatal(err)
		}
		text = envelope.Headers.ArgsRepr
	}
	for _, task := range goldenTasks() {
		args := append(appendStr(nil, "args"), appendInt(appendArrayHeader(nil, 1+len(task.Args)), task.Seq)...)
		if c.Framework() == "celery" {
			args = fmt.Appendf(nil, "(%d,", task.Seq)
		} else if len(task.Args) == 0 {
			args = appendStr(args, "kwargs")
		}
		if strings.Contains(text, string(args)) {
			return task.Seq
		}
	}
	t.Fatalf("no task of ours: %q", text)
	return 0
}

func buildTarget(t *testing.T, c Contender, name, product, url string) Target {
	t.Helper()
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	env, err := builder.Build(t.Context(), c.Framework())
	if err != nil {
		t.Fatal(err)
	}
	return Target{Env: env, Broker: name, Product: product, URL: url, Queue: "tqbench", Processes: 2, Concurrency: 10}
}

// What the client's message says of itself is given to our encoder; all other bytes must come out equal.
func TestEncodersWriteTheClientsBytes(t *testing.T) {
	for _, c := range coded(t) {
		if c.Name() == "celery/threads" || c.Name() == "celery/gevent" {
			continue // its messages are those of celery/prefork: a pool is the worker's affair
		}
		for _, name := range c.Brokers() {
			file := strings.ReplaceAll(c.Name(), "/", "-") + "-" + name + ".json"
			if first, err := catalog(t).Find(c.Framework()); err != nil || first.Name() != c.Name() && name != "redis" {
				continue // what wraps a message on a broker is one for all forms of a framework
			}
			t.Run(c.Name()+" on "+name, func(t *testing.T) {
				live, target := capture(t, c, name)
				compare(t, c, target, live, false)

				path := filepath.Join("testdata", file)
				at := committed(name, live.Product)
				if *update {
					data, err := json.MarshalIndent(goldenFile{live.Framework, live.Version, live.Product, relocate(t, live, target, at)}, "", " ")
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				var kept goldenFile
				if err := json.Unmarshal(data, &kept); err != nil {
					t.Fatal(err)
				}
				if kept.Version != live.Version {
					t.Errorf("the committed messages are of %s %s, the lock has %s: run with -update and look at the difference",
						kept.Framework, kept.Version, live.Version)
				}
				compare(t, c, committed(name, kept.Product), kept, true)
			})
		}
	}
}

// committed is the target of the committed messages: their file paths are those of no machine.
func committed(name, product string) Target {
	t := Target{Env: workers.Env{Apps: "/golden/apps", Packages: "/golden/packages"}, Broker: name, Product: product, Queue: "tqbench"}
	if name == "sqs" {
		t.URL = "sqs://key:secret@127.0.0.1:1/us-east-1"
	}
	return t
}

// relocate makes messages of this machine's paths into messages of the committed ones, by decoding nothing but what
// wraps them: our encoder writes the client's bytes, which compare has just proved, so it writes them with other paths
// too.
func relocate(t *testing.T, f goldenFile, from, to Target) []golden {
	t.Helper()
	out := append([]golden(nil), f.Messages...)
	if f.Framework != "asynctasq" {
		return out
	}
	for i := range out {
		m := plain(t, from.Broker, out[i].Message)
		for _, p := range [][2]string{{from.Env.Apps, to.Env.Apps}, {from.Env.Packages, to.Env.Packages}} {
			m = replaceStr(m, p[0], p[1])
		}
		if from.Broker == "sqs" {
			m = base64.StdEncoding.AppendEncode(nil, m)
		}
		out[i].Message = m
	}
	return out
}

// plain unwraps a message.
func plain(t *testing.T, name string, m []byte) []byte {
	t.Helper()
	if name != "sqs" {
		return m
	}
	raw, err := base64.StdEncoding.DecodeString(string(m))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// replaceStr replaces the beginning of a MessagePack string and corrects its length; other bytes stay.
func replaceStr(b []byte, from, to string) []byte {
	for at := bytes.Index(b, []byte(from)); at >= 0; at = bytes.Index(b, []byte(from)) {
		start, length := at-2, 0
		switch {
		case at >= 2 && b[at-2] == 0xd9:
			length = int(b[at-1])
		case at >= 1 && b[at-1]>>5 == 5:
			start, length = at-1, int(b[at-1]&0x1f)
		}
		text := to + string(b[at+len(from):at+length])
		b = append(appendStr(bytes.Clone(b[:start]), text), b[at+length:]...)
	}
	return b
}

// compare encodes each task and compares; from a file, where JSON knows but one kind of number, by JSON's lights.
func compare(t *testing.T, c Contender, target Target, f goldenFile, fromFile bool) {
	t.Helper()
	for _, m := range f.Messages {
		enc, err := c.Encoder(target)
		if err != nil {
			t.Fatal(err)
		}
		task := Task{Name: m.Name, Seq: m.Seq}
		for _, a := range m.Args {
			if n, ok := a.(float64); ok && n == math.Trunc(n) { // JSON knows no integers
				a = int(n)
			}
			task.Args = append(task.Args, a)
		}
		switch enc := enc.(type) {
		case *asynctasqEncoder:
			adoptAsynctasq(t, &task, plain(t, target.Broker, m.Message))
			if m.Properties.MessageID != "" {
				task.Tag = parseUUID(t, m.Properties.MessageID)
			}
		case *celeryEncoder:
			adoptCelery(t, &task, enc, plain(t, target.Broker, m.Message))
		case *celeryAMQPEncoder:
			task.ID = parseUUID(t, m.Properties.CorrelationID)
			enc.origin, enc.replyTo = m.Properties.Headers["origin"].(string), m.Properties.ReplyTo
		}
		var p broker.Properties
		got, err := enc.Append(nil, &p, task)
		if err != nil {
			t.Fatal(err)
		}
		if d := enc.Destination(); target.Broker == "rabbitmq" && d != m.Destination {
			t.Errorf("destination %+v, want %+v", d, m.Destination)
		}
		if !bytes.Equal(got, m.Message) {
			t.Errorf("%s(%d): %s", m.Name, m.Seq, gocmp.Diff(string(m.Message), string(got)))
		}
		if target.Broker != "rabbitmq" {
			p.Persistent = false // only AMQP knows it
		}
		if fromFile {
			p = viaJSON(t, p)
		} else if table, ok := m.Properties.Headers["stamps"].(amqp.Table); ok {
			m.Properties.Headers["stamps"] = map[string]any(table)
		}
		if diff := gocmp.Diff(m.Properties, p, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s(%d): properties %s", m.Name, m.Seq, diff)
		}
	}
}

func viaJSON(t *testing.T, p broker.Properties) (out broker.Properties) {
	t.Helper()
	data, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// adoptAsynctasq takes id and time out of a client's message.
func adoptAsynctasq(t *testing.T, task *Task, message []byte) {
	t.Helper()
	text := func(key string) string {
		_, rest, ok := bytes.Cut(message, appendStr(nil, key))
		if !ok || rest[0] != 0xd9 {
			t.Fatalf("no %s in %q", key, message)
		}
		return string(rest[2 : 2+int(rest[1])])
	}
	task.ID = parseUUID(t, text("task_id"))
	at, err := time.Parse("2006-01-02T15:04:05.999999-07:00", text("dispatched_at"))
	if err != nil {
		t.Fatal(err)
	}
	task.At = at
}

// adoptCelery takes id, tag and the producer's name for itself out of a client's message.
func adoptCelery(t *testing.T, task *Task, enc *celeryEncoder, message []byte) {
	t.Helper()
	var m struct {
		Headers struct {
			ID     string `json:"id"`
			Origin string `json:"origin"`
		} `json:"headers"`
		Properties struct {
			ReplyTo     string `json:"reply_to"`
			DeliveryTag string `json:"delivery_tag"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(message, &m); err != nil {
		t.Fatal(err)
	}
	task.ID, task.Tag = parseUUID(t, m.Headers.ID), parseUUID(t, m.Properties.DeliveryTag)
	enc.origin, enc.replyTo = `"`+m.Headers.Origin+`"`, `"`+m.Properties.ReplyTo+`"`
}

func parseUUID(t *testing.T, s string) (u UUID) {
	t.Helper()
	raw, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(s), []byte("-"), nil)))
	if err != nil || len(raw) != len(u) {
		t.Fatalf("%q is no UUID", s)
	}
	copy(u[:], raw)
	return u
}

// The body of a Celery message is JSON within base64 within JSON; a worker must get back what was sent.
func TestCeleryBodyCarriesTheArguments(t *testing.T) {
	enc, err := celery{pool: "prefork"}.Encoder(committed("redis", ""))
	if err != nil {
		t.Fatal(err)
	}
	text := "a \"quoted\" \\ line\nwith tab\t, umlaut ä, euro €, note 𝄞, DEL \x7f"
	got, err := enc.Append(nil, &broker.Properties{}, Task{Name: "noop", Seq: -5, Args: []any{text, true, nil, 1 << 40}})
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Body    string `json:"body"`
		Headers struct {
			ArgsRepr string `json:"argsrepr"`
		} `json:"headers"`
	}
	if err := json.Unmarshal(got, &m); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body []any
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	want := []any{float64(-5), text, true, nil, float64(1 << 40)}
	if diff := gocmp.Diff(want, body[0]); diff != "" {
		t.Error(diff)
	}
	if _, err := enc.Append(nil, &broker.Properties{}, Task{Name: "noop", Args: []any{struct{}{}}}); err == nil {
		t.Error("a struct has no JSON form here, yet there was no error")
	}
}

func TestEncodingAllocatesNothingInSteadyState(t *testing.T) {
	for _, c := range coded(t) {
		for _, name := range c.Brokers() {
			want := 0.
			if name == "rabbitmq" && c.Framework() == "celery" {
				want = 2 // the AMQP library takes headers as a map of values: the id and the arguments' form as such
			}
			enc, err := c.Encoder(committed(name, ""))
			if err != nil {
				t.Fatal(err)
			}
			task := Task{Name: "noop", Seq: 123456, At: time.Now()}
			buf := make([]byte, 0, 4096)
			var p broker.Properties
			n := testing.AllocsPerRun(1000, func() {
				if _, err := enc.Append(buf[:0], &p, task); err != nil {
					t.Fatal(err)
				}
			})
			if n > want {
				t.Errorf("%s on %s: %v allocations a message, want %v", c.Name(), name, n, want)
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range coded(b) {
		for _, name := range c.Brokers() {
			b.Run(c.Framework()+"/"+name, func(b *testing.B) {
				enc, err := c.Encoder(committed(name, ""))
				if err != nil {
					b.Fatal(err)
				}
				buf := make([]byte, 0, 4096)
				var p broker.Properties
				task := Task{Name: "noop", At: time.Now()}
				b.ReportAllocs()
				for b.Loop() {
					task.Seq++
					if buf, err = enc.Append(buf[:0], &p, task); err != nil {
						b.Fatal(err)
					}
				}
				b.SetBytes(int64(len(buf)))
			})
		}
	}
}
