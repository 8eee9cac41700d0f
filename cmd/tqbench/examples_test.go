package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// The examples of a scenario and of an application run unchanged, and all their tasks are accounted for.
func TestTheExamplesRun(t *testing.T) {
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"trace": {"--scenario", filepath.Join(examples, "trace", "shop.yaml"), "--contender", "celery"},
		"own-app": {"--app", "celery=shop:app", "--task", "shop.price", "--app-path", filepath.Join(examples, "own-app"),
			"--calls", filepath.Join(examples, "own-app", "calls.json")},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cmd, stdout, stderr := tqbench(t.Context(), t, dir, append([]string{"quick", "--scale", "0.02", "--blocks", "1"}, args...)...)
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s%s", err, stdout, stderr)
			}
			a, err := analysis.Read(filepath.Join(dir, "tqbench-out"))
			if err != nil || len(a.Trials) == 0 {
				t.Fatalf("%d trials (%v)", len(a.Trials), err)
			}
			for _, r := range a.Trials {
				if c := r.Counts; !r.Done() || c.Sent == 0 || c.Finished != c.Sent || r.Flagged(results.FlagFailed) {
					t.Errorf("%s: %+v, %s", r.Arm, c, r.Reason)
				}
			}
		})
	}
}

// The commands of the example workflow exist, with their flags, and programs of others are pinned by their commits.
func TestTheExampleWorkflowsCommandsExist(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "examples", "ci", "tqbench.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses, Run string
			}
		}
	}
	if err := yaml.Unmarshal(data, &workflow); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			if w := words(step.Run); len(w) > 0 && w[0] == "tqbench" {
				n++
				if err := understood(w[1:]); err != nil {
					t.Errorf("%s: %v", step.Run, err)
				}
			} else if !pinned(step.Uses) {
				t.Errorf("%s is not pinned by its commit", step.Uses)
			} else if step.Uses == "" && step.Run == "" {
				t.Errorf("a step does nothing: %+v", step)
			}
		}
	}
	if n < 2 || !strings.Contains(string(data), "tqbench gate") {
		t.Errorf("%d commands of tqbench", n)
	}
}
