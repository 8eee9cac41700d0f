//go:build linux

// Package probe writes one record of 32 bytes when a task ends, so that tqbench sees it. Copy it next to your worker.
//
// Little-endian: number u64, started ns u64, finished ns u64, pid u32, attempt u16 (0), outcome u8, version u8. Times are
// CLOCK_MONOTONIC. Each process appends to PID.probe in TQBENCH_PROBE_DIR, with one write per record.
package probe

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Outcomes of a task, and the version of the record.
const (
	OK      = 1
	Failed  = 2
	version = 1
)

var file = sync.OnceValues(func() (*os.File, error) {
	path := filepath.Join(os.Getenv("TQBENCH_PROBE_DIR"), fmt.Sprintf("%d.probe", os.Getpid()))
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
})

// Now is the time in nanoseconds.
func Now() int64 {
	var t syscall.Timespec
	const monotonic = 1
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, monotonic, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

// Record appends the record of a task.
func Record(number uint64, started, finished int64, outcome byte) error {
	f, err := file()
	if err != nil {
		return err
	}
	b := make([]byte, 0, 32)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, uint64(started))
	b = binary.LittleEndian.AppendUint64(b, uint64(finished))
	b = binary.LittleEndian.AppendUint32(b, uint32(os.Getpid()))
	_, err = f.Write(append(b, 0, 0, outcome, version))
	return err
}

var strangers atomic.Uint32

// Foreign appends the record of a task that tqbench did not send, with bit 63 in its number.
func Foreign() error {
	return Record(1<<63|uint64(os.Getpid())<<32|uint64(strangers.Add(1)), Now(), Now(), OK)
}
