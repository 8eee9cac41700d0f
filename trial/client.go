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
	"syscall"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/internal/regular"
)

const (
	// clientWarm is how many tasks the client sends before it reports that it is ready.
	clientWarm = 100
	// clientRow is the size of a row of the client's output: four u64, little-endian.
	clientRow = 32
	// clientPoll is how often to look for the client's files; no task's time depends on it.
	clientPoll = 2 * time.Millisecond
	// clientLead is the lead of the client's schedule, as the client looks for its order every 10 ms.
	clientLead = 50 * time.Millisecond
)

// clientSpec and clientOrder are what workers/python/tqbench/client.py reads.
type clientSpec struct {
	App       string       `json:"app"`
	Kinds     []clientKind `json:"kinds"`
	WarmFirst int64        `json:"warm_first"`
	WarmCount int64        `json:"warm_count"`
	Out       string       `json:"out"`
}

type clientOrder struct {
	Start    int64 `json:"start"`
	Order    []int `json:"order"`
	First    int64 `json:"first"`
	Count    int64 `json:"count"`
	Rate     int   `json:"rate"`
	PeriodNs int64 `json:"period_ns"`
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
	// Log receives its output; Redact removes secrets from reports about it.
	Log    string
	Redact redact.Redactor
	// User is the user that it runs as, nil for us.
	User *process.User
}

// Order is what a client is to send.
type Order struct {
	First, Count int64
	// Rate in tasks per second; 0 sends each when the previous one was accepted.
	Rate int
	// Kind returns the kind of task i, an index into the client's kinds; without it, all are of the first.
	Kind func(i int) int
}

// Running is a started client that waits for orders.
type Running struct {
	client Client
	group  *process.Group
	dir    string
}

// Start starts a client that sends tasks of these kinds. Before it is ready, it sends count tasks of the first kind, numbered from first
// on.
func (c Client) Start(ctx context.Context, kinds []contender.Kind, first, count int64) (_ *Running, err error) {
	group, dir, err := process.Folder(ctx, "tqbench-client-")
	if err != nil {
		return nil, fmt.Errorf("make the client's folder: %w", err)
	}
	defer func() {
		if err != nil {
			group.Stop(syscall.SIGKILL, 0)
		}
	}()
	w := &Running{client: c, group: group, dir: dir}
	spec := clientSpec{App: c.App, WarmFirst: first, WarmCount: count, Out: w.rows()}
	for _, k := range kinds {
		args := append([]any{}, k.Args...)
		if k.Own != nil {
			args = []any{k.Own.Args, k.Own.Kwargs}
		}
		spec.Kinds = append(spec.Kinds, clientKind{Task: k.Task, Args: args})
	}
	path := filepath.Join(dir, "spec")
	data, err := json.Marshal(spec)
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err == nil {
		err = process.Give(dir, c.User)
	}
	if err != nil {
		return nil, fmt.Errorf("write the client's specification: %w", err)
	}
	if err := group.Run(ctx, []process.Command{{
		Argv: []string{c.Python, "-m", "tqbench.client", path}, Env: c.Environ, Dir: dir, Log: c.Log, User: c.User,
	}}); err != nil {
		return nil, fmt.Errorf("start the client: %w", err)
	}
	return w, nil
}

// rows is the file that the client writes.
func (w *Running) rows() string { return filepath.Join(w.dir, "rows") }

// Ready waits until the client is connected and warm.
func (w *Running) Ready(ctx context.Context) error { return w.await(ctx, w.rows()+".ready") }

// Stop ends the client and removes its folder.
func (w *Running) Stop() { w.group.Stop(syscall.SIGKILL, 0) }

// Send lets the client send. When it is ready, Send asks start for the time of the first task; afterwards, record gets each task's times,
// with i counting from 0.
func (w *Running) Send(ctx context.Context, o Order, start func() int64, record func(i int, intended, sent, acked int64)) error {
	if err := w.Ready(ctx); err != nil {
		return err
	}
	order := clientOrder{Order: []int{}, First: o.First, Count: o.Count, Rate: o.Rate, PeriodNs: int64(time.Second)}
	if o.Kind != nil {
		for i := range int(o.Count) {
			order.Order = append(order.Order, o.Kind(i))
		}
	}
	order.Start = start()
	// Renamed into place, so that the client never reads half of it.
	word := filepath.Join(w.dir, "word")
	data, err := json.Marshal(order)
	if err == nil {
		err = process.WriteFor(w.client.User, word, data)
	}
	if err == nil {
		err = os.Rename(word, w.rows()+".start")
	}
	if err != nil {
		return fmt.Errorf("give the client its order: %w", err)
	}
	if err := w.await(ctx, w.rows()); err != nil {
		return err
	}
	if err := readClientRows(w.rows(), o, record); err != nil {
		return err
	}
	// The next order's rows come to the same place.
	if err := os.Remove(w.rows()); err != nil {
		return fmt.Errorf("remove what the client sent: %w", err)
	}
	return nil
}

// await waits for a file of the client, or for the client's end.
func (w *Running) await(ctx context.Context, path string) error {
	tick := time.NewTicker(clientPoll)
	defer tick.Stop()
	for {
		// Check the end before the file, so that a client that wrote and ended doesn't count as failed.
		exits, _ := w.group.Exits()
		_, err := os.Stat(path)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("wait for the client: %w", err)
		case len(exits) > 0:
			return NotRun("the client ended early (%s): %s", exits[0], w.client.Redact.String(process.LastLines(w.client.Log, lastWordsLimit)))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// readClientRows passes on the client's times.
func readClientRows(path string, o Order, record func(i int, intended, sent, acked int64)) error {
	data, err := regular.ReadUnlinked(path, regular.Limit{Kind: "a client's times", Bytes: clientRow * o.Count})
	if err != nil {
		return NotRun("read what the client sent: %w", err)
	}
	if int64(len(data)) != clientRow*o.Count {
		return NotRun("read what the client sent: %d bytes for %d tasks, expected %d", len(data), o.Count, clientRow*o.Count)
	}
	for b := data; len(b) > 0; b = b[clientRow:] {
		at := func(k int) int64 { return int64(binary.LittleEndian.Uint64(b[8*k:])) }
		i := at(0) - o.First
		if i < 0 || i >= o.Count {
			return NotRun("read what the client sent: task %d is not one of the %d that start at %d", at(0), o.Count, o.First)
		}
		record(int(i), at(1), at(2), at(3))
	}
	return nil
}
