package contender

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
)

// described are the contenders that a contender.yaml describes, coded the others.
func described(t testing.TB) (out []folder) {
	t.Helper()
	for _, c := range every(t) {
		if f, ok := c.(folder); ok {
			out = append(out, f)
		}
	}
	return out
}

func coded(t testing.TB) []Contender {
	t.Helper()
	return slices.DeleteFunc(every(t), func(c Contender) bool {
		_, ok := c.(folder)
		return ok
	})
}

// What a described format puts on a broker is what the framework's own client puts there, but for ids and times, and for what
// the set-up names as left over.
func TestDescribedMessagesAreTheClients(t *testing.T) {
	for _, f := range described(t) {
		for _, name := range f.Brokers() {
			t.Run(f.Name()+" on "+name, func(t *testing.T) {
				t.Setenv("TMPDIR", brokertest.OpenDir(t))
				b, err := broker.Open(t.Context(), name, broker.Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = b.Close() })
				target := buildTarget(t, f, name, "", b.URL())
				setup, err := f.Setup(target)
				if err != nil {
					t.Fatal(err)
				}
				empty := func() {
					if err := b.Purge(t.Context(), slices.Concat(setup.Places, setup.Leftovers)); err != nil {
						t.Fatal(err)
					}
					if name == "redis" {
						if left := snapshot(t, name, b.URL(), Setup{}); left != "" {
							t.Fatalf("places and leftovers don't name all that the client leaves:\n%s", left)
						}
					}
					if err := b.Declare(t.Context(), setup.Places); err != nil {
						t.Fatal(err)
					}
				}
				depth := func(who string) {
					if n, err := b.Depth(t.Context(), setup.Places); err != nil || n != int64(len(goldenTasks())) {
						t.Errorf("the depth is %d after %d tasks of %s (%v)", n, len(goldenTasks()), who, err)
					}
				}
				if err := b.Declare(t.Context(), setup.Places); err != nil {
					t.Fatal(err)
				}
				sendAsClient(t, target, setup)
				depth("the client")
				client := snapshot(t, name, b.URL(), setup)
				empty()
				publishGolden(t, b, f, target)
				depth("ours")
				ours := snapshot(t, name, b.URL(), setup)
				if diff := gocmp.Diff(client, ours); diff != "" {
					t.Errorf("not the client's messages (-client +ours):\n%s", diff)
				}
				empty()
				checkGolden(t, filepath.Join("..", "contenders", f.Framework(), "golden", f.configuration.Name+"-"+name+".txt"),
					fmt.Sprintf("%s %s\n%s", f.Package, target.Env.Version(f.Package), client))
			})
		}
	}
}

// checkGolden compares with a committed file, or writes it.
func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is of other messages: run with -update and look at the difference:\n%s", file, diff)
	}
}

// publishGolden sends the golden tasks as the wire producer does.
func publishGolden(t *testing.T, b broker.Broker, c Contender, target Target) {
	t.Helper()
	enc, err := c.Encoder(target)
	if err != nil {
		t.Fatal(err)
	}
	var messages []broker.Message
	for i, g := range goldenTasks() {
		m := broker.Message{Destination: enc.Destination()}
		m.Body, err = enc.Append(nil, &m.Properties, Task{Name: g.Name, Seq: g.Seq, Args: g.Args, At: time.Now(), ID: UUID{6: 0x40, 8: 0x80, 15: byte(i)},
			Tag: UUID{0: 1, 6: 0x40, 8: 0x80, 15: byte(i)}})
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
	}
	if n, err := b.Publish(t.Context(), messages); n != len(messages) || err != nil {
		t.Fatal(n, err)
	}
}

// snapshot is what tasks are on a broker: a line for each thing, with ids by the order in which they come, and no times.
func snapshot(t *testing.T, name, url string, setup Setup) string {
	t.Helper()
	var lines []string
	switch name {
	case "redis":
		return anonymous(redisLines(t, url, setup))
	case "rabbitmq":
		for _, p := range setup.Places {
			for _, m := range brokertest.Read(t, name, url, p) {
				properties, err := json.Marshal(m.Properties)
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, fmt.Sprintf("%s: exchange %q, key %q, %s, body %s", p.Key, m.Destination.Exchange, m.Destination.Queue, properties, readable(m.Body)))
			}
		}
	default:
		t.Fatalf("no snapshot of %s", name)
	}
	return anonymous(lines, nil)
}

