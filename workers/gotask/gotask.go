//go:build linux

// Package gotask runs tasks in workers written in Go, as workers/python/tqbench does in Python: it has the task bodies, the probe and the
// client's protocol.
//
// It imports the standard library only. A copy of it is built into each contender in Go.
package gotask

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"time"
)

// Task is a task to send or to run. Args is a JSON array that begins with its number.
type Task struct {
	Name string          `json:"task"`
	Args json.RawMessage `json:"args"`
}

// Send enqueues a task.
type Send func(ctx context.Context, t Task) error

// Worker runs tasks and records them. It is safe for concurrent use.
type Worker struct {
	api    string
	send   Send
	probe  *Probe
	http   *http.Client
	bodies map[string]body
	items  []byte
}

// Limits of calls to the mock API, as in Python.
const (
	callLimit = 30 * time.Second
	mostIdle  = 200 // connections
)

// NewWorker returns a worker of this process's environment. Tasks that enqueue others do so with send.
func NewWorker(send Send) (*Worker, error) {
	p, err := OpenProbe(os.Getenv("TQBENCH_PROBE_DIR"))
	if err != nil {
		return nil, err
	}
	kept := &http.Transport{MaxIdleConns: mostIdle, MaxIdleConnsPerHost: mostIdle}
	return &Worker{api: os.Getenv("TQBENCH_MOCKAPI_URL"), send: send, probe: p, http: &http.Client{Transport: kept, Timeout: callLimit},
		bodies: bodies(), items: Items()}, nil
}

// Run runs a task and returns why it failed. A task that tqbench didn't send is only recorded.
func (w *Worker) Run(ctx context.Context, t Task) error {
	var args []json.RawMessage
	var seq int64
	body, ok := w.bodies[t.Name]
	if !ok || json.Unmarshal(t.Args, &args) != nil || len(args) == 0 || json.Unmarshal(args[0], &seq) != nil || seq < 0 {
		return w.Foreign()
	}
	c := call{w: w, seq: seq, args: args[1:]}
	started, outcome := Now(), OK
	failure := body.run(ctx, c)
	if failure != nil {
		outcome = Failed
		w.probe.Note(failure)
	}
	if err := w.probe.Record(uint64(seq), started, Now(), outcome); err != nil || failure != nil || body.next == "" {
		return errors.Join(failure, err)
	}
	return c.follow(ctx, body.next)
}

// Foreign records a task that tqbench didn't send.
func (w *Worker) Foreign() error { return w.probe.Foreign() }
