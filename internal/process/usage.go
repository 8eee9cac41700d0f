package process

import (
	"time"

	"golang.org/x/sys/unix"
)

// Usage is what a process tree has used since each process began.
type Usage struct {
	// CPU is user and system time, including ended processes: the kernel adds the time of a child that was waited for to its parent's, and
	// the guard waits for orphans. That of ended processes has a resolution of one clock tick.
	CPU time.Duration
	// Voluntary and Involuntary are context switches of the living processes' main threads.
	Voluntary   int64
	Involuntary int64
	Processes   int
}

// Plus adds up the use of two trees.
func (u Usage) Plus(v Usage) Usage {
	return Usage{u.CPU + v.CPU, u.Voluntary + v.Voluntary, u.Involuntary + v.Involuntary, u.Processes + v.Processes}
}

// Tick is the unit of times in /proc: the kernel's ABI fixes it to 1/100 s on every architecture that Go runs on with
// Linux.
const Tick = time.Second / 100

// PSS is the group's proportional set size in bytes: shared pages are divided among their users, so that a forked pool doesn't count
// several times. Reading it makes the kernel walk page tables: about a millisecond per process.
func (g *Group) PSS() int64 {
	var sum int64
	for _, pid := range g.Tree() {
		sum += PSS(pid)
	}
	return sum
}

// Self is the CPU time that this process has used.
func Self() time.Duration {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// Ours is the CPU time of this process and all that it has started, running or ended.
func Ours() time.Duration {
	var ended unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &ended); err != nil {
		return 0
	}
	return Self() + time.Duration(ended.Utime.Nano()+ended.Stime.Nano()) + belowCPU()
}

// Machine is what all CPUs together have spent since boot.
type Machine struct {
	// Stolen is what the hypervisor withheld, Busy what ran, All the two plus idleness. Interrupts are the part of Busy that served
	// interrupts, such as the network's, and belongs to no program.
	Stolen, Busy, All, Interrupts time.Duration
}

// Since is what was spent after an earlier reading.
func (m Machine) Since(before Machine) Machine {
	return Machine{m.Stolen - before.Stolen, m.Busy - before.Busy, m.All - before.All, m.Interrupts - before.Interrupts}
}
