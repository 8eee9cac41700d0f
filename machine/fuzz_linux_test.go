package machine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
)

// Any output of the kernel and the distribution can be written and shown in a line.
func FuzzMachineFiles(f *testing.F) {
	for _, file := range []string{"/proc/cpuinfo", "/proc/meminfo", "/proc/loadavg", "/etc/os-release"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	for _, s := range []string{"", "NaN 1", "+Inf", "-1 2", "1e400", "MemTotal: -5 kB", "MemTotal:\n", "MemTotal:99999999999999999999 kB", "model name\t: a:b\r",
		"PRETTY_NAME=\"\"\n", "PRETTY_NAME=a\rb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		m := results.Machine{OS: prettyName(data), CPU: value([]byte(data), "model name"), MemoryMiB: mib([]byte(data), "MemTotal"), LoadBefore: load(data)}
		if _, err := json.Marshal(m); err != nil || m.OS == "" || m.MemoryMiB < 0 || m.LoadBefore < 0 || strings.Contains(m.OS+m.CPU, "\n") {
			t.Errorf("%q gives %+v (%v)", data, m, err)
		}
	})
}

func TestTheModelIsTheFirmwares(t *testing.T) {
	dir := t.TempDir()
	if got := model(dir); got != "" {
		t.Errorf("without SMBIOS: %q", got)
	}
	for name, data := range map[string]string{"sys_vendor": "Amazon EC2\n", "product_name": "m7g.large\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := model(dir); got != "Amazon EC2 m7g.large" {
		t.Errorf("%q", got)
	}
	small, large := results.Machine{Model: "Amazon EC2 m7g.large"}, results.Machine{Model: "Amazon EC2 m7g.xlarge"}
	if Same(small, large) || !Same(small, results.Machine{LoadBefore: 3}) || !Same(small, small) {
		t.Error("machines are of one kind where their models are, as far as both are known")
	}
}

// The memory of one virtual machine changes a little, and that of another kind by much more.
func TestAMachinesMemoryMayChangeALittle(t *testing.T) {
	for _, tt := range []struct {
		a, b int64
		same bool
	}{
		{16000, 16000, true}, {16000, 15996, true}, {15000, 16000, true}, {16000, 14400, true}, {16000, 14399, false}, {8000, 16000, false},
		{0, 0, true}, {0, 16000, false},
	} {
		a, b := results.Machine{CPUs: 4, MemoryMiB: tt.a}, results.Machine{CPUs: 4, MemoryMiB: tt.b}
		if Same(a, b) != tt.same || Same(b, a) != tt.same {
			t.Errorf("%d and %d MiB: the same is %v, want %v", tt.a, tt.b, !tt.same, tt.same)
		}
		if b.CPUs = 8; Same(a, b) {
			t.Errorf("%d and %d CPUs are the same", a.CPUs, b.CPUs)
		}
	}
}

func TestTheMachineIsDescribed(t *testing.T) {
	if m := Describe(); m.CPUs < 1 || m.MemoryMiB < 1 || m.OS == "" || m.CPU == "" || m.Kernel == "unknown" {
		t.Errorf("%+v", m)
	}
	const meminfo = "MemTotal:       16303428 kB\nMemFree:  1 kB\nMemAvailable:   8151714 kB\n"
	if total, free := mib([]byte(meminfo), "MemTotal"), mib([]byte(meminfo), "MemAvailable"); total != 15921 || free != 7960 {
		t.Errorf("%d MiB, %d free", total, free)
	}
	if v := load("0.52 0.58 0.59 1/389 2171"); v != 0.52 {
		t.Errorf("a load of %v", v)
	}
}
