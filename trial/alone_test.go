//go:build linux

package trial

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers/gotask"
)

// lineCounter counts the lines that pass.
type lineCounter struct {
	io.Reader
	lines atomic.Int64
}

func (r *lineCounter) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.lines.Add(int64(bytes.Count(p[:n], []byte("\n"))))
	return n, err
}

// serving is a client of tqbench's own kind, which enqueues by send, and the lines that it reads.
func serving(t *testing.T, send gotask.Send) (*program, *lineCounter) {
	t.Helper()
	dir := t.TempDir()
	group, err := process.Start(t.Context(), []process.Command{{Argv: []string{"/bin/sleep", "100"}, Dir: dir, Log: filepath.Join(dir, "log")}})
	if err != nil {
		t.Fatal(err)
	}
	asked, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	lines := &lineCounter{Reader: asked}
	served := make(chan error, 1)
	go func() { served <- gotask.Serve(t.Context(), lines, answers, send) }()
	t.Cleanup(func() {
		_ = in.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		group.Stop(syscall.SIGKILL, 0)
		_ = out.Close()
	})
	return &program{group: group, in: in, out: out, read: bufio.NewReaderSize(out, answerMost), alone: true}, lines
}

// byProgram are clients of a contender that is a program, with a span of n tasks to send.
func byProgram(t *testing.T, p *program, name string, n int) (*clients, *span) {
	t.Helper()
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	all, err := contender.NewCatalog(filepath.Join("..", "examples", "own-queue"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := all.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	d := &sender{clock: clk, scenario: suite.Scenario{Task: "noop"}, contender: c, ledger: &ledger{}}
	return &clients{sender: d, program: p, timer: loadgen.NewTimer(clk)}, d.span("client", n, true)
}

// A client that is a program sends a backlog by itself, as those in Python do: its rate is that of its calls, without a way to the harness for
// each of them.
func TestAProgramSendsABacklogByItself(t *testing.T) {
	const n = 1000
	var at []int64
	p, lines := serving(t, func(context.Context, gotask.Task) error {
		at = append(at, gotask.Now())
		return nil
	})
	c, s := byProgram(t, p, "asynq", n)
	if err := c.sendByProgram(t.Context(), 0, s, &loaded{}); err != nil {
		t.Fatal(err)
	}
	if len(at) != n || lines.lines.Load() >= n/2 {
		t.Fatalf("%d of %d tasks in %d lines", len(at), n, lines.lines.Load())
	}
	before := int64(0)
	for i := range s.tasks {
		e := &s.tasks[i]
		if e.sent < before || at[i] < e.sent || e.acked < at[i] || e.intended != e.sent {
			t.Fatalf("task %d was enqueued at %d: %+v, after %d", i, at[i], e, before)
		}
		before = e.acked
	}
}

// A client that is a program gets warm as those in Python do: by a hundred tasks, once the workers are ready.
func TestAProgramIsWarmBeforeItIsMeasured(t *testing.T) {
	enqueued := 0
	p, _ := serving(t, func(context.Context, gotask.Task) error {
		enqueued++
		return nil
	})
	c, _ := byProgram(t, p, "asynq", 1)
	if before, err := c.start(t.Context()); err != nil || before != nil {
		t.Errorf("no phase has a client, which sends %d spans (%v)", len(before), err)
	}
	c.sender.scenario.Phases = []suite.Phase{{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 5}}
	before, err := c.start(t.Context())
	if err != nil || len(before) != 1 || enqueued != 0 {
		t.Fatalf("%d spans, %d tasks sent (%v)", len(before), enqueued, err)
	}
	if err := c.ready(t.Context()); err != nil || enqueued != clientWarm || before[0].taken.Load() != clientWarm {
		t.Errorf("%d tasks sent, %d accepted, want %d (%v)", enqueued, before[0].taken.Load(), clientWarm, err)
	}
}

// With a rate, each task has its time, and the client's own times of sending.
func TestAProgramSendsAtARate(t *testing.T) {
	var at []int64
	p, lines := serving(t, func(context.Context, gotask.Task) error {
		at = append(at, gotask.Now())
		return nil
	})
	c, s := byProgram(t, p, "river", 20)
	if err := c.sendByProgram(t.Context(), 1000, s, &loaded{}); err != nil {
		t.Fatal(err)
	}
	if len(at) != 20 || lines.lines.Load() != 20 {
		t.Fatalf("%d tasks in %d lines", len(at), lines.lines.Load())
	}
	for i := range s.tasks {
		e := &s.tasks[i]
		if e.intended != s.tasks[0].intended+int64(i)*1e6 || e.sent < e.intended || at[i] < e.sent || e.acked < at[i] {
			t.Errorf("task %d was enqueued at %d: %+v", i, at[i], e)
		}
	}
}

// One of tqbench's own clients must say when it sends. Another may not: the harness then takes the times.
func TestOnlyAnotherClientMayNotSayWhenItSends(t *testing.T) {
	p, lines := serving(t, func(context.Context, gotask.Task) error { return nil })
	p.alone = false
	c, s := byProgram(t, p, "asynq", 3)
	if err := c.sendByProgram(t.Context(), 0, s, &loaded{}); err == nil || !strings.Contains(err.Error(), "can't say when it sends a task") {
		t.Error(err)
	}
	f, s := byProgram(t, p, "shelf", 3)
	if err := f.sendByProgram(t.Context(), 0, s, &loaded{}); err != nil || lines.lines.Load() != 3 {
		t.Fatalf("%d lines (%v)", lines.lines.Load(), err)
	}
	for i := range s.tasks {
		if e := &s.tasks[i]; e.sent < e.intended || e.acked < e.sent {
			t.Errorf("task %d: %+v", i, e)
		}
	}
}

// Times that can't be are refused.
func TestAClientsTimesAreChecked(t *testing.T) {
	for answer, want := range map[string]string{
		`{"taken":2}`:                                "said of 0 of 2 tasks when it sent them",
		`{"taken":2,"times":[[1,2],[3,4]]}`:          "says that it sent a task at 1 ns",
		`{"taken":2,"times":[[1,2]]}`:                "said of 1 of 2 tasks when it sent them",
		`{"taken":1,"times":[[1,2]],"error":"full"}`: "took 1 of 2 tasks: full",
	} {
		p, err := client(t, `read line; echo '{"tqbench":1,"alone":true}'; read line; echo '`+answer+`'; read line`)
		if err != nil {
			t.Fatal(err)
		}
		clk, err := clock.New()
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.sendAlone(t.Context(), clk.Now, [][]byte{[]byte(`{"seq":1}`), []byte(`{"seq":2}`)})
		if !p.alone || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", answer, err, want)
		}
	}
}

// noting is a timer that notes for when it is set, and never waits.
type noting struct {
	*clock.Clock
	at []int64
}

func (n *noting) SleepUntil(_ context.Context, at int64) error {
	n.at = append(n.at, at)
	return nil
}

// A program's schedule is kept by the generator's timer, as other clients keep theirs: the runtime's own would add up to a millisecond.
func TestAProgramsScheduleIsKeptByTheExactTimer(t *testing.T) {
	p, err := client(t, greets+`while read line; do echo '{"taken":1}'; done`)
	if err != nil {
		t.Fatal(err)
	}
	own, s := byProgram(t, p, "shelf", 3)
	timer := &noting{Clock: own.sender.clock}
	own.timer = timer
	var out loaded
	if err := own.send(t.Context(), suite.Phase{Rate: 1}, s, 0, &out); err != nil {
		t.Fatal(err)
	}
	second := int64(time.Second)
	if want := []int64{out.Released, out.Released + second, out.Released + 2*second}; !slices.Equal(timer.at, want) {
		t.Errorf("slept until %v, want %v", timer.at, want)
	}
	for i, e := range s.tasks {
		if e.intended != out.Released+int64(i)*second || e.acked == 0 {
			t.Errorf("task %d: %+v", i, e)
		}
	}
}
