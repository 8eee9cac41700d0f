package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/contenders"
)

func TestEachFrameworkHasItsEnvironment(t *testing.T) {
	got, err := contenders.Locked()
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, c := range catalog.Frameworks() {
		want = append(want, c.Framework())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A change of the report, the analysis or the trials must not make the environments again.
func TestItDependsOnNoReport(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		for _, name := range []string{"analysis", "report", "trial", "runner", "suite", "contender", "metric", "stats", "cmd"} {
			if path := "github.com/tqbench/tqbench/" + name; strings.TrimSpace(line) == path || strings.HasPrefix(line, path+"/") {
				t.Errorf("it depends on %s", strings.TrimSpace(line))
			}
		}
	}
}
