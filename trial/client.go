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

	"github.com/tqbench/tqbench/internal/process"
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
	App       string `json:"app"`
	Send      string `json:"send"`
	WarmFirst int64  `json:"warm_first"`
	WarmCount int64  `json:"warm_count"`
	First     int64  `json:"first"`
	Count     int64  `json:"count"`
	Rate      int    `json:"rate"`
	PeriodNs  int64  `json:"period_ns"`
	Out       string `json:"out"`
}

// sendClient lets the framework's own Python API send the span, from one process and one caller. The client warms up
// with tasks of its own, waits for the word, and leaves a row a task.
func (r *run) sendClient(ctx context.Context, p suite.Phase, s *span, _ int64, out *results.Phase) (err error) {
	dir, err := os.MkdirTemp("", "tqbench-client-")
	if err != nil {
		return fmt.Errorf("make the client's folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	warm := r.ledger.open("client warm-up", clientWarm, false)
	spec, err := json.Marshal(clientSpec{
		App: r.setup.App, Send: r.setup.Send(r.Scenario.Task),
		WarmFirst: warm.first, WarmCount: clientWarm, First: s.first, Count: int64(len(s.tasks)),
		Rate: p.Rate, PeriodNs: int64(time.Second), Out: filepath.Join(dir, "rows"),
	})
	if err != nil {
		return fmt.Errorf("write the client's order: %w", err)
	}
	log := filepath.Join(r.Dir, "client.log")
	group, err := process.Start(ctx, []process.Command{{
		Argv: []string{r.Target.Env.Python, "-m", "tqbench.client", string(spec)},
		Env:  r.environ(), Dir: dir, Log: log,
	}}, dir)
	if err != nil {
		return fmt.Errorf("start the client: %w", err)
	}
	defer group.Stop(syscall.SIGKILL, 0)

	if err := awaitFile(ctx, group, filepath.Join(dir, "rows.ready"), log); err != nil {
		return err
	}
	start := r.Clock.Now() + int64(startLead)
	out.Released = start
	// Renamed into place, so that the client never reads half a number.
	word := filepath.Join(dir, "word")
	if err := os.WriteFile(word, strconv.AppendInt(nil, start, 10), 0o644); err != nil {
		return fmt.Errorf("give the client its start: %w", err)
	}
	if err := os.Rename(word, filepath.Join(dir, "rows.start")); err != nil {
		return fmt.Errorf("give the client its start: %w", err)
	}
	if err := awaitFile(ctx, group, filepath.Join(dir, "rows"), log); err != nil {
		return err
	}
	return readClientRows(filepath.Join(dir, "rows"), s)
}

// awaitFile waits for a file that the client makes, or for the client's end.
func awaitFile(ctx context.Context, g *process.Group, path, log string) error {
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
			return fmt.Errorf("the client ended early (%s): %s", exits[0], lastWords(log))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// readClientRows takes the client's times into the span.
func readClientRows(path string, s *span) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read what the client sent: %w", err)
	}
	if len(data) != clientRow*len(s.tasks) {
		return fmt.Errorf("read what the client sent: %d bytes for %d tasks, %d were expected", len(data), len(s.tasks), clientRow*len(s.tasks))
	}
	for b := data; len(b) > 0; b = b[clientRow:] {
		seq := int64(binary.LittleEndian.Uint64(b))
		i := seq - s.first
		if i < 0 || i >= int64(len(s.tasks)) {
			return fmt.Errorf("read what the client sent: task %d is none of %s", seq, s)
		}
		at := func(k int) int64 { return int64(binary.LittleEndian.Uint64(b[8*k:])) }
		s.record(int(i), at(1), at(2), at(3))
	}
	return nil
}
