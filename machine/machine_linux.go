package machine

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/results"
)

// Describe reads what needs no rights. Values that a kernel doesn't report are "unknown".
func Describe() results.Machine {
	m := results.Machine{
		OS: osName(), Kernel: kernel(), Arch: runtime.GOARCH, CPU: "unknown", CPUs: runtime.NumCPU(),
		Clocksource: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
		Governor:    read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
	}
	cpuinfo, _ := os.ReadFile("/proc/cpuinfo")
	if v := value(cpuinfo, "model name"); v != "" {
		m.CPU = v
	}
	m.Hypervisor = slices.Contains(strings.Fields(value(cpuinfo, "flags")), "hypervisor")
	m.Model = model("/sys/class/dmi/id")
	meminfo, _ := os.ReadFile("/proc/meminfo")
	m.MemoryMiB = mib(meminfo, "MemTotal")
	m.LoadBefore = load(read("/proc/loadavg"))
	return m
}

// model is the machine's maker and product in a folder of the kernel's SMBIOS values, such as "Amazon EC2 m7g.large".
func model(dir string) string {
	var words []string
	for _, name := range []string{"sys_vendor", "product_name"} {
		data, _ := os.ReadFile(filepath.Join(dir, name)) // small virtual machines have no SMBIOS
		words = append(words, strings.Fields(string(data))...)
	}
	return strings.Join(words, " ")
}

// load is the average of the last minute, 0 if the kernel doesn't report it.
func load(loadavg string) float64 {
	word, _, _ := strings.Cut(loadavg, " ")
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// mib is a size from /proc/meminfo, 0 if the kernel doesn't report it.
func mib(meminfo []byte, key string) int64 {
	f := strings.Fields(value(meminfo, key))
	if len(f) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || kib < 0 {
		return 0
	}
	return kib / 1024
}

// online is 0 where the kernel's files are hidden.
func online() int { return counted(read("/sys/devices/system/cpu/online")) }

// Allowed are the CPUs that this process may run on, nil if the kernel doesn't say.
func Allowed() (cpus []int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// FreeMiB is the memory that programs can still get, 0 if the kernel doesn't say.
func FreeMiB() int64 {
	meminfo, _ := os.ReadFile("/proc/meminfo")
	return mib(meminfo, "MemAvailable")
}

func osName() string {
	data, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return runtime.GOOS
	}
	return prettyName(string(data))
}

// prettyName is the name in os-release(5).
func prettyName(release string) string {
	for line := range strings.Lines(release) {
		v, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME=")
		if name := strings.Trim(v, `"`); ok && name != "" {
			return name
		}
	}
	return runtime.GOOS
}

func read(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(data))
}

// value is what follows the first "key :" at the start of a line.
func value(data []byte, key string) string {
	for line := range bytes.Lines(data) {
		k, v, ok := bytes.Cut(line, []byte(":"))
		if ok && strings.TrimSpace(string(k)) == key {
			return strings.TrimSpace(string(v))
		}
	}
	return ""
}
