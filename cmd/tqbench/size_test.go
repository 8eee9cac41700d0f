package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
)

// A run that no estimate can be made of says why.
func TestARunWithoutASizingSaysWhy(t *testing.T) {
	t.Parallel()
	for want, defaults := range map[string]bool{"run without --defaults": true, "tqbench run sizing has": false} {
		a := analysis.Analysis{Trials: []analysis.TrialRow{{Trial: results.Trial{Defaults: defaults}}}}
		if err := notSized(a, "out"); !errors.Is(err, runner.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
