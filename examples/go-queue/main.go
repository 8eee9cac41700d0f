//go:build linux

// Command go-queue is a queue over Redis lists: a worker moves a task to the list of taken tasks, and removes it when it has ended.
//
//	go-queue worker URL QUEUE CONCURRENCY ATTEMPTS DELAY_MS
//	go-queue client URL QUEUE
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"go-queue/probe"
)

// job is a message.
type job struct {
	Task    string            `json:"task"`
	Args    []json.RawMessage `json:"args"`
	Attempt int               `json:"attempt,omitempty"`
}

// idle is how long a worker waits for a task before it checks whether to end.
const idle = 500 * time.Millisecond

// execute runs a task's body.
func execute(j job) error {
	var ms int64
	if len(j.Args) > 1 {
		if err := json.Unmarshal(j.Args[1], &ms); err != nil {
			return err
		}
	}
	switch j.Task {
	case "ready", "sleep":
		time.Sleep(time.Duration(ms) * time.Millisecond)
	case "fail":
		return errors.New("planned failure")
	}
	return nil
}

// run runs a task, records it, and reports whether to retry it.
func run(j job) (again bool, err error) {
	switch j.Task {
	case "noop", "ready", "sleep", "fail":
	default:
		return false, probe.Foreign()
	}
	var seq uint64
	if len(j.Args) == 0 || json.Unmarshal(j.Args[0], &seq) != nil {
		return false, probe.Foreign()
	}
	started, outcome := probe.Now(), byte(probe.OK)
	if err := execute(j); err != nil {
		fmt.Fprintf(os.Stderr, "task %s failed: %v\n", j.Task, err)
		outcome, again = probe.Failed, true
	}
	return again, probe.Record(seq, started, probe.Now(), outcome)
}

// slot runs tasks one after another until the context ends.
func slot(ctx context.Context, c *redis.Client, queue string, attempts int, delay time.Duration) error {
	taken := queue + ":taken"
	work := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		text, err := c.BLMove(work, queue, taken, "right", "left", idle).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return err
		}
		var j job
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			return errors.Join(err, probe.Foreign())
		}
		again, err := run(j)
		if err != nil {
			return err
		}
		if j.Attempt++; again && j.Attempt < attempts {
			time.Sleep(delay)
			next, err := json.Marshal(j)
			if err != nil {
				return err
			}
			if err := c.LPush(work, queue, next).Err(); err != nil {
				return err
			}
		}
		if err := c.LRem(work, taken, -1, text).Err(); err != nil {
			return err
		}
	}
	return nil
}

// work runs that many slots.
func work(c *redis.Client, queue string, concurrency, attempts int, delay time.Duration) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var wg sync.WaitGroup
	failed := make([]error, concurrency)
	for i := range concurrency {
		wg.Go(func() { failed[i] = slot(ctx, c, queue, attempts, delay) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// client enqueues what the harness asks for, with the line protocol.
func client(c *redis.Client, queue string) error {
	ctx := context.Background()
	if err := c.Ping(ctx).Err(); err != nil {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		var asked struct{ Send []job }
		if err := json.Unmarshal(line, &asked); err != nil {
			return err
		}
		answer := map[string]int{"tqbench": 1}
		if len(asked.Send) > 0 {
			var messages []any
			for _, j := range asked.Send {
				m, err := json.Marshal(j)
				if err != nil {
					return err
				}
				messages = append(messages, m)
			}
			if err := c.LPush(ctx, queue, messages...).Err(); err != nil {
				return err
			}
			answer = map[string]int{"taken": len(asked.Send)}
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
}

func start(args []string) error {
	if len(args) < 3 {
		return errors.New("write go-queue worker URL QUEUE CONCURRENCY ATTEMPTS DELAY_MS, or go-queue client URL QUEUE")
	}
	o, err := redis.ParseURL(args[1])
	if err != nil {
		return errors.New("the URL can't be read") // the error's text may have a password
	}
	if args[0] == "client" {
		return client(redis.NewClient(o), args[2])
	}
	var numbers []int
	for _, a := range args[3:] {
		n, err := strconv.Atoi(a)
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	if len(numbers) != 3 {
		return errors.New("write go-queue worker URL QUEUE CONCURRENCY ATTEMPTS DELAY_MS")
	}
	o.PoolSize = numbers[0] + 1
	return work(redis.NewClient(o), args[2], numbers[0], numbers[1], time.Duration(numbers[2])*time.Millisecond)
}

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "go-queue:", err)
		os.Exit(1)
	}
}
