package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/suite"
)

// planned makes the plan that a command makes of its flags.
func planned(t *testing.T, args []string) suite.Plan {
	t.Helper()
	cmd := &cobra.Command{Use: args[0]}
	cmd.SetContext(t.Context())
	var plan func() (suite.Plan, error)
	switch args[0] {
	case "quick", "run":
		o := planOptions{perSide: quickPerSide}
		if args[0] == "quick" {
			o.flags(cmd, quickScale, quickWithin)
		} else {
			o.perSide = 0
			o.flags(cmd, 1, runWithin)
		}
		plan = o.plan
	case "gate":
		o := gateOptions{at: newServers()}
		o.flags(cmd, defaultGateOut, "")
		o.sides.flags(cmd)
		plan = func() (suite.Plan, error) { return o.plan(cmd) }
	case "bisect":
		o := bisectOptions{gateOptions: gateOptions{at: newServers()}}
		o.flags(cmd, "", "")
		plan = func() (suite.Plan, error) {
			catalog, err := contender.NewCatalog()
			if err != nil {
				return suite.Plan{}, err
			}
			name, ends, _ := strings.Cut(o.contenders[0], suite.ReleaseMark)
			if o.queue, err = catalog.Find(name); err != nil {
				return suite.Plan{}, err
			}
			base, change, _ := strings.Cut(ends, "..")
			step := o.gateOf(base, change)
			return step.plan(cmd)
		}
	}
	if err := cmd.ParseFlags(args[1:]); err != nil {
		t.Fatal(err)
	}
	p, err := plan()
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return p
}

// The command in an analysis is one that measures the same, by the command that measured it.
func TestTheCommandOfARunMakesItsPlanAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ typed, want string }{
		{"quick", "tqbench quick --scenario throughput --broker redis --contender "},
		{"quick --within 0 --seed 5", "--within 0s"},
		{"quick --contender celery,rq,dramatiq --blocks 7", "--blocks 7"},
		{"quick --until 5% --broker valkey", "--until 5%"},
		{"run --scenario 2", "tqbench run --scenario "},
		{"run --scenario 1 --scale 0.05", "--blocks 1"},
		{"run --scenario 1 --within 0", "--within 0s"},
		{"run --scenario 1 --rtt 2ms --defaults", "--defaults --rtt 2ms"},
		{"run --scenario soak", "--scenario soak --broker redis "},
		{"run --scenario soak --for 8h", "--for 8h0m0s"},
		{"run --scenario soak,throughput --for 90s --within 2h --rtt 2ms", "--for 1m30s --rtt 2ms"},
		{"quick --scenario soak --for 1.006s --scale 0.5", "--for 1.005"},
		{"gate --contender celery --base 5.5.3 --fail-if throughput<-5%", "tqbench gate --scenario throughput --broker redis --contender celery/prefork --base 5.5.3 --fail-if 'throughput<-5%' "},
		{"gate --contender celery --base 5.5.3 --change 5.6.0 --fail-if throughput<-5% --fail-if latency_p99>+10% --max-blocks 18", "--base 5.5.3 --change 5.6.0 "},
		{"gate --contender celery/prefork,celery/threads --fail-if cpu_per_task>+10% --within 0", "--contender celery/prefork,celery/threads --fail-if "},
		{"gate --contender rq,rq --fail-if throughput<-5% --seed 3 --scale 0.2", "--contender rq/"},
		{"bisect --contender celery@5.5.3..5.6.0 --fail-if throughput<-5% --within 5m", "tqbench gate --scenario throughput --broker redis --contender celery/prefork --base 5.5.3 --change 5.6.0 --fail-if "},
	} {
		t.Run(tt.typed, func(t *testing.T) {
			t.Parallel()
			asked := planned(t, strings.Fields(tt.typed))
			command, _, err := analysis.Commands(asked, append([]string{"tqbench"}, strings.Fields(tt.typed)...), "")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(command, tt.want) {
				t.Errorf("%s, want %s", command, tt.want)
			}
			again := planned(t, words(command)[1:])
			if asked.Gate != nil { // sides are called as they were typed
				asked.Gate.Base.Name, asked.Gate.Change.Name = again.Gate.Base.Name, again.Gate.Change.Name
			}
			was, err := asked.Hash()
			if err != nil {
				t.Fatal(err)
			}
			if is, err := again.Hash(); err != nil || is != was {
				t.Errorf("%s makes another plan, %v", command, err)
			}
		})
	}
}

// A name runs the suite's scenario, so no command is written for another one: of a file of the user's, or of a copy that was edited and kept its name.
func TestNoCommandNamesAScenarioOfTheUsers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mixed, err := os.ReadFile("../../suite/scenarios/04-mixed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(mixed), "\nlimit: ", "\nlimit: 1", 1)
	if edited == string(mixed) {
		t.Fatal("the scenario has no limit")
	}
	for name, content := range map[string]string{"my-load.yaml": small, "edited.yaml": edited, "copy.yaml": string(mixed)} {
		write(t, filepath.Join(dir, name), content)
	}
	for scenarios, want := range map[string]string{
		filepath.Join(dir, "my-load.yaml"):                "",
		filepath.Join(dir, "edited.yaml"):                 "",
		"throughput," + filepath.Join(dir, "edited.yaml"): "",
		filepath.Join(dir, "copy.yaml"):                   "--scenario mixed ",
	} {
		for _, typed := range []string{"quick", "gate --contender celery/prefork,celery/threads --fail-if throughput<-5%"} {
			args := append(strings.Fields(typed), "--scenario", scenarios)
			native, dagger, err := analysis.Commands(planned(t, args), append([]string{"tqbench"}, args...), "debian:trixie-slim@sha256:00")
			if err != nil {
				t.Fatal(err)
			}
			if (native == "") != (want == "") || !strings.Contains(native, want) || want == "" && dagger != "" {
				t.Errorf("%s: %q and %q, want %q", args, native, dagger, want)
			}
		}
	}
}
