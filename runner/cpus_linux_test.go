package runner

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// confined is set in a process that a CPU set keeps to one CPU.
const confined = "TQBENCH_TEST_CONFINED"

// Some frameworks start a process for each CPU that is online, and others for each that they may run on. A CPU set tells the two apart.
func TestACPUSetHidesNoCPUThatFrameworksCount(t *testing.T) {
	if os.Getenv(confined) != "" {
		target := (&session{}).target(workers.Env{}, suite.Scenario{}, "celery/prefork", "redis", "", 0)
		fmt.Printf("online %d, allowed %d %v\n", target.CPUs, target.WorkerCPUs, machine.Allowed())
		return
	}
	allowed := machine.Allowed()
	if len(allowed) != runtime.NumCPU() {
		t.Fatalf("CPUs %v are allowed, which are not %d", allowed, runtime.NumCPU())
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	last := allowed[len(allowed)-1]
	one.Set(last)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), confined+"=1")
	out, err := cmd.CombinedOutput()
	if want := fmt.Sprintf("online %d, allowed 1 [%d]\n", machine.Online(), last); err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("%s(%v), want %s", out, err, want)
	}
	if machine.Online() < runtime.NumCPU() {
		t.Errorf("%d CPUs are online, of which %d are allowed", machine.Online(), runtime.NumCPU())
	}
}

// Workers leave the first two CPUs of those that are allowed to the rest, if that leaves enough.
func TestWorkersLeaveCPUsToTheRest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		allowed, want []int
		words         string
	}{
		{nil, nil, ""},
		{[]int{0, 1, 2}, nil, ""},
		{[]int{0, 1, 2, 3}, []int{2, 3}, "workers of both sides on CPUs 2-3, "},
		{[]int{8, 9, 10, 11, 12, 20, 22, 23}, []int{10, 11, 12, 20, 22, 23}, "workers of both sides on CPUs 10-12, 20, 22-23, "},
	} {
		got := workerCPUs(tt.allowed)
		if !slices.Equal(got, tt.want) || got != nil && !strings.HasPrefix(placement(got), tt.words) {
			t.Errorf("of %v: %v, %s, want %v, %s", tt.allowed, got, placement(got), tt.want, tt.words)
		}
	}
}
