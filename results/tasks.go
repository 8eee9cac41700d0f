package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
)

// Task is one row of tasks.parquet. A time that never came is 0.
type Task struct {
	Seq      int64  `parquet:"seq,delta"`
	Phase    string `parquet:"phase,dict"`
	Kind     string `parquet:"kind,dict"`
	Intended int64  `parquet:"intended_ns,delta"`
	Sent     int64  `parquet:"sent_ns,delta"`
	Acked    int64  `parquet:"acked_ns,delta"`
	Started  int64  `parquet:"started_ns,delta"`
	Finished int64  `parquet:"finished_ns,delta"`
	// PID is the process that finished it. Those of the workers on other hosts have HostShift bits of a number; above them is that of the host,
	// from 1.
	PID int32 `parquet:"pid,dict"`
	// Attempts is how many probe records bear its number.
	Attempts int32  `parquet:"attempts,dict"`
	Outcome  string `parquet:"outcome,dict"`
	// HalfWidth is how far a latency or a time in the queue can be from the true one, as the clocks of several hosts took its times; 0 where one
	// clock did. Files of before it was measured lack it.
	HalfWidth int64 `parquet:"half_width_ns,delta"`
}

// The outcomes of a task.
const (
	OutcomeFinished = "finished"
	OutcomeFailed   = "failed"
	OutcomeLost     = "lost"
	// OutcomeUnknown is of a task without a record where records are missing, as those of a host that was lost.
	OutcomeUnknown  = "unknown"
	OutcomeRejected = "rejected"
)

// Sample is one row of series.parquet: the state of a trial at one moment.
type Sample struct {
	At    int64  `parquet:"at_ns,delta"`
	Phase string `parquet:"phase,dict"`
	// Done counts the tasks of the phase that ended so far.
	Done int64 `parquet:"done,delta"`
	// Depth is how many tasks the broker holds, waiting or taken and not yet acknowledged; -1 if unknown.
	Depth int64 `parquet:"depth,delta"`
	// WorkerCPU and BrokerCPU are CPU seconds since the trial began.
	WorkerCPU float64 `parquet:"worker_cpu_seconds"`
	BrokerCPU float64 `parquet:"broker_cpu_seconds"`
	// Stolen is the CPU time stolen from all of the machine's CPUs since the trial began, in ns.
	Stolen int64 `parquet:"stolen_ns,delta"`
	// Crowded is for how long other programs can have stopped the critical path since the phase began, and Beside for how
	// long they ran, in ns; both are 0 where that can't be known. See Phase.Crowded.
	Crowded int64 `parquet:"crowded_ns,delta"`
	Beside  int64 `parquet:"beside_ns,delta"`
	// WorkerPSS is in MiB, 0 where not sampled at this moment: reading it is dear.
	WorkerPSS float64 `parquet:"worker_pss_mib"`
}

const (
	tasksFile  = "tasks.parquet"
	seriesFile = "series.parquet"
)

// WriteTasks writes tasks.parquet into dir.
func WriteTasks(dir string, rows []Task) error { return writeRows(dir, tasksFile, rows) }

// ReadTasks reads tasks.parquet from dir.
func ReadTasks(dir string) ([]Task, error) {
	t, err := ReadTrial(dir)
	if err != nil {
		return nil, err
	}
	return readRows[Task](dir, tasksFile, t)
}

// WriteSeries writes series.parquet into dir.
func WriteSeries(dir string, rows []Sample) error { return writeRows(dir, seriesFile, rows) }

const formatKey = "tqbench.version"

