package cluster_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// A worker that ends on another machine leaves its last words in the trial, as one on this machine does.
func TestAWorkerThatDiesElsewhereSaysItsLastWords(t *testing.T) {
	testneeds.Real(t, "Redis and workers")
	out := t.TempDir()
	runOver(t, out, planned(t, out, 1, suite.Hosts{Workers: 2, Load: 1}), func(p runner.Progress, agents []*agent) {
		if p.Stage != "paced" {
			return
		}
		for _, pid := range brokertest.Descendants(agents[1].cmd.Process.Pid) {
			if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && strings.Contains(string(line), "asynctasq") {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have just ended
			}
		}
	})
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 1 {
		t.Fatalf("%d trials (%v)", len(trials), err)
	}
	x := trials[0]
	i := slices.IndexFunc(x.Flags, func(f results.Flag) bool { return f.Code == results.FlagWorkerDied })
	if i < 0 || !strings.HasPrefix(x.Flags[i].Detail, "worker 1: ") || strings.Contains(x.Flags[i].Detail, "left no log") {
		t.Errorf("%s, flags %+v", x.Reason, x.Flags)
	}
}
