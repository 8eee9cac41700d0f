package contender

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/workers"
)

var update = flag.Bool("update", false, "rewrite the golden messages with what the frameworks' clients send now")

func TestMain(m *testing.M) {
	process.MaybeGuard()
	os.Exit(m.Run())
}

// golden is a message that a framework's own client put on Redis.
type golden struct {
	Name    string `json:"name"`
	Seq     int64  `json:"seq"`
	Args    []any  `json:"args"`
	List    string `json:"list"`
	Message []byte `json:"message"`
}

type goldenFile struct {
	Framework string   `json:"framework"`
	Version   string   `json:"version"`
	Messages  []golden `json:"messages"`
}

// goldenTasks cross the borders of MessagePack's integer forms and have a second argument once.
func goldenTasks() []golden {
	var tasks []golden
	for _, seq := range []int64{0, 1, 127, 128, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32} {
		tasks = append(tasks, golden{Name: "noop", Seq: seq, Args: []any{}})
	}
	return append(tasks, golden{Name: "ready", Seq: 70000, Args: []any{25}})
}

// capture lets the framework's client send the golden tasks to a real Redis and reads what it put there.
func capture(t *testing.T, c Contender) (goldenFile, Target) {
	t.Helper()
	b, err := broker.StartRedis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	target := buildTarget(t, c, b.URL())
	setup, err := c.Setup(target)
	if err != nil {
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
	cmd := exec.CommandContext(t.Context(), target.Env.Python, script, c.Framework(), string(order))
	cmd.Env = target.Env.Environ(setup.Environ)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the client: %v\n%s", err, out)
	}
	o, err := redis.ParseURL(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	defer client.Close()
	list := setup.Places[0].Key
	raw, err := client.LRange(t.Context(), list, 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) != len(tasks) {
		t.Fatalf("%d messages in %s, want %d", len(raw), list, len(tasks))
	}
	for i := range tasks {
		tasks[i].List, tasks[i].Message = list, []byte(raw[len(raw)-1-i]) // LPUSH: the first is last
	}
	return goldenFile{Framework: c.Framework(), Version: target.Env.Version(c.Framework()), Messages: tasks}, target
}

func buildTarget(t *testing.T, c Contender, url string) Target {
	t.Helper()
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	env, err := builder.Build(t.Context(), c.Framework())
	if err != nil {
		t.Fatal(err)
	}
	return Target{Env: env, Broker: "redis", URL: url, Queue: "tqbench", Processes: 2, Concurrency: 10}
}

// What the client's message says of itself is given to our encoder; all other bytes must come out equal.
func TestEncodersWriteTheClientsBytes(t *testing.T) {
	for _, c := range All() {
		t.Run(c.Framework(), func(t *testing.T) {
			live, target := capture(t, c)
			compare(t, c, target, live)

			path := filepath.Join("testdata", c.Framework()+"-redis.json")
			if *update {
				data, err := json.MarshalIndent(goldenFile{live.Framework, live.Version, relocate(live, target, committed(c))}, "", " ")
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
			compare(t, c, committed(c), kept)
		})
	}
}

// committed is the target of the committed messages: their file paths are those of no machine.
func committed(Contender) Target {
	return Target{Env: workers.Env{Apps: "/golden/apps", Packages: "/golden/packages"}, Broker: "redis", Queue: "tqbench"}
}

// relocate makes messages of this machine's paths into messages of the committed ones, by decoding nothing: our
// encoder writes the client's bytes, which compare has just proved, so it writes them with other paths too.
func relocate(f goldenFile, from, to Target) []golden {
	out := append([]golden(nil), f.Messages...)
	for i := range out {
		for _, p := range [][2]string{{from.Env.Apps, to.Env.Apps}, {from.Env.Packages, to.Env.Packages}} {
			out[i].Message = replaceStr(out[i].Message, p[0], p[1])
		}
	}
	return out
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

func compare(t *testing.T, c Contender, target Target, f goldenFile) {
	t.Helper()
	for _, m := range f.Messages {
		enc, err := c.Encoder(target)
		if err != nil {
			t.Fatal(err)
		}
		task := Task{Name: m.Name, Seq: m.Seq}
		for _, a := range m.Args {
			if n, ok := a.(float64); ok { // JSON knows no integers
				a = int(n)
			}
			task.Args = append(task.Args, a)
		}
		switch enc := enc.(type) {
		case *asynctasqEncoder:
			adoptAsynctasq(t, &task, m.Message)
		case *celeryEncoder:
			adoptCelery(t, &task, enc, m.Message)
		}
		got, err := enc.Append(nil, task)
		if err != nil {
			t.Fatal(err)
		}
		if enc.Destination() != m.List {
			t.Errorf("destination %q, want %q", enc.Destination(), m.List)
		}
		if !bytes.Equal(got, m.Message) {
			t.Errorf("%s(%d): %s", m.Name, m.Seq, cmp.Diff(string(m.Message), string(got)))
		}
	}
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
	enc, err := celery{}.Encoder(committed(celery{}))
	if err != nil {
		t.Fatal(err)
	}
	text := "a \"quoted\" \\ line\nwith tab\t, umlaut ä, euro €, note 𝄞, DEL \x7f"
	got, err := enc.Append(nil, Task{Name: "noop", Seq: -5, Args: []any{text, true, nil, 1 << 40}})
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
	if diff := cmp.Diff(want, body[0]); diff != "" {
		t.Error(diff)
	}
	if _, err := enc.Append(nil, Task{Name: "noop", Args: []any{struct{}{}}}); err == nil {
		t.Error("a struct has no JSON form here, yet there was no error")
	}
}

func TestEncodingAllocatesNothingInSteadyState(t *testing.T) {
	for _, c := range All() {
		enc, err := c.Encoder(committed(c))
		if err != nil {
			t.Fatal(err)
		}
		task := Task{Name: "noop", Seq: 123456, At: time.Now()}
		buf := make([]byte, 0, 4096)
		n := testing.AllocsPerRun(1000, func() {
			if _, err := enc.Append(buf[:0], task); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a message", c.Name(), n)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range All() {
		b.Run(c.Framework(), func(b *testing.B) {
			enc, err := c.Encoder(committed(c))
			if err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, 0, 4096)
			task := Task{Name: "noop", At: time.Now()}
			b.ReportAllocs()
			for b.Loop() {
				task.Seq++
				if buf, err = enc.Append(buf[:0], task); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}
