//go:build linux

// Command river runs tqbench's tasks with River, enqueues them, and makes River's tables.
//
//	river worker
//	river client
//	river prepare
//
// Environment; what isn't set is as installed:
//
//	TQBENCH_BROKER_URL  PostgreSQL
//	TQBENCH_QUEUE       the queue to send to
//	TQBENCH_QUEUES      the queues to listen to, with commas
//	TQBENCH_SETTINGS    JSON, see settings
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/tqbench/tqbench/workers/gotask"
)

// settings are River's, where they differ from its defaults. Times are in ms.
type settings struct {
	MaxWorkers    int   `json:"max_workers"`
	Connections   int32 `json:"connections"`
	FetchCooldown int   `json:"fetch_cooldown"`
	KeepCompleted int   `json:"keep_completed"`
	Attempts      int   `json:"attempts"`
	RetryDelay    int   `json:"retry_delay"`
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// config is the client's, without queues and workers.
func (s settings) config() *river.Config {
	c := &river.Config{FetchCooldown: milliseconds(s.FetchCooldown), CompletedJobRetentionPeriod: milliseconds(s.KeepCompleted), MaxAttempts: s.Attempts}
	if s.RetryDelay > 0 {
		c.RetryPolicy = retry{milliseconds(s.RetryDelay)}
	}
	return c
}

// retry is a constant delay between attempts.
type retry struct{ delay time.Duration }

func (r retry) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(r.delay) }

// job is a task: the column with its arguments, and its name. Any JSON is taken, so that a foreign one is seen.
type job struct {
	json.RawMessage
	kind string
}

// Kind is the task's name.
func (j job) Kind() string { return j.kind }

// column is the JSON of one of tqbench's jobs.
type column struct {
	Args json.RawMessage `json:"args"`
}

// worker runs the tasks of all kinds.
type worker struct {
	river.WorkerDefaults[job]
	tasks *gotask.Worker
}

// Work runs a task.
func (w worker) Work(ctx context.Context, j *river.Job[job]) error {
	var c column
	if json.Unmarshal(j.Args.RawMessage, &c) != nil || c.Args == nil {
		return w.tasks.Foreign()
	}
	return w.tasks.Run(ctx, gotask.Task{Name: j.Kind, Args: c.Args})
}

// foreign records jobs of other kinds, which River doesn't run, and ends them.
type foreign struct{ tasks *gotask.Worker }

// HandleError is called for each error.
func (f foreign) HandleError(_ context.Context, _ *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if unknown := (*river.UnknownJobKindError)(nil); !errors.As(err, &unknown) {
		return nil
	}
	if err := f.tasks.Foreign(); err != nil {
		fmt.Fprintln(os.Stderr, "river:", err)
	}
	return &river.ErrorHandlerResult{SetCancelled: true}
}

// HandlePanic is called for each panic.
func (foreign) HandlePanic(context.Context, *rivertype.JobRow, any, string) *river.ErrorHandlerResult {
	return nil
}

// connect makes the pool of connections.
func connect(ctx context.Context, most int32) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(os.Getenv("TQBENCH_BROKER_URL"))
	if err != nil {
		return nil, errors.New("the database's URL can't be read") // the error's text may have a password
	}
	if most > 0 {
		c.MaxConns = most
	}
	return pgxpool.NewWithConfig(ctx, c)
}

// sender enqueues a task as an application does.
func sender(c *river.Client[pgx.Tx], queue string) gotask.Send {
	return func(ctx context.Context, t gotask.Task) error {
		args, err := json.Marshal(column{t.Args})
		if err != nil {
			return err
		}
		_, err = c.Insert(ctx, job{args, t.Name}, &river.InsertOpts{Queue: queue})
		return err
	}
}

// work runs tasks until a signal asks for the end.
func work(ctx context.Context, pool *pgxpool.Pool, s settings) error {
	var send gotask.Send
	tasks, err := gotask.NewWorker(func(ctx context.Context, t gotask.Task) error { return send(ctx, t) })
	if err != nil {
		return err
	}
	c := s.config()
	c.ErrorHandler, c.Workers, c.Queues = foreign{tasks}, river.NewWorkers(), map[string]river.QueueConfig{}
	for _, name := range gotask.Names() {
		river.AddWorkerArgs(c.Workers, job{kind: name}, worker{tasks: tasks})
	}
	for q := range strings.SplitSeq(os.Getenv("TQBENCH_QUEUES"), ",") {
		c.Queues[q] = river.QueueConfig{MaxWorkers: s.MaxWorkers}
	}
	client, err := river.NewClient(riverpgxv5.New(pool), c)
	if err != nil {
		return err
	}
	send = sender(client, os.Getenv("TQBENCH_QUEUE"))
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	return client.Stop(context.WithoutCancel(ctx))
}

// serve answers the requests of tqbench.
func serve(ctx context.Context, pool *pgxpool.Pool, s settings) error {
	if err := pool.Ping(ctx); err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(pool), s.config())
	if err != nil {
		return err
	}
	return gotask.Serve(ctx, os.Stdin, os.Stdout, sender(client, os.Getenv("TQBENCH_QUEUE")))
}

// prepare makes River's tables, with its own migrations.
func prepare(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func start(args []string) error {
	var s settings
	if err := json.Unmarshal([]byte(cmp.Or(os.Getenv("TQBENCH_SETTINGS"), "{}")), &s); err != nil {
		return fmt.Errorf("read TQBENCH_SETTINGS: %w", err)
	}
	ctx := context.Background()
	pool, err := connect(ctx, s.Connections)
	if err != nil {
		return err
	}
	defer pool.Close()
	switch strings.Join(args, " ") {
	case "worker":
		return work(ctx, pool, s)
	case "client":
		return serve(ctx, pool, s)
	case "prepare":
		return prepare(ctx, pool)
	}
	return errors.New("write river worker, river client, or river prepare")
}

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "river:", err)
		os.Exit(1)
	}
}
