package results

import (
	"encoding/binary"
	"fmt"
)

// ProbeSize is the size of a probe record in bytes.
const ProbeSize = 32

// ProbeVersion is the version of the probe record.
const ProbeVersion = 1

// The outcomes that a probe records.
const (
	ProbeOK     = 1
	ProbeFailed = 2
)

// Marks in the numbers of tasks that the harness did not send: those of others, and those that one of the harness's tasks enqueued.
const (
	ProbeForeign  = 1 << 63
	ProbeFollowed = 1 << 62
)

// Probe is what a worker writes when a task ends: 32 bytes, little-endian, in this order. The same layout stands
// in workers/python/tqbench/probe.py, and a test reads what that writes.
type Probe struct {
	Seq      uint64
	Started  uint64 // ns of CLOCK_MONOTONIC
	Finished uint64 // ns of CLOCK_MONOTONIC
	PID      uint32
	Attempt  uint16 // 0 where the framework doesn't tell
	Outcome  uint8
	Version  uint8
}

// DecodeProbe reads one record from the first 32 bytes of b.
func DecodeProbe(b []byte) (Probe, error) {
	if len(b) < ProbeSize {
		return Probe{}, fmt.Errorf("probe record: %w: %d bytes of %d", ErrFormat, len(b), ProbeSize)
	}
	p := Probe{
		Seq:      binary.LittleEndian.Uint64(b),
		Started:  binary.LittleEndian.Uint64(b[8:]),
		Finished: binary.LittleEndian.Uint64(b[16:]),
		PID:      binary.LittleEndian.Uint32(b[24:]),
		Attempt:  binary.LittleEndian.Uint16(b[28:]),
		Outcome:  b[30],
		Version:  b[31],
	}
	switch {
	case p.Version != ProbeVersion:
		return Probe{}, fmt.Errorf("probe record: %w: version %d, not %d", ErrFormat, p.Version, ProbeVersion)
	case p.Outcome != ProbeOK && p.Outcome != ProbeFailed:
		return Probe{}, fmt.Errorf("probe record: %w: unknown outcome %d", ErrFormat, p.Outcome)
	case p.Finished < p.Started:
		return Probe{}, fmt.Errorf("probe record: %w: finished before it started", ErrFormat)
	}
	return p, nil
}