func writeRows[T any](dir, name string, rows []T) error {
	return atomicfile.Write(filepath.Join(dir, name), func(w io.Writer) error {
		pw := parquet.NewGenericWriter[T](w, parquet.Compression(&parquet.Zstd),
			parquet.KeyValueMetadata(formatKey, fmt.Sprint(Version)))
		if _, err := pw.Write(rows); err != nil {
			return err
		}
		return pw.Close()
	})
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// readRows reads all of a file that trial.json vouches for.
func readRows[T any](dir, name string, t Trial) (rows []T, err error) {
	err = withFile(dir, name, t, new([]byte), func(pf *parquet.File) error {
		r := parquet.NewGenericReader[T](pf)
		defer r.Close()
		// The file says how many rows it has; room is made for those that are there.
		const step = 1 << 14
		for n := pf.NumRows(); int64(len(rows)) < n; {
			have := len(rows)
			rows = append(rows, make([]T, min(step, n-int64(have)))...)
			k, err := r.Read(rows[have:])
			rows = rows[:have+k]
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if k == 0 {
				return fmt.Errorf("%d rows of %d", have, n)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// withFile opens a file of a trial, whose sum trial.json has, and hands it to read. Whatever read returns is an error of format.
// The file's content is in room, which is used again where it is large enough.
func withFile(dir, name string, t Trial, room *[]byte, read func(*parquet.File) error) (err error) {
	path := filepath.Join(dir, name)
	// The library panics where it should report an error.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read %s: %w: %v", path, ErrFormat, p)
		}
	}()
	rows := t.rows(name)
	if err := load(path, t.limit(name), room); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	data := *room
	if t.Sums[name] != sum(data) {
		return fmt.Errorf("read %s: %w: it isn't the file whose sum trial.json has: it was damaged or changed", path, ErrFormat)
	}
	if err := vetFooter(data); err != nil {
		return fmt.Errorf("read %s: %w: %v", path, ErrFormat, err)
	}
	pf, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("read %s: %w: %v", path, ErrFormat, err)
	}
	if v, _ := pf.Lookup(formatKey); v != fmt.Sprint(Version) {
		return fmt.Errorf("read %s: %w: it has version %q, this tqbench reads version %d", path, ErrFormat, v, Version)
	}
	err = vet(pf, data, rows, t.idle(name))
	if err == nil {
		err = read(pf)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w: %v", path, ErrFormat, err)
	}
	return nil
}

// load reads a whole column file into room.
func load(path string, l regular.Limit, room *[]byte) error {
	f, err := regular.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(regular.Fill(room, f, l), f.Close())
}

// largestBeside is how large a file of a trial may be that is no column file, such as a profile, in bytes.
const largestBeside = 512 << 20

// limit is how large a file of the trial may be.
func (t Trial) limit(name string) regular.Limit {
	l := regular.Limit{Kind: "the " + name + " of this trial", Bytes: largestBeside}
	if name == tasksFile || name == seriesFile {
		l.Bytes = largestColumns(t.rows(name).most)
	}
	return l
}

// rows is how many rows a file of the trial may have. There is one for each task that trial.json accounts for; of samples,
// ten a second are taken, and two more each time that sampling begins.
func (t Trial) rows(name string) span {
	if name == tasksFile {
		n := t.Sent + t.Rejected
		return span{n, n}
	}
	const perSecond, more = 20, 10_000
	return span{0, more + perSecond*int64(min(t.seconds(), 1e12))}
}

// idle is how many rows of a file of the trial may be of tasks that never ran.
func (t Trial) idle(name string) int64 {
	if name == tasksFile {
		return t.Lost + t.Unknown + t.Rejected
	}
	return 0
}

// seconds is how long the trial took. Those that were written before that was measured tell it of their phases alone.
func (t Trial) seconds() float64 {
	if t.WallSeconds > 0 || len(t.Phases) == 0 {
		return t.WallSeconds
	}
	from, to := int64(math.MaxInt64), int64(0)
	for _, p := range t.Phases {
		from = min(from, p.EnqueueBegan, p.Released)
		to = max(to, p.EnqueueEnded, p.SteadyTo, p.Drained)
	}
	return max(0, float64(to)-float64(from)) / 1e9
}

// Exists tells whether path is there.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
