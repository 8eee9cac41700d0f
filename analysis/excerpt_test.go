package analysis_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/realrun"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// written is the analysis.json of a measured run.
func written(t *testing.T, change func(*analysis.Analysis)) (analysis.Analysis, []byte) {
	t.Helper()
	a, dir := realrun.Read(t), t.TempDir()
	if change != nil {
		change(&a)
	}
	if err := analysis.Write(dir, a); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(analysis.Path(dir))
	if err != nil {
		t.Fatal(err)
	}
	a.Version = analysis.Version
	return a, data
}

func TestTheTrialsOfAnAnalysisAreThoseOfTheWhole(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*analysis.Analysis){
		"measured":   nil,
		"no trials":  func(a *analysis.Analysis) { a.Trials = nil },
		"one trial":  func(a *analysis.Analysis) { a.Trials = a.Trials[:1] },
		"odd texts":  func(a *analysis.Analysis) { a.Trials[1].Reason = "\n      \"metrics\": {\n    }\n  \"run\": {\n}" },
		"a bad name": func(a *analysis.Analysis) { a.Trials[0].Metrics["\n  \"trials\": ["] = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, data := written(t, change)
			got, err := analysis.DecodeTrials("a.json", data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(whole.Run, got.Run) + cmp.Diff(whole.Scenarios, got.Scenarios) + cmp.Diff(whole.Cells, got.Cells); diff != "" {
				t.Error(diff)
			}
			if len(got.Trials) != len(whole.Trials) {
				t.Fatalf("%d trials of %d", len(got.Trials), len(whole.Trials))
			}
			for i, x := range got.Trials {
				y := whole.Trials[i]
				if diff := cmp.Diff(y.Metrics, x.Metrics) + cmp.Diff(y.Brackets, x.Brackets) + cmp.Diff(y.Flags, x.Flags, cmpopts.EquateEmpty()) + cmp.Diff(y.Hosts, x.Hosts); diff != "" {
					t.Error(diff)
				}
				if x.Scenario != y.Scenario || x.Broker != y.Broker || x.Arm != y.Arm || x.Contender != y.Contender || x.Reason != y.Reason {
					t.Errorf("trial %d is %+v, want %+v", i, x.Trial, y.Trial)
				}
			}
		})
	}
}

// What a scenario is compared by has all that a run of it measured, apart from what is only shown.
func TestAScenarioIsComparedByAllThatItMeasures(t *testing.T) {
	t.Parallel()
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	compared := analysis.Compared(all[0])
	for _, row := range realrun.Read(t).Trials {
		for name := range row.Metrics {
			if m, ok := metric.Named(name); ok && m.Decides() && !slices.Contains(compared, name) {
				t.Errorf("%s has %s, and is compared by %q", row.Scenario, name, compared)
			}
		}
	}
}

// An analysis that was damaged, or made by another program, is read like any other.
func TestTheTrialsOfADamagedAnalysisAreRefused(t *testing.T) {
	t.Parallel()
	_, data := written(t, nil)
	flipped := bytes.Clone(data)
	flipped[bytes.Index(data, []byte(`"curves"`))+40] ^= 1
	for name, content := range map[string][]byte{"cut": data[:len(data)/2], "flipped": flipped} {
		if _, err := analysis.DecodeTrials("a.json", content); !errors.Is(err, results.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	minified := []byte(`{"version": 2, "trials": [{"id": 1, "metrics": {"throughput": 5}}], "curves": []}`)
	a, err := analysis.DecodeTrials("a.json", minified)
	if err != nil || len(a.Trials) != 1 || a.Trials[0].Metrics["throughput"] != 5 {
		t.Errorf("%+v, %v", a.Trials, err)
	}
}
