package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
)

// The examples for ssh with systemd and for Slurm run as they are. The programs that reach other machines stay on this one, where each machine is
// a folder.
func TestTheExamplesForManyMachinesRun(t *testing.T) {
	testneeds.Real(t, "Redis and workers")
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples", "many-machines"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		shell string
		env   []string
	}{
		"ssh.sh":   {"sh", []string{"LOAD=load-0", "WORK=work-0 work-1", "CPUS=0"}},
		"slurm.sh": {"bash", []string{"LOAD=1", "SLURM_JOB_NUM_NODES=4"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			said, _, _ := refusable(t.Context(), t, dir, "version") // has the environment of a command
			bin, asked := filepath.Join(dir, "bin"), filepath.Join(dir, "asked")
			writeAll(t, bin, map[string]string{
				"tqbench":     "#!/bin/sh\nexec \"$PROGRAM\" \"$@\"\n",
				"ssh":         "#!/bin/sh\ncd \"$MACHINES/$1\" && shift && exec \"$@\"\n",
				"scp":         "#!/bin/sh\ncp \"$2\" \"$MACHINES/${3%%:*}/${3#*:}\"\n",
				"systemd-run": "#!/bin/sh\necho \"$*\" >>\"$ASKED\"\nwhile [ \"$1\" != tqbench ]; do shift; done\nexec \"$@\"\n",
				"srun":        "#!/bin/sh\nwhile [ \"$1\" != sh ]; do shift; done\nfor i in 0 1 2 3; do SLURM_PROCID=$i \"$@\" & done\nwait\n",
			})
			for _, machine := range []string{"load-0", "work-0", "work-1"} {
				if err := os.MkdirAll(filepath.Join(dir, machine), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			write(t, filepath.Join(dir, "small.yaml"), small)
			cmd := exec.CommandContext(t.Context(), tt.shell, filepath.Join(examples, name), "--scenario", "small.yaml", "--contender", "asynctasq", "--blocks", "1", "--scale", "1")
			cmd.Dir = dir
			cmd.Env = append(said.Env, append(tt.env, "PATH="+bin+":"+os.Getenv("PATH"), "PROGRAM="+os.Args[0], "MACHINES="+dir, "ASKED="+asked, "LISTEN="+freeAddress(t))...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			trials, err := results.ReadTrials(filepath.Join(dir, "run"))
			if err != nil || len(trials) != 1 || !complete(trials[0]) {
				t.Fatalf("%+v (%v)", trials, err)
			}
			var hosts []string
			for _, h := range trials[0].Hosts {
				hosts = append(hosts, h.Name)
			}
			if want := []string{"worker 0", "worker 1", "load 0"}; !slices.Equal(hosts, want) {
				t.Errorf("hosts %q, want %q", hosts, want)
			}
			if !results.Exists(filepath.Join(report.Dir(filepath.Join(dir, "run")), "index.html")) {
				t.Error("there is no report")
			}
			if info, err := os.Stat(filepath.Join(dir, "token")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the token: %v (%v)", info, err)
			}
			if lines, _ := os.ReadFile(asked); name == "ssh.sh" && strings.Count(string(lines), "--scope --quiet -p AllowedCPUs=0 tqbench agent") != 3 {
				t.Errorf("systemd-run was asked for %q", lines)
			}
			await(t, "nothing is left", func() bool { return len(remains(t, dir)) == 0 })
		})
	}
}
