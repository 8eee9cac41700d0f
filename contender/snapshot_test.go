package contender

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
)

// described are the contenders of folders.
func described(t testing.TB) (out []folder) {
	t.Helper()
	for _, c := range every(t) {
		out = append(out, c.(folder))
	}
	return out
}

// formats are the brokers on which to compare a contender's messages: all for a framework's first configuration, and one for others with
// different messages, since all share a broker's envelope.
func formats(t *testing.T, f folder) []string {
	t.Helper()
	first, err := catalog(t).Find(f.Framework())
	if err != nil {
		t.Fatal(err)
	}
	if first.Name() == f.Name() {
		return f.Brokers()
	}
	of := func(c Contender) string {
		enc, err := c.Encoder(committed(f.Brokers()[0], ""))
		if err != nil {
			t.Fatal(err)
		}
		var p broker.Properties
		b, err := enc.Append(nil, &p, *someTask())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(string(b), p, enc.Destination())
	}
	if of(f) == of(first) {
		return nil
	}
	return f.Brokers()[:1]
}

// A described format puts the same on a broker as the framework's own client, except for ids, times and the set-up's leftovers.
func TestDescribedMessagesAreTheClients(t *testing.T) {
	for _, f := range described(t) {
		for _, name := range formats(t, f) {
			t.Run(f.Name()+" on "+name, func(t *testing.T) {
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
				target := buildTarget(t, f, name, d.Product, b.URL())
				setup, err := f.Setup(target)
				if err != nil {
					t.Fatal(err)
				}
				empty := func() {
					if err := b.Purge(t.Context(), slices.Concat(setup.Places, setup.Leftovers)); err != nil {
						t.Fatal(err)
					}
					if name == "redis" {
						if left, _ := snapshot(t, target, Setup{}); left != "" {
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
				prepare(t, target, setup)
				if err := b.Declare(t.Context(), setup.Places); err != nil {
					t.Fatal(err)
				}
				sendAsClient(t, target, setup)
				depth("the client")
				client, shown := snapshot(t, target, setup)
				empty()
				prepare(t, target, setup)
				publishGolden(t, b, f, target)
				depth("ours")
				ours, _ := snapshot(t, target, setup)
				if diff := gocmp.Diff(client, ours); diff != "" {
					t.Errorf("not the client's messages (-client +ours):\n%s", diff)
				}
				empty()
				checkGolden(t, filepath.Join("..", "contenders", f.Framework(), "golden", f.configuration.Name+"-"+name+".txt"),
					fmt.Sprintf("%s %s\n%s", f.Package, cmp.Or(target.Env.Version(f.Package), target.Env.Version(f.Framework())), shown))
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
		t.Errorf("%s has other messages: run with -update and check the difference:\n%s", file, diff)
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

// line is an entry on a broker, whose value can be shown in different ways.
type line func(show func([]byte) string) string

// snapshot shows the tasks on a broker: a line for each entry, with ids numbered by appearance, and no times. It has exact bytes and a
// readable form. Reading takes messages off some brokers.
func snapshot(t *testing.T, target Target, setup Setup) (bytes, text string) {
	t.Helper()
	ordered, others := lines(t, target, setup)
	in := func(show func([]byte) string) string {
		shown := func(of []line) (out []string) {
			for _, l := range of {
				out = append(out, l(show))
			}
			return out
		}
		first := shown(ordered)
		if target.Broker == "sqs" { // promises no order
			slices.SortFunc(first, func(a, b string) int {
				return strings.Compare(anonymous([]string{a}, nil), anonymous([]string{b}, nil))
			})
		}
		return anonymous(first, shown(others))
	}
	return in(exact), in(readable(target))
}

// A pickle equals, byte for byte, the one that Python's own pickler makes of a tuple.
func TestPicklesArePythons(t *testing.T) {
	t.Parallel()
	c := described(t)[0]
	target := buildTarget(t, c, "redis", "", "redis://127.0.0.1:1/0")
	var numbers []string
	var tasks []Task
	for _, n := range []int64{0, 1, 255, 256, 65535, 65536, 1<<31 - 1, 1 << 31, 1 << 40, -1, -128, -129, -1 << 31, -1<<31 - 1, -1 << 62} {
		numbers = append(numbers, fmt.Sprint(n))
		tasks = append(tasks, Task{Name: "noop", Seq: n})
	}
	script := fmt.Sprintf(`
import pickle, urllib.parse
long = "x" * 300
for n in [%s]:
    for args in [(n,), (n, 1.5), (n, True, None), (n, "ä", long, 7, False)]:
        print(pickle.dumps(("m." + "noop", None, args, {}), protocol=5).hex())
print(pickle.dumps({"a": "x", "b": {"c": 1}}, protocol=5).hex())
print(pickle.dumps(urllib.parse.DefragResult("u", ()), protocol=5).hex())
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
	for _, body := range []string{`{a: x, b: {c: 1}}`, `{object: urllib.parse.DefragResult, of: [u, []]}`} {
		want = append(want, fmt.Sprintf("%x", encoded(t, parsedFormat(t, fmt.Sprintf("{encode: [pickle], body: %s}", body)), Task{})))
	}
	if diff := gocmp.Diff(strings.Fields(out), want); diff != "" {
		t.Errorf("(-python +ours)\n%s", diff)
	}
}

func TestTheDocumentIsThatOfTheFolders(t *testing.T) {
	t.Parallel()
	got, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, filepath.Join("..", "docs", "contenders.md"), got)
}
