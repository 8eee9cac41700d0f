//go:build linux

package workers_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers/gotask"
)

// work is what the task bodies of a language compute, and what they did.
type work struct {
	Digest     string  `json:"digest"`
	Derived    string  `json:"derived"`
	Multiplied string  `json:"multiplied"`
	Document   string  `json:"document"`
	Parsed     any     `json:"parsed"`
	Rounds     int     `json:"rounds"`
	Sent       [][]any `json:"sent"`
	// Requests are those to the mock API, Ended the number and outcome of each task's record.
	Requests []string `json:"-"`
	Ended    []string `json:"-"`
}

// workCalls are tasks with their arguments, and how long each lasts at least.
func workCalls() []struct {
	name    string
	args    []any
	atLeast time.Duration
} {
	return []struct {
		name    string
		args    []any
		atLeast time.Duration
	}{
		{"noop", []any{1}, 0}, {"payload", []any{2, "x"}, 0}, {"fail", []any{3}, 0}, {"ready", []any{4, 20}, 20 * time.Millisecond},
		{"parse", []any{5}, 0}, {"digest", []any{6, 1}, 0}, {"pbkdf2", []any{7, 1000}, 0}, {"factorial", []any{8, 1000}, 0},
		{"fetch", []any{9, 5}, 0}, {"fetch", []any{10, 666}, 0}, // the service refuses this one
		{"order_validate", []any{21, 100}, 0}, {"order_charge", []any{121, 100}, 0},
		{"order_email", []any{221, 100}, 100 * time.Millisecond}, {"order_inventory", []any{321, 100}, 50 * time.Millisecond},
	}
}

// Task bodies do the same work in each language: they compute the same from the same input, in as many rounds, send the same requests, wait
// as long, enqueue the same tasks, and leave the same records.
func TestTaskBodiesDoTheSameWorkInEachLanguage(t *testing.T) {
	env := build(t, "celery") // its lock has the HTTP library
	programs := map[string]func(t *testing.T, dir, api string) []byte{
		"python": func(t *testing.T, dir, api string) []byte {
			script, err := filepath.Abs("testdata/work.py")
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), env.Python, script)
			return output(t, cmd, dir, env.Environ(map[string]string{"TQBENCH_PROBE_DIR": dir, "TQBENCH_MOCKAPI_URL": api}))
		},
		"go": goWork,
		"javascript": func(t *testing.T, dir, api string) []byte {
			script, err := filepath.Abs("testdata/work.mjs")
			if err != nil {
				t.Fatal(err)
			}
			bodies, err := filepath.Abs("javascript")
			if err != nil {
				t.Fatal(err)
			}
			node := build(t, "bullmq")
			cmd := exec.CommandContext(t.Context(), node.Node, script, bodies)
			return output(t, cmd, dir, node.Environ(map[string]string{"TQBENCH_PROBE_DIR": dir, "TQBENCH_MOCKAPI_URL": api}))
		},
	}
	done := map[string]work{}
	for name, run := range programs {
		done[name] = workOf(t, run)
	}
	for name, got := range done {
		if diff := gocmp.Diff(done["python"], got); diff != "" {
			t.Errorf("not the work of Python in %s (-python +%[1]s):\n%s", name, diff)
		}
	}
	if w := done["python"]; len(w.Ended) != len(workCalls()) || len(w.Requests) != 4 || len(w.Sent) != 3 || w.Rounds < 1 {
		t.Errorf("it did too little: %+v", w)
	}
}

// workOf runs a language's bodies next to a service that notes its requests.
func workOf(t *testing.T, run func(t *testing.T, dir, api string) []byte) work {
	t.Helper()
	var mu sync.Mutex
	var requests []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests = append(requests, r.Method+" "+r.URL.String())
		if r.URL.RawQuery == "latency=666" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprint(w, "{}")
	}))
	defer api.Close()
	dir := t.TempDir()
	var order [][]any
	for _, c := range workCalls() {
		order = append(order, append([]any{c.name}, c.args...))
	}
	data, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "calls.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	out := work{}
	if err := json.Unmarshal(run(t, dir, api.URL), &out); err != nil {
		t.Fatal(err)
	}
	out.Requests, out.Ended = requests, ended(t, dir)
	return out
}

