package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/cluster"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/cost"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// shippersEnv has the collector's address: this test's program is twenty agents then.
const shippersEnv = "TQBENCH_TEST_SHIPPERS"

// benchTasks are the tasks of a trial. Each has a note of its sender and a record of its worker.
const benchTasks = 1_000_000

var benchHosts = suite.Hosts{Workers: 16, Load: 4}

// A million tasks of twenty agents through one collector, over TCP: from the first note to the written tasks.parquet. The agents share the CPUs, as
// they run in another process of the machine.
func BenchmarkAMillionTasksOfTwentyAgents(b *testing.B) {
	clk, err := clock.New()
	if err != nil {
		b.Fatal(err)
	}
	c, err := cluster.NewCollector(suite.Plan{Hosts: &benchHosts}, []byte(token), "test", clk, func(string, ...any) {})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	agents := exec.Command(os.Args[0])
	agents.Env = append(os.Environ(), shippersEnv+"="+l.Addr().String(), "TMPDIR="+b.TempDir())
	agents.Stderr = os.Stderr
	agents.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := agents.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = agents.Process.Kill() }) // after a failure
	if _, err := c.Gather(ctx); err != nil {
		b.Fatal(err)
	}
	heap := peakHeap()
	n, began := 0, time.Now()
	cost.Of(b, benchTasks, "task", func() error {
		n++
		return ship(ctx, c, n)
	})
	tasks := float64(n*benchTasks) / time.Since(began).Seconds()
	b.ReportMetric(tasks, "tasks/s")
	b.ReportMetric(2*tasks, "records/s")
	b.ReportMetric(float64(heap())/(1<<20), "peak-heap-MiB")
	c.Dismiss("all trials have run")
	cancel()
	if err := errors.Join(<-served, agents.Wait()); err != nil {
		b.Fatal(err)
	}
}

// peakHeap begins to watch the heap. The function ends that, and returns its largest size in bytes.
func peakHeap() func() uint64 {
	over, peak := make(chan struct{}), make(chan uint64)
	go func() {
		most := uint64(0)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
			metrics.Read(s)
			most = max(most, s[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-over:
				peak <- most
				return
			}
		}
	}()
	return func() uint64 {
		close(over)
		return <-peak
	}
}

// ship is one trial, of which each task must have one note and one record.
func ship(ctx context.Context, c *cluster.Collector, number int) (err error) {
	folder, err := os.MkdirTemp("", "tqbench-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	away, err := c.Open(ctx, trial.Job{Trial: number, Folder: folder, Scenario: suite.Scenario{Setting: suite.Setting{Processes: 1}}})
	if err != nil {
		return err
	}
	defer away.Reports(ctx)
	if err := away.Start(ctx); err != nil {
		return err
	}
	rows := make([]results.Task, benchTasks)
	if err := away.Prepare(ctx, trial.SharedLoad{Count: benchTasks}); err != nil {
		return err
	}
	_, err = away.Send(ctx, 0, func(s trial.Sent) {
		r := &rows[s.I]
		r.Seq, r.Phase, r.Kind, r.Outcome = int64(s.I), "drain", "noop", results.OutcomeFinished
		r.Intended, r.Sent, r.Acked, r.HalfWidth = s.Intended, s.Sent, s.Acked, r.HalfWidth+s.HalfWidth
		r.PID++ // counts notes
	})
	if err != nil {
		return err
	}
	away.StopCommands(syscall.SIGTERM, 0)
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := take(name, away, rows); err != nil {
			return err
		}
	}
	for i, r := range rows {
		if r.Attempts != 1 || r.PID != 1 {
			return fmt.Errorf("task %d has %d notes and %d records", i, r.PID, r.Attempts)
		}
	}
	return results.WriteTasks(folder, rows)
}

// take reads a probe file as a trial does.
func take(path string, away trial.Away, rows []results.Task) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	room := make([]byte, 2000*results.ProbeSize)
	for {
		n, err := io.ReadFull(f, room)
		for b := room[:n]; len(b) >= results.ProbeSize; b = b[results.ProbeSize:] {
			p, err := results.DecodeProbe(b)
			if err != nil {
				return err
			}
			var halfWidth int64
			if p, halfWidth, err = away.OnOurClock(filepath.Base(path), p); err != nil {
				return err
			}
			r := &rows[p.Seq]
			r.Started, r.Finished, r.HalfWidth = int64(p.Started), int64(p.Finished), r.HalfWidth+halfWidth
			r.Attempts++
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
