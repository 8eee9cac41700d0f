package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/suite"
)

func TestASwarmIsPlannedByItsFlags(t *testing.T) {
	dir := t.TempDir()
	cmd, _, stderr := refusable(t.Context(), t, dir, "plan", "throughput", "--topology", "swarm", "--hosts", "3", "--out", "out")
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	p, err := suite.ReadPlan(filepath.Join(dir, "out"))
	if err != nil || p.Hosts == nil || *p.Hosts != (suite.Hosts{Workers: 3, Load: 3, Swarm: true}) {
		t.Errorf("%+v, %v", p.Hosts, err)
	}
	cmd, stdout, stderr := refusable(t.Context(), t, dir, "kube", "manifest", "out/plan.json", "--image", "tqbench:1.0", "--cpus", "swarm=4")
	if code := exit(cmd.Run()); code != exitDone || strings.Count(stdout.String(), "- swarm\n") == 0 || strings.Contains(stdout.String(), "- worker\n") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestASwarmIsRefusedInALine(t *testing.T) {
	for args, want := range map[string]string{
		"--topology ring --hosts 3":  `--topology "ring": write swarm`,
		"--topology swarm":           "--topology swarm and --hosts belong together",
		"--hosts 3":                  "--topology swarm and --hosts belong together",
		"--topology swarm --hosts 0": "0 machines for workers",
		"--topology swarm --hosts 2 --worker-hosts 2 --load-hosts 1":  "leave out --worker-hosts and --load-hosts",
		"--topology swarm --hosts 2 --scenario orders --broker redis": "the steps of a chain run on any machine of a swarm",
	} {
		dir := t.TempDir()
		cmd, _, stderr := refusable(t.Context(), t, dir, append([]string{"plan", "--out", "out"}, strings.Fields(args)...)...)
		if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit code %d: %s", args, code, stderr)
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
			t.Errorf("%s: something was written", args)
		}
	}
}
