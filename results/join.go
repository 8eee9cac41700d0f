package results

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
)

// RunTask is one row of the file that has the tasks of a whole run: a task, and the trial that it belongs to.
type RunTask struct {
	Trial    int32  `parquet:"trial,dict"`
	Block    int32  `parquet:"block,dict"`
	Scenario string `parquet:"scenario,dict"`
	Broker   string `parquet:"broker,dict"`
	Arm      string `parquet:"arm,dict"`
	Defaults bool   `parquet:"defaults"`
	// Flags are the codes of the trial's flags, each once, joined by commas.
	Flags string `parquet:"flags,dict"`
	// Valid is true where no flag keeps the trial out of any metric.
	Valid bool `parquet:"valid"`
	Task
}

// Valid tells whether no flag keeps the trial out of any metric.
func (t Trial) Valid() bool {
	return !slices.ContainsFunc(t.Flags, func(f Flag) bool { return len(f.Metrics) > 0 })
}

// codes are those of the trial's flags, each once, in the flags' order.
func (t Trial) codes() []string {
	var out []string
	for _, f := range t.Flags {
		if !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return out
}

// JoinedTasks is the name of the file with the tasks of a whole run.
const JoinedTasks = tasksFile

// ErrForeign means that the place of a file is taken by one that tqbench didn't write.
var ErrForeign = errors.New("there is a file that is not the tasks of a run: move it away or name another")

// joinedKey marks the file with the tasks of a whole run.
const joinedKey = "tqbench.tasks-of-a-run"

// joinedGroup is how many rows a row group of it has at most: the rows of one are in memory.
const joinedGroup = 1 << 17

// JoinTasks writes the tasks of all trials into one file, trial by trial, and returns how many there are. Trials without
// tasks, such as those that did not run, have no row. An earlier file of that kind is replaced; any other is refused.
func JoinTasks(ctx context.Context, out string, trials []Trial, path string) (rows int, err error) {
	if err := joinable(path); err != nil {
		return 0, fmt.Errorf("write %s: %w", path, err)
	}
	err = atomicfile.Write(path, func(w io.Writer) error {
		pw := parquet.NewGenericWriter[RunTask](w, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(joinedGroup),
			parquet.KeyValueMetadata(formatKey, fmt.Sprint(Version)), parquet.KeyValueMetadata(joinedKey, fmt.Sprint(Version)))
		j := joining{to: pw}
		for _, t := range trials {
			if t.Sums[tasksFile] == "" {
				continue
			}
			if err := j.add(ctx, TrialDir(out, t.ID), t); err != nil {
				return err
			}
		}
		rows = j.rows
		return pw.Close()
	})
	return rows, err
}

// joining is a file with the tasks of a run that is being written, and the room that each trial is read into.
type joining struct {
	to   *parquet.GenericWriter[RunTask]
	rows int
	file []byte
}

// add adds the tasks of a trial.
func (j *joining) add(ctx context.Context, dir string, t Trial) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var failed error // apart from what is wrong with the trial's file
	err := withFile(dir, tasksFile, t, &j.file, func(pf *parquet.File) error {
		r := parquet.NewGenericReader[Task](pf)
		defer r.Close()
		of := RunTask{Trial: int32(t.ID), Block: int32(t.Block), Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm, Defaults: t.Defaults,
			Flags: strings.Join(t.codes(), ","), Valid: t.Valid()}
		tasks, joined := make([]Task, 1<<12), make([]RunTask, 1<<12)
		for left := pf.NumRows(); left > 0; {
			n, err := r.Read(tasks)
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if n == 0 {
				return fmt.Errorf("%d rows are missing", left)
			}
			for i := range n {
				joined[i] = of
				joined[i].Task = tasks[i]
			}
			if _, failed = j.to.Write(joined[:n]); failed == nil {
				failed = ctx.Err()
			}
			if failed != nil {
				return nil
			}
			left -= int64(n)
			j.rows += n
		}
		return nil
	})
	return errors.Join(err, failed)
}

// joinable refuses a path that anything else has than the tasks of a run. Its errors don't have the path.
func joinable(path string) (err error) {
	if err := regular.Replaceable(path); err != nil {
		return err
	}
	f, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return regular.Bare(err)
	}
	var end [footerEnd]byte
	if _, err := f.ReadAt(end[:], info.Size()-footerEnd); info.Size() < footerEnd || err != nil {
		return ErrForeign
	}
	size := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != "PAR1" || size > min(largestFooter, info.Size()-footerEnd) {
		return ErrForeign
	}
	footer := make([]byte, size)
	if _, err := f.ReadAt(footer, info.Size()-footerEnd-size); err != nil || !bytes.Contains(footer, []byte(joinedKey)) {
		return ErrForeign
	}
	return nil
}
