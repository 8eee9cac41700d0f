package machine

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/results"
)

// Describe reads what can be known without rights. What a kernel doesn't tell is "unknown".
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
	for _, flag := range strings.Fields(value(cpuinfo, "flags")) {
		m.Hypervisor = m.Hypervisor || flag == "hypervisor"
	}
	meminfo, _ := os.ReadFile("/proc/meminfo")
	if f := strings.Fields(value(meminfo, "MemTotal")); len(f) > 0 {
		kib, _ := strconv.ParseInt(f[0], 10, 64)
		m.MemoryMiB = kib / 1024
	}
	if f := strings.Fields(read("/proc/loadavg")); len(f) > 0 {
		m.LoadBefore, _ = strconv.ParseFloat(f[0], 64)
	}
	return m
}

// freeMiB is the memory that programs can still have.
func freeMiB() int64 {
	meminfo, _ := os.ReadFile("/proc/meminfo")
	f := strings.Fields(value(meminfo, "MemAvailable"))
	if len(f) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(f[0], 10, 64)
	return kib / 1024
}

func osName() string {
	data, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return runtime.GOOS
	}
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			return strings.Trim(v, `"`)
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
