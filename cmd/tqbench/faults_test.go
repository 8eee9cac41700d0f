package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/selfcheck/crash"
)

// After each fault of tqbench, a resumed run ends with the plan's trials, no data of ours is lost, and nothing is left behind. An
// impossible fault has its reason.
func TestAFaultLosesAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "selfcheck", "crash", "--times", "1", "--seed", "7", "--json")
	if code := exit(cmd.Run()); code != exitDone {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	var r crash.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if !r.Sound() || len(r.Rows) != 4 || r.Seed != 7 {
		t.Errorf("%+v", r)
	}
	struck := 0
	for _, row := range r.Rows {
		if row.NotChecked == "" && (row.Times != 1 || row.Sent != 800) {
			t.Errorf("%+v", row)
		}
		struck += row.Struck
		t.Logf("%+v", row)
	}
	if struck == 0 {
		t.Error("every run had ended before its fault")
	}
	if left := remains(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFaultsRefuseWrongFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--times 3", "unknown flag: --times"},
		{"crash --times 0", "--times 0: must be from 1 to 10000"},
		{"crash --broker mysql", "unknown flag: --broker"},
		{"--faults", "--faults is now the command tqbench selfcheck crash"},
		{"--aa", "--aa is now the command tqbench selfcheck aa"},
	} {
		cmd, _, stderr := tqbench(t.Context(), t, t.TempDir(), append([]string{"selfcheck"}, strings.Fields(tt.args)...)...)
		if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%s: exit code %d: %s", tt.args, code, stderr)
		}
	}
}

// An impossible fault has its reason in the table, and errors are below the table.
func TestAnImpossibleFaultHasItsReason(t *testing.T) {
	var out strings.Builder
	if err := showFaults(&out, crash.Report{Seed: 3, Seconds: 1.25, Rows: []crash.Row{
		{Fault: "one", Times: 2, Struck: 1, Sent: 40, LostByFramework: 3, LostByUs: 5, Duplicates: 6, Leftovers: 7, Wrong: []string{"what"}},
		{Fault: "other", NotChecked: "no root"},
	}}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := "one 2 1 40 3 5 6 7|other not checked: no root|WRONG: what|Moments are drawn from the 1.2 s of an undisturbed run, with seed 3."
	if strings.Join(got[1:], "|") != want {
		t.Errorf("%q", got)
	}
}

// "all" leaves out the scenarios that only run by name.
func TestAllLeavesOutScenariosByName(t *testing.T) {
	all, err := findScenarios([]string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Apart {
			t.Errorf("all has %s", s.Name)
		}
	}
	named, err := findScenarios([]string{"faults"})
	if err != nil || len(named) != 1 || !named[0].Apart || len(named[0].Sweep) != 6 {
		t.Errorf("%+v, %v", named, err)
	}
}
