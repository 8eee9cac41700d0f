package contender

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/workers"
)

var update = flag.Bool("update", false, "rewrite the golden messages with what the frameworks' clients send now")

func TestMain(m *testing.M) {
	process.MaybeGuard()
	os.Exit(m.Run())
}

// golden is a task that a framework's own client sends.
type golden struct {
	Name string `json:"name"`
	Seq  int64  `json:"seq"`
	Args []any  `json:"args"`
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

func buildTarget(t *testing.T, c Contender, name, product, url string) Target {
	t.Helper()
	testneeds.Real(t, "workers")
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	env, err := builder.Build(t.Context(), c.Framework())
	if err != nil {
		t.Fatal(err)
	}
	return Target{Env: env, Broker: name, Product: product, URL: url, Queue: "tqbench", Processes: 2, Concurrency: 10, CPUs: 2}
}

// committed is a target that is on no machine.
func committed(name, product string) Target {
	t := Target{Env: workers.Env{Apps: "/golden/apps", Packages: "/golden/packages"}, Broker: name, Product: product, Queue: "tqbench"}
	if name == "sqs" {
		t.URL = "sqs://key:secret@127.0.0.1:1/us-east-1"
	}
	return t
}

// The body of a Celery message is JSON within base64 within JSON; a worker must get back what was sent.
func TestCeleryBodyCarriesTheArguments(t *testing.T) {
	t.Parallel()
	enc, err := first(t, "celery").Encoder(committed("redis", ""))
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
	for _, c := range every(t) {
		for _, name := range c.Brokers() {
			want := 0.
			if name == "rabbitmq" {
				want = 2 // the AMQP library takes headers as a map of values: the id and the arguments' form
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
	for _, c := range every(b) {
		for _, name := range c.Brokers() {
			b.Run(c.Name()+"/"+name, func(b *testing.B) {
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

// first is the contender that a framework's name means.
func first(t testing.TB, framework string) Contender {
	t.Helper()
	c, err := catalog(t).Find(framework)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
