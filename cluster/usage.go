package cluster

import (
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// usage is what a host has used so far.
type usage struct {
	group group
	// cpu is that of the agent and all that it started.
	cpu time.Duration
	pss int64
}

// group is what a control group says. All are since it was made, but for the memory and the limit.
type group struct {
	cpu, throttledFor  time.Duration
	periods, throttled int64
	memory             int64
	// limit is how many CPUs it may use, 0 if there is no limit.
	limit float64
	ok    bool
}

func readUsage() usage {
	self, _ := os.ReadFile("/proc/self/cgroup") // without one, there is no group
	return usage{group: readGroup(os.DirFS("/sys/fs/cgroup"), string(self)), cpu: process.Ours(), pss: process.PSS(os.Getpid())}
}

// since is what was used after an earlier reading.
func (u usage) since(before usage) results.Host {
	h := results.Host{CPUSeconds: (u.cpu - before.cpu).Seconds(), MemoryMiB: float64(u.pss) / (1 << 20), TimeService: timeService()}
	if !u.group.ok || !before.group.ok {
		return h
	}
	h.CPULimit = u.group.limit
	h.Periods, h.Throttled = u.group.periods-before.group.periods, u.group.throttled-before.group.throttled
	h.ThrottledSeconds = (u.group.throttledFor - before.group.throttledFor).Seconds()
	if used := u.group.cpu - before.group.cpu; used > 0 {
		h.CPUSeconds = used.Seconds()
	}
	if u.group.memory > 0 {
		h.MemoryMiB = float64(u.group.memory) / (1 << 20)
	}
	return h
}

// readGroup reads the control group of /proc/self/cgroup's content below the file system's root (cgroups(7)): version 2, or the
// controllers of version 1.
func readGroup(root fs.FS, self string) (g group) {
	at := map[string]string{}
	for line := range strings.Lines(self) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			at[controller] = strings.TrimPrefix(path.Clean("/"+parts[2]), "/")
		}
	}
	// In a separate namespace, the group is the root that is seen.
	read := func(dir, name, file string) string {
		for _, place := range []string{path.Join(dir, at[name], file), path.Join(dir, file)} {
			if data, err := fs.ReadFile(root, place); err == nil {
				return string(data)
			}
		}
		return ""
	}
	if stat := read(".", "", "cpu.stat"); stat != "" { // version 2: times in microseconds
		v := fields(stat)
		g = group{cpu: time.Duration(v["usage_usec"]) * time.Microsecond, periods: v["nr_periods"], throttled: v["nr_throttled"],
			throttledFor: time.Duration(v["throttled_usec"]) * time.Microsecond, memory: number(read(".", "", "memory.current")), ok: true}
		if quota, period, found := strings.Cut(strings.TrimSpace(read(".", "", "cpu.max")), " "); found && quota != "max" {
			g.limit = ratio(number(quota), number(period))
		}
		return g.ofOurs(at[""])
	}
	stat := read("cpu", "cpu", "cpu.stat")
	if stat == "" {
		return g
	}
	v := fields(stat) // version 1: times in nanoseconds
	g = group{cpu: time.Duration(number(read("cpuacct", "cpuacct", "cpuacct.usage"))), periods: v["nr_periods"], throttled: v["nr_throttled"],
		throttledFor: time.Duration(v["throttled_time"]), memory: number(read("memory", "memory", "memory.usage_in_bytes")), ok: true}
	g.limit = ratio(number(read("cpu", "cpu", "cpu.cfs_quota_us")), number(read("cpu", "cpu", "cpu.cfs_period_us")))
	return g.ofOurs(at["cpu"])
}

// ofOurs leaves out the root group without a limit: it may be the whole machine's, and has nothing that the agent's processes don't tell.
func (g group) ofOurs(place string) group {
	if place == "" && g.limit == 0 {
		return group{}
	}
	return g
}

// fields are lines of a name and a number.
func fields(text string) map[string]int64 {
	out := map[string]int64{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			out[name] = number(value)
		}
	}
	return out
}

// number is a whole number that is not negative, 0 if it is none.
func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// timeLimit bounds a question to a time service.
const timeLimit = time.Second

// timeService is what chrony says of its error, or what the kernel does, which NTP and PTP services keep up.
func timeService() string {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "chronyc", "-c", "tracking").Output(); err == nil {
		if s := chrony(string(out)); s != "" {
			return s
		}
	}
	return kernelTime()
}

// chrony reads a line of chronyc -c tracking: the offset of the system's clock is its 5th field, the root delay its 11th, the root dispersion its 12th,
// and the state of the clock its 14th. The clock's error is at most the offset, the dispersion and half of the delay (chronyc(1)).
func chrony(line string) string {
	record, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil || len(record) < 14 {
		return ""
	}
	offset, oerr := strconv.ParseFloat(record[4], 64)
	delay, derr := strconv.ParseFloat(record[10], 64)
	dispersion, err := strconv.ParseFloat(record[11], 64)
	if oerr != nil || derr != nil || err != nil {
		return ""
	}
	if record[13] == "Not synchronised" {
		return "chrony: the wall clock is not synchronised"
	}
	return fmt.Sprintf("chrony: the wall clock is at most %.6f s wrong", math.Abs(offset)+dispersion+delay/2)
}