// ended are the records of the tasks in a folder, each of which lasted long enough.
func ended(t *testing.T, dir string) (out []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.probe"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; len(data) > 0; i++ {
		p, err := results.DecodeProbe(data)
		if err != nil {
			t.Fatal(err)
		}
		data = data[results.ProbeSize:]
		// Node's timers count whole milliseconds, and end up to one early.
		if lasted := time.Duration(p.Finished - p.Started); i < len(workCalls()) && lasted < workCalls()[i].atLeast-time.Millisecond {
			t.Errorf("%s lasted %s, want at least %s", workCalls()[i].name, lasted, workCalls()[i].atLeast)
		}
		out = append(out, fmt.Sprintf("%d: %d", p.Seq, p.Outcome))
	}
	return out
}

// output is what a program prints, which runs in a folder with its records and calls.json.
func output(t *testing.T, cmd *exec.Cmd, dir string, environ []string) []byte {
	t.Helper()
	cmd.Dir, cmd.Env = dir, environ
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &failure)
	}
	return out
}

// goWork is the counterpart of testdata/work.py.
func goWork(t *testing.T, dir, api string) []byte {
	t.Helper()
	t.Setenv("TQBENCH_PROBE_DIR", dir)
	t.Setenv("TQBENCH_MOCKAPI_URL", api)
	out := work{Document: string(gotask.Items()), Rounds: gotask.Rounds}
	w, err := gotask.NewWorker(func(_ context.Context, task gotask.Task) error {
		var args []any
		if err := json.Unmarshal(task.Args, &args); err != nil {
			return err
		}
		out.Sent = append(out.Sent, append([]any{task.Name}, args...))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range workCalls() {
		args, err := json.Marshal(c.args)
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Run(t.Context(), gotask.Task{Name: c.name, Args: args}) // the record has a failure
	}
	hexed := func(b []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(b)
	}
	out.Digest, out.Derived = hexed(gotask.Digest(3)), hexed(gotask.Derive(1000))
	digits, err := gotask.Factorial(3000)
	if err != nil {
		t.Fatal(err)
	}
	out.Multiplied = string(digits)
	if out.Parsed, err = gotask.Parse(gotask.Items()); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The client's side of the protocol in JavaScript says of tasks that go alone when each was sent and accepted, as that in Go does.
func TestTheJavaScriptClientSaysWhenTasksWentAlone(t *testing.T) {
	node := build(t, "bullmq")
	bodies, err := filepath.Abs("javascript")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node.Node, "--input-type=module", "--eval", `
const {serve} = await import(process.argv[1]);
await serve(async ([task]) => { if (task.task === "no") throw new Error("refused"); });`, filepath.Join(bodies, "client.mjs"))
	cmd.Env, cmd.Dir = node.Environ(nil), t.TempDir()
	cmd.Stdin = strings.NewReader(`{"tqbench":1}` + "\n" + `{"send":[{"task":"a","args":[1]},{"task":"a","args":[2]},{"task":"no","args":[3]}],"alone":true}` + "\n" +
		`{"send":[{"task":"a","args":[1]}]}` + "\n")
	began := gotask.Now()
	out, err := cmd.Output()
	ended := gotask.Now()
	lines := strings.Split(string(out), "\n")
	if err != nil || len(lines) != 4 || lines[0] != `{"tqbench":1,"alone":true}` || lines[2] != `{"taken":1}` {
		t.Fatalf("%s (%v)", out, err)
	}
	var got struct {
		Taken int        `json:"taken"`
		Times [][2]int64 `json:"times"`
		Error string     `json:"error"`
	}
	if err := json.Unmarshal([]byte(lines[1]), &got); err != nil || got.Taken != 2 || len(got.Times) != 2 || got.Error != "Error: refused" {
		t.Fatalf("%s (%v)", lines[1], err)
	}
	if a, b := got.Times[0], got.Times[1]; a[0] < began || a[1] < a[0] || b[0] < a[1] || b[1] < b[0] || b[1] > ended {
		t.Errorf("%d, from %d to %d", got.Times, began, ended)
	}
}
