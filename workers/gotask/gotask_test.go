//go:build linux

package gotask_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers/gotask"
)

// worker is one whose records go to a folder, and whose tasks enqueue nothing.
func worker(t *testing.T) (w *gotask.Worker, dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("TQBENCH_PROBE_DIR", dir)
	w, err := gotask.NewWorker(func(context.Context, gotask.Task) error { return errors.New("nothing is enqueued here") })
	if err != nil {
		t.Fatal(err)
	}
	return w, dir
}

// records are those in a folder.
func records(t *testing.T, dir string) (out []results.Probe) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.probe"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil || len(data)%results.ProbeSize != 0 {
		t.Fatal(len(data), err)
	}
	for ; len(data) > 0; data = data[results.ProbeSize:] {
		p, err := results.DecodeProbe(data)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// Each run of a task leaves a record with tqbench's clock. Tasks that aren't tqbench's are foreign.
func TestEveryTaskIsRecorded(t *testing.T) {
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	w, dir := worker(t)
	began := uint64(c.Now())
	for _, tt := range []struct {
		task, args string
		fails      string
		seq        uint64
		outcome    uint8
	}{
		{"noop", "[1099511627783]", "", 1<<40 + 7, results.ProbeOK},
		{"ready", "[1,2]", "", 1, results.ProbeOK},
		{"payload", `[2,{"a":[1]},"x"]`, "", 2, results.ProbeOK},
		{"parse", "[3]", "", 3, results.ProbeOK},
		{"fail", "[4]", "planned failure", 4, results.ProbeFailed},
		{"ready", "[5]", "the argument is missing", 5, results.ProbeFailed},
		{"digest", `[6,"x"]`, "read the argument: json: cannot unmarshal string", 6, results.ProbeFailed},
		{"order_charge", "[7,0]", "a stride of 0", 7, results.ProbeFailed},
		{"order_inventory", "[8,100]", "", 8, results.ProbeOK},
		{"unknown", "[9]", "", results.ProbeForeign, results.ProbeOK},
		{"noop", "[]", "", results.ProbeForeign, results.ProbeOK},
		{"noop", "[-1]", "", results.ProbeForeign, results.ProbeOK},
		{"noop", "junk", "", results.ProbeForeign, results.ProbeOK},
	} {
		err := w.Run(t.Context(), gotask.Task{Name: tt.task, Args: json.RawMessage(tt.args)})
		if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("%s%s: %v, want %q", tt.task, tt.args, err, tt.fails)
		}
		all := records(t, dir)
		p := all[len(all)-1]
		if tt.seq == results.ProbeForeign {
			p.Seq &= results.ProbeForeign
		}
		if p.Seq != tt.seq || p.Outcome != tt.outcome || p.Started < began || p.Finished < p.Started || p.Finished > uint64(c.Now()) || int(p.PID) != os.Getpid() {
			t.Errorf("%s%s left %+v", tt.task, tt.args, p)
		}
	}
	if n := len(records(t, dir)); n != 13 {
		t.Errorf("%d records of 13 tasks", n)
	}
	notes, err := filepath.Glob(filepath.Join(dir, "*.failure"))
	if err != nil || len(notes) != 1 {
		t.Fatal(notes, err)
	}
	if note, err := os.ReadFile(notes[0]); err != nil || string(note) != "planned failure\n" {
		t.Errorf("the note is %q (%v), want that of the first failure alone", note, err)
	}
}

// An order's step enqueues the next one, a stride further, unless it failed.
func TestAnOrdersStepsFollow(t *testing.T) {
	t.Setenv("TQBENCH_PROBE_DIR", t.TempDir())
	t.Setenv("TQBENCH_MOCKAPI_URL", "http://127.0.0.1:1") // nothing listens there
	var sent []string
	w, err := gotask.NewWorker(func(_ context.Context, task gotask.Task) error {
		sent = append(sent, task.Name+string(task.Args))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context(), gotask.Task{Name: "order_email", Args: json.RawMessage("[7,100]")}); err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context(), gotask.Task{Name: "order_validate", Args: json.RawMessage("[7,100]")}); err == nil {
		t.Error("a call of no server has no error")
	}
	if got := strings.Join(sent, " "); got != "order_inventory[107,100]" {
		t.Errorf("it enqueued %s", got)
	}
}

// The client answers each line as the protocol says.
func TestServe(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, out, fails string }{
		"a greeting":       {`{"tqbench":1}` + "\n", `{"tqbench":1,"alone":true}` + "\n", ""},
		"tasks":            {`{"send":[{"seq":1,"task":"a","args":[1]},{"seq":2,"task":"b","args":[2]}]}` + "\n", `{"taken":2}` + "\n", ""},
		"none":             {`{"send":[]}` + "\n", `{"taken":0}` + "\n", ""},
		"a refusal":        {`{"send":[{"task":"a","args":[1]},{"task":"no","args":[2]},{"task":"a","args":[3]}]}` + "\n", `{"taken":1,"error":"refused"}` + "\n", ""},
		"no JSON":          {"hello\n", "", "read a request"},
		"half a line":      {`{"tqbench":1}`, "", "read a request"},
		"nothing whatever": {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := gotask.Serve(t.Context(), strings.NewReader(tt.in), &out, func(_ context.Context, task gotask.Task) error {
				if task.Name == "no" {
					return errors.New("refused")
				}
				return nil
			})
			if out.String() != tt.out || (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%q, %v", &out, err)
			}
		})
	}
}