// redisLines are the keys that hold tasks, lists and streams before what is kept by id.
func redisLines(t *testing.T, url string, setup Setup) (lines, others []string) {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	defer c.Close()
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	for _, k := range keys {
		kind, err := c.Type(t.Context(), k).Result()
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(setup.Leftovers, func(p broker.Place) bool { return p.Key == k }) {
			continue
		}
		switch kind {
		case "list":
			for _, v := range c.LRange(t.Context(), k, 0, -1).Val() {
				lines = append(lines, fmt.Sprintf("%s (list): %s", k, readable([]byte(v))))
			}
		case "stream":
			for _, m := range c.XRange(t.Context(), k, "-", "+").Val() {
				lines = append(lines, fmt.Sprintf("%s (stream): %s", k, readable(fmt.Append(nil, m.Values))))
			}
		case "hash":
			for f, v := range c.HGetAll(t.Context(), k).Val() {
				others = append(others, fmt.Sprintf("%s (hash): %s = %s", k, f, readable([]byte(v))))
			}
		case "zset":
			for _, z := range c.ZRangeWithScores(t.Context(), k, 0, -1).Val() {
				others = append(others, fmt.Sprintf("%s (sorted set): %v %v", k, z.Member, z.Score))
			}
		case "set":
			for _, m := range c.SMembers(t.Context(), k).Val() {
				others = append(others, fmt.Sprintf("%s (set): %s", k, m))
			}
		default:
			others = append(others, fmt.Sprintf("%s (%s): %s", k, kind, readable([]byte(c.Get(t.Context(), k).Val()))))
		}
	}
	return lines, others
}

// readable is a value as text, inflated where it is compressed.
func readable(b []byte) string {
	if bytes.HasPrefix(b, []byte{0x78, 0x9c}) {
		if r, err := zlib.NewReader(bytes.NewReader(b)); err == nil {
			if plain, err := io.ReadAll(r); err == nil {
				return fmt.Sprintf("zlib of %q", plain)
			}
		}
	}
	return string(b)
}

// anonymous takes times out, and numbers ids: those of ordered lines by their order, all others within their line.
func anonymous(ordered, others []string) string {
	ids := regexp.MustCompile(`[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}`)
	times := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?|\b1[78]\d{11}\b`)
	var known []string
	for _, l := range ordered {
		for _, id := range ids.FindAllString(l, -1) {
			if !slices.Contains(known, id) {
				known = append(known, id)
			}
		}
	}
	lines := append(slices.Clone(ordered), others...)
	for i, l := range lines {
		var here []string
		l = ids.ReplaceAllStringFunc(l, func(id string) string {
			if k := slices.Index(known, id); k >= 0 {
				return fmt.Sprintf("<id %02d of %d>", k, len(id))
			}
			if !slices.Contains(here, id) {
				here = append(here, id)
			}
			return fmt.Sprintf("<another id %d of %d>", slices.Index(here, id), len(id))
		})
		lines[i] = times.ReplaceAllString(l, "<time>")
	}
	slices.Sort(lines[len(ordered):])
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// A pickle is, byte for byte, what Python's own pickler makes of a tuple.
func TestPicklesArePythons(t *testing.T) {
	c := described(t)[0]
	target := buildTarget(t, c, "redis", "", "redis://127.0.0.1:1/0")
	var numbers []string
	var tasks []Task
	for _, n := range []int64{0, 1, 255, 256, 65535, 65536, 1<<31 - 1, 1 << 31, 1 << 40, -1, -128, -129, -1 << 31, -1<<31 - 1, -1 << 62} {
		numbers = append(numbers, fmt.Sprint(n))
		tasks = append(tasks, Task{Name: "noop", Seq: n})
	}
	script := fmt.Sprintf(`
import pickle
long = "x" * 300
for n in [%s]:
    for args in [(n,), (n, 1.5), (n, True, None), (n, "ä", long, 7, False)]:
        print(pickle.dumps(("m." + "noop", None, args, {}), protocol=5).hex())
print(pickle.dumps({"a": "x", "b": {"c": 1}}, protocol=5).hex())
`, strings.Join(numbers, ", "))
	out := runPython(t, target, script)
	var want []string
	long := strings.Repeat("x", 300)
	f := parsedFormat(t, `{encode: [pickle], body: ["m.$(task)", null, $(args), $(kwargs)]}`)
	for _, task := range tasks {
		for _, args := range [][]any{nil, {1.5}, {true, nil}, {"ä", long, 7, false}} {
			task.Args = args
			want = append(want, fmt.Sprintf("%x", encoded(t, f, task)))
		}
	}
	want = append(want, fmt.Sprintf("%x", encoded(t, parsedFormat(t, `{encode: [pickle], body: {a: x, b: {c: 1}}}`), Task{})))
	if diff := gocmp.Diff(strings.Fields(out), want); diff != "" {
		t.Errorf("(-python +ours)\n%s", diff)
	}
}

func TestTheDocumentIsThatOfTheFolders(t *testing.T) {
	got, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, filepath.Join("..", "docs", "contenders.md"), got)
}
