package trial

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	// clientWarm is how many tasks the client sends before it says that it is ready.
	clientWarm = 100
	// clientRow is the size of a row of the client's output: four u64, little-endian.
	clientRow = 32
	// clientPoll is how often the client's files are looked for; no time of a task depends on it.
	clientPoll = 2 * time.Millisecond
)

// clientSpec is what workers/python/tqbench/client.py reads.
type clientSpec struct {
	App       string       `json:"app"`
	Kinds     []clientKind `json:"kinds"`
	Order     []int        `json:"order"`
	WarmFirst int64        `json:"warm_first"`
	WarmCount int64        `json:"warm_count"`
	First     int64        `json:"first"`
	Count     int64        `json:"count"`
	Rate      int          `json:"rate"`
	PeriodNs  int64        `json:"period_ns"`
	Out       string       `json:"out"`
}

type clientKind struct {
	Task string `json:"task"`
	Args []any  `json:"args"`
}

// Client enqueues through a framework's own Python API: one process and one caller.
type Client struct {
	// Python is the interpreter, Environ its environment.
	Python  string
	Environ []string
	// App is the module whose send function enqueues one task.
	App string
	// Log takes what it prints; Redact keeps secrets out of what is told of it.
	Log    string
	Redact redact.Redactor
}

// Order is what a client is to send.
type Order struct {
	// WarmFirst and WarmCount are tasks that it sends before it says that it is ready.
	WarmFirst, WarmCount int64
	First, Count         int64
	// Rate in tasks per second; 0 sends each when the one before was taken.
	Rate int
	// Kinds are what it sends, Kind(i) the index of task i's; without Kind all are of the first.
	Kinds []contender.Kind
	Kind  func(i int) int
}

// Send runs the client. When it is ready, start is asked for the time of its first task; afterwards record is told of
// each task's times, i counting from 0.
func (c Client) Send(ctx context.Context, o Order, start func() int64, record func(i int, intended, sent, acked int64)) (err error) {
	group, dir, err := process.Folder(ctx, "tqbench-client-")
	if err != nil {
		return fmt.Errorf("make the client's folder: %w", err)
	}
	defer group.Stop(syscall.SIGKILL, 0)
	rows := filepath.Join(dir, "rows")
	spec := clientSpec{App: c.App, Order: []int{}, WarmFirst: o.WarmFirst, WarmCount: o.WarmCount,
		First: o.First, Count: o.Count, Rate: o.Rate, PeriodNs: int64(time.Second), Out: rows}
	for _, k := range o.Kinds {
		args := append([]any{}, k.Args...)
		if k.Own != nil {
			args = []any{k.Own.Args, k.Own.Kwargs}
		}
		spec.Kinds = append(spec.Kinds, clientKind{Task: k.Task, Args: args})
	}
	if o.Kind != nil {
		for i := range int(o.Count) {
			spec.Order = append(spec.Order, o.Kind(i))
		}
	}
	order := filepath.Join(dir, "order")
	data, err := json.Marshal(spec)
	if err == nil {
		err = os.WriteFile(order, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the client's order: %w", err)
	}
	if err := group.Run(ctx, []process.Command{{
		Argv: []string{c.Python, "-m", "tqbench.client", order}, Env: c.Environ, Dir: dir, Log: c.Log,
	}}); err != nil {
		return fmt.Errorf("start the client: %w", err)
	}

	if err := c.awaitFile(ctx, group, rows+".ready"); err != nil {
		return err
	}
	// Renamed into place, so that the client never reads half a number.
	word := filepath.Join(dir, "word")
	if err := os.WriteFile(word, strconv.AppendInt(nil, start(), 10), 0o644); err != nil {
		return fmt.Errorf("give the client its start: %w", err)
	}
	if err := os.Rename(word, rows+".start"); err != nil {
		return fmt.Errorf("give the client its start: %w", err)
	}
	if err := c.awaitFile(ctx, group, rows); err != nil {
		return err
	}
	return readClientRows(rows, o, record)
}

// sendClient lets the framework's own client send the span.
func (r *run) sendClient(ctx context.Context, p suite.Phase, s *span, _ int64, out *results.Phase) error {
	warm := r.span("client warm-up", clientWarm, false)
	c := Client{Python: r.Target.Env.Python, Environ: r.environ(), App: r.setup.App,
		Log: filepath.Join(r.probes, "client.log"), Redact: r.redact}
	o := Order{WarmFirst: warm.first, WarmCount: clientWarm, First: s.first, Count: int64(s.sends), Rate: p.Rate, Kinds: r.kinds(s)}
	if len(o.Kinds) > 1 {
		o.Kind = func(i int) int { return r.pick(s, i) }
	}
	return c.Send(ctx, o, func() int64 {
		out.Released = r.Clock.Now() + int64(startLead)
		return out.Released
	}, s.record)
}

// awaitFile waits for a file that the client makes, or for the client's end.
func (c Client) awaitFile(ctx context.Context, g *process.Group, path string) error {
	tick := time.NewTicker(clientPoll)
	defer tick.Stop()
	for {
		// The end is looked at before the file, so that a client that wrote and ended is not taken for one that failed.
		exits, _ := g.Exits()
		_, err := os.Stat(path)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("wait for the client: %w", err)
		case len(exits) > 0:
			return fmt.Errorf("the client ended early (%s): %s", exits[0], c.Redact.String(process.LastLines(c.Log, lastWordsLimit)))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// readClientRows hands on the client's times.
func readClientRows(path string, o Order, record func(i int, intended, sent, acked int64)) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read what the client sent: %w", err)
	}
	if int64(len(data)) != clientRow*o.Count {
		return fmt.Errorf("read what the client sent: %d bytes for %d tasks, %d were expected", len(data), o.Count, clientRow*o.Count)
	}
	for b := data; len(b) > 0; b = b[clientRow:] {
		at := func(k int) int64 { return int64(binary.LittleEndian.Uint64(b[8*k:])) }
		i := at(0) - o.First
		if i < 0 || i >= o.Count {
			return fmt.Errorf("read what the client sent: task %d is none of those %d that start at %d", at(0), o.Count, o.First)
		}
		record(int(i), at(1), at(2), at(3))
	}
	return nil
}
