package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Usage reads what the group has used so far.
func (g *Group) Usage() Usage {
	// Without the guard's own time, but with that of processes which it has waited for.
	guard := readStat(g.guard.Process.Pid)
	var u Usage
	u.CPU = time.Duration(guard.childTicks) * Tick
	for _, pid := range g.Tree() {
		u.CPU += readStat(pid).cpu(pid)
		v, i := readSwitches(pid)
		u.Voluntary += v
		u.Involuntary += i
		u.Processes++
	}
	// The part of a tick that a process had used is lost when it ends, but what was used stays used.
	g.mu.Lock()
	defer g.mu.Unlock()
	g.used = max(g.used, u.CPU)
	u.CPU = g.used
	return u
}

// cpu is the CPU time of a living process with that state and of those that it has waited for: its own to the nanosecond, theirs in ticks. A
// task costs so little that in a short phase ticks would be a tenth of it.
func (s stat) cpu(pid int) time.Duration {
	waited := time.Duration(s.childTicks) * Tick
	if own, ok := cpuClock(pid); ok {
		return own + waited
	}
	return time.Duration(s.ticks)*Tick + waited
}

// cpuClock reads the CPU-time clock of a process, all of its threads together: see clock_getcpuclockid(3), whose id the kernel makes of the
// process's by inverting it, above three bits of which 2 is the scheduler's count.
func cpuClock(pid int) (time.Duration, bool) {
	var t unix.Timespec
	if err := unix.ClockGettime(^int32(pid)<<3|2, &t); err != nil {
		return 0, false // it is gone
	}
	return time.Duration(t.Nano()), true
}

// belowCPU is the CPU time of all processes below this one, and of those that they have waited for.
func belowCPU() time.Duration {
	var ticks int64
	for _, pid := range descendants(os.Getpid()) {
		s := readStat(pid)
		ticks += s.ticks + s.childTicks
	}
	return time.Duration(ticks) * Tick
}

// PSS is the proportional set size of one process in bytes, 0 if it is gone.
func PSS(pid int) int64 {
	data, err := readProc(pid, "smaps_rollup")
	if err != nil {
		return 0
	}
	return fieldOf(data, "Pss:") * 1024
}

// ReadMachine reads /proc/stat, see proc_stat(5). It is zero if that can't be read.
func ReadMachine() Machine {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Machine{}
	}
	return parseMachine(data)
}

func parseMachine(data []byte) Machine {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	fields := bytes.Fields(line)
	var m Machine
	// cpu user nice system idle iowait irq softirq steal [guest guest_nice, which user and nice contain]
	for i := 1; i < len(fields) && i <= 8; i++ {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
		t := time.Duration(n) * Tick
		m.All += t
		switch i {
		case 4, 5:
		case 6, 7:
			m.Busy += t
			m.Interrupts += t
		case 8:
			m.Stolen = t
		default:
			m.Busy += t
		}
	}
	return m
}

type stat struct {
	state      byte
	ticks      int64
	childTicks int64
}

// readStat reads /proc/PID/stat.
func readStat(pid int) stat {
	data, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return stat{}
	}
	return parseStat(data)
}

// parseStat reads a line of proc_pid_stat(5). The name in parentheses may contain anything, so fields are counted from the last closing
// one.
func parseStat(data []byte) stat {
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 15 {
		return stat{}
	}
	num := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
		return n
	}
	return stat{state: fields[0][0], ticks: num(11) + num(12), childTicks: num(13) + num(14)}
}

// state is the process's state letter, 0 if it is gone.
func state(pid int) byte { return readStat(pid).state }

func readSwitches(pid int) (voluntary, involuntary int64) {
	file := procFile(pid, "status")
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, 0
	}
	return fieldOf(data, "\nvoluntary_ctxt_switches:"), fieldOf(data, "\nnonvoluntary_ctxt_switches:")
}

func procFile(pid int, name string) string {
	return "/proc/" + strconv.Itoa(pid) + "/" + name
}

// fieldOf reads the number after name.
func fieldOf(data []byte, name string) int64 {
	_, rest, ok := bytes.Cut(data, []byte(name))
	if !ok {
		return 0
	}
	word := bytes.Fields(rest)
	if len(word) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(string(word[0]), 10, 64)
	return n
}

// Hold stops every process of the tree with SIGSTOP and returns when the kernel shows each as stopped.
func (g *Group) Hold(ctx context.Context) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		running := 0
		for _, pid := range g.Tree() {
			if s := state(pid); s != 'T' && s != 'Z' && s != 0 {
				running++
				_ = syscall.Kill(pid, syscall.SIGSTOP)
			}
		}
		if running == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("hold the processes: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// descendants lists the processes below pid, parents before children.
func descendants(pid int) []int {
	var all []int
	queue := []int{pid}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		kids := children(p)
		all = append(all, kids...)
		queue = append(queue, kids...)
	}
	return all
}

func children(pid int) []int {
	threads, err := os.ReadDir(procFile(pid, "task"))
	if err != nil {
		return nil
	}
	var kids []int
	for _, t := range threads {
		data, err := os.ReadFile(procFile(pid, "task/"+t.Name()+"/children"))
		if err != nil {
			continue
		}
		for _, f := range bytes.Fields(data) {
			if n, err := strconv.Atoi(string(f)); err == nil {
				kids = append(kids, n)
			}
		}
	}
	return kids
}
