package machine

import (
	"encoding/binary"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/results"
)

// Describe reads what needs no rights, see sysctl(3). Values that a kernel doesn't report are "unknown". No one measures on such a machine.
func Describe() results.Machine {
	m := results.Machine{
		OS: "macOS " + text("kern.osproductversion"), Kernel: kernel(), Arch: runtime.GOARCH, CPU: text("machdep.cpu.brand_string"),
		CPUs: runtime.NumCPU(), Clocksource: "unknown", Governor: "unknown",
	}
	if bytes, err := unix.SysctlUint64("hw.memsize"); err == nil {
		m.MemoryMiB = int64(bytes >> 20)
	}
	if guest, err := unix.SysctlUint32("kern.hv_vmm_present"); err == nil {
		m.Hypervisor = guest != 0
	}
	// struct loadavg of sys/resource.h: three averages as uint32, and after padding the int64 that they are multiples of.
	if data, err := unix.SysctlRaw("vm.loadavg"); err == nil && len(data) == 24 {
		if scale := binary.NativeEndian.Uint64(data[16:]); scale > 0 {
			m.LoadBefore = float64(binary.NativeEndian.Uint32(data)) / float64(scale)
		}
	}
	return m
}

func text(name string) string {
	v, err := unix.Sysctl(name)
	if err != nil {
		return "unknown"
	}
	return v
}

// online is unknown; a process may use all CPUs there.
func online() int { return 0 }

// Allowed is unknown: workers aren't kept to some CPUs there.
func Allowed() []int { return nil }

// FreeMiB is 0: it is unknown without asking the Mach kernel.
func FreeMiB() int64 { return 0 }
