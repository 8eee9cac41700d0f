//go:build linux

package gotask

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Outcomes of a task, and the version of the record.
const (
	OK            byte = 1
	Failed        byte = 2
	recordVersion byte = 1
)

// noteLimit is the maximum of bytes of a note.
const noteLimit = 1024

// Probe writes a record when a task ends, as workers/python/tqbench/probe.py does: one write per record, to a file of this process.
type Probe struct {
	dir       string
	file      *os.File
	strangers atomic.Uint32
	noted     atomic.Bool
}

// OpenProbe opens this process's file in a folder.
func OpenProbe(dir string) (*Probe, error) {
	f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("%d.probe", os.Getpid())), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the file of the records: %w", err)
	}
	return &Probe{dir: dir, file: f}, nil
}

// Now is the time in nanoseconds of CLOCK_MONOTONIC, the clock that tqbench reads.
func Now() int64 {
	const monotonic = 1
	var t syscall.Timespec
	_, _, _ = syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, monotonic, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

// Record appends the record of a task.
func (p *Probe) Record(number uint64, started, finished int64, outcome byte) error {
	b := make([]byte, 0, 32)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, uint64(started))
	b = binary.LittleEndian.AppendUint64(b, uint64(finished))
	b = binary.LittleEndian.AppendUint32(b, uint32(os.Getpid()))
	_, err := p.file.Write(append(b, 0, 0, outcome, recordVersion))
	return err
}

// Foreign appends the record of a task that tqbench didn't send, numbered within this process.
func (p *Probe) Foreign() error {
	now := Now()
	return p.Record(1<<63|uint64(os.Getpid())<<32|uint64(p.strangers.Add(1)), now, now, OK)
}

// Note writes the first failure of this process, for the report. An error here is no error of the task's.
func (p *Probe) Note(failure error) {
	if p.noted.Swap(true) {
		return
	}
	line := strings.ToValidUTF8(strings.Join(strings.Fields(failure.Error()), " "), "?")
	line = strings.ToValidUTF8(line[:min(len(line), noteLimit-1)], "")
	f, err := os.OpenFile(filepath.Join(p.dir, fmt.Sprintf("%d.failure", os.Getpid())), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteString(line + "\n")
}
