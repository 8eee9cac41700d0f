package verify

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/bundle/bundletest"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// found reports whether a report has a finding.
func found(r Report, check string, o Outcome, says string) bool {
	for _, f := range r.Of(o) {
		if f.Check == check && strings.Contains(f.Text, says) {
			return true
		}
	}
	return false
}

// changed changes a run and the documents that depend on its plan.
func changed(t *testing.T, out string, change func(*suite.Plan)) {
	t.Helper()
	p, err := suite.ReadPlan(out)
	if err != nil {
		t.Fatal(err)
	}
	change(&p)
	if err := suite.WritePlan(out, p); err != nil {
		t.Fatal(err)
	}
	bundletest.Join(t, out)
}

// What another version of tqbench made otherwise isn't called forged, and isn't verified either.
func TestAnotherVersionIsUncheckedWhereItDiffers(t *testing.T) {
	out := bundletest.Run(t, bundletest.Small(1))
	file := bundletest.Bundle(t, out, t.TempDir())
	r, err := fileBy(t.Context(), file, Options{}, "v9.0.0")
	if err != nil || !r.Verified() {
		t.Errorf("where nothing differs: %v %+v", err, r.Findings)
	}
	changed(t, out, func(p *suite.Plan) { p.Scenarios[0].Phases[1].Rate = 7 })
	file = bundletest.Bundle(t, out, t.TempDir())
	if r, err = fileBy(t.Context(), file, Options{}, "v9.0.0"); err != nil || r.Verified() || len(r.Of(Wrong)) > 0 ||
		!found(r, Plan, Unchecked, "made it, and this is v9.0.0, which can't check it") {
		t.Errorf("%v %+v", err, r.Findings)
	}
	if r, err = fileBy(t.Context(), file, Options{}, runner.Version().Version); err != nil || !found(r, Plan, Wrong, "differs in phases from the suite's") {
		t.Errorf("%v %+v", err, r.Findings)
	}
}

// A user's scenario isn't the suite's: that is said, and its order is checked.
func TestAUsersScenarioIsNamed(t *testing.T) {
	out := bundletest.Run(t, bundletest.Small(1))
	p, err := suite.ReadPlan(out)
	if err != nil {
		t.Fatal(err)
	}
	rename := func(s *string) { *s = strings.Replace(*s, "throughput", "mine", 1) }
	rename(&p.Scenarios[0].Name)
	for i := range p.Trials {
		rename(&p.Trials[i].Scenario)
	}
	run, err := results.ReadRun(out)
	for i := range run.Contenders {
		rename(&run.Contenders[i].Scenario)
	}
	if err := errors.Join(err, suite.WritePlan(out, p), results.WriteRun(out, run)); err != nil {
		t.Fatal(err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range trials {
		rename(&x.Scenario)
		if err := results.WriteTrial(results.TrialDir(out, x.ID), x); err != nil {
			t.Fatal(err)
		}
	}
	bundletest.Join(t, out)
	r, err := File(t.Context(), bundletest.Bundle(t, out, t.TempDir()), Options{})
	if err != nil || !r.Verified() || !found(r, Plan, Note, "scenario mine isn't in the suite") {
		t.Errorf("%v %+v", err, r.Findings)
	}
}

// changedTrial is the report of a bundle whose first trial, with its tasks, was changed before it was made.
func changedTrial(t *testing.T, change func(x *results.Trial, rows []results.Task)) Report {
	t.Helper()
	out := bundletest.Run(t, bundletest.Small(1))
	dir := results.TrialDir(out, 1)
	x, err := results.ReadTrial(dir)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := results.ReadTasks(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(&x, rows)
	if err := errors.Join(results.WriteTasks(dir, rows), results.WriteTrial(dir, x)); err != nil {
		t.Fatal(err)
	}
	r, err := File(t.Context(), bundletest.Bundle(t, out, t.TempDir()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Of a host that was lost, it is unknown whether its tasks ran: they are no reason to refuse the run.
func TestARunThatLostAHostVerifies(t *testing.T) {
	r := changedTrial(t, func(x *results.Trial, rows []results.Task) {
		lost := &rows[7]
		lost.Outcome, lost.Attempts, lost.Started, lost.Finished = results.OutcomeUnknown, 0, 0, 0
		x.Accounting = &accounting.Counts{Attempted: x.Sent, Acknowledged: x.Sent, Once: x.Sent - 1, Unrecorded: 1}
		x.Unknown, x.Finished = 1, x.Finished-1
		x.Flags = []results.Flag{{Code: results.FlagUnknown, Metrics: []string{"*"}}, {Code: results.FlagHost, Metrics: []string{"*"}}}
	})
	if !r.Verified() || !found(r, Accounting, Right, "sent = finished + failed + lost + unknown") {
		t.Errorf("%+v", r.Findings)
	}
}

// A run whose time was up lacks its last comparisons, and only those.
func TestARunWhoseTimeWasUp(t *testing.T) {
	for _, tt := range []struct {
		name   string
		within time.Duration
		gone   []int
		refuse string
	}{
		{"the last block", 48 * time.Second, []int{5, 6}, ""},
		{"time was left", time.Hour, []int{5, 6}, "were left, and the next block of throughput on redis takes"},
		{"a block in between", 48 * time.Second, []int{3, 4}, "of a later or the same block is there"},
		{"half a block", 48 * time.Second, []int{6}, "of a later or the same block is there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := bundletest.Small(1)
			f.Blocks, f.Growth = suite.MinBlocks, &suite.Growth{Max: 6, Within: suite.Duration(tt.within)}
			out := bundletest.Run(t, f)
			changed(t, out, func(p *suite.Plan) { *p = p.Looked(1) })
			e, _, err := results.ReadEnd(out)
			e.Why, e.Trials = results.EndTimeOver, nil
			kept, readErr := results.ReadTrials(out)
			err = errors.Join(err, readErr)
			last := len(kept) - 6 // the ids of the table are of the last three blocks
			for _, x := range kept {
				gone := false
				for _, id := range tt.gone {
					gone = gone || x.ID == last+id
				}
				if gone {
					err = errors.Join(err, os.RemoveAll(results.TrialDir(out, x.ID)))
					continue
				}
				e.Trials = append(e.Trials, x.ID)
			}
			if err := errors.Join(err, results.WriteEnd(out, e)); err != nil {
				t.Fatal(err)
			}
			r, err := File(t.Context(), bundletest.Bundle(t, out, t.TempDir()), Options{})
			if err != nil || r.Verified() != (tt.refuse == "") || tt.refuse != "" && !found(r, Trials, Wrong, tt.refuse) {
				t.Errorf("%v %+v", err, r.Findings)
			}
		})
	}
}

// Of all differences, the first figure is named, and never the checksum.
func TestTheFirstDifferenceIsNamed(t *testing.T) {
	for _, tt := range []struct{ have, made, want string }{
		{`{"a":1}`, `{"a":1}`, ""},
		{`{"a":1,"crc32c":"x"}`, `{"a":1,"crc32c":"y"}`, "it has the figures that the records give, written in another way"},
		{`{"a":[1,{"b":2}]}`, `{"a":[1,{"b":3}]}`, "a[1].b is 2, and the records make it 3"},
		{`{"a":[1]}`, `{"a":[1,2]}`, "the length of a is 1, and the records make it 2"},
		{`{"a":[1]}`, `{"a":{}}`, "a is [1], and the records make it {}"},
		{`{"a":1}`, `{}`, "a is 1, and the records make it null"},
		{`{`, `{}`, "it can't be read"},
		{`{"a":1.0000000000000001}`, `{"a":1}`, "a is 1.0000000000000001, and the records make it 1"},
	} {
		if got, same := difference([]byte(tt.have), []byte(tt.made)); got != tt.want || same != (tt.want == "") {
			t.Errorf("%s and %s: %q, want %q", tt.have, tt.made, got, tt.want)
		}
	}
}

// A plan that declares millions of cells takes no time.
func TestAHugePlanIsRefused(t *testing.T) {
	out := bundletest.Run(t, bundletest.Small(1))
	changed(t, out, func(p *suite.Plan) {
		for len(p.Brokers) < 1<<18 {
			p.Brokers = append(p.Brokers, "redis")
		}
	})
	c := checker{Report: &Report{}, dir: out}
	if c.read() || !found(*c.Report, Plan, Wrong, "cells, and 262144 are read") {
		t.Errorf("%+v", c.Findings)
	}
}

func TestAnotherFileIsNoBundle(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := File(t.Context(), file, Options{}); !errors.Is(err, bundle.ErrFormat) || !strings.Contains(err.Error(), file) {
		t.Error(err)
	}
}

// A signature next to a bundle says who made it, if there is a list of signers.
func TestASignedBundleSaysWhoSigned(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	allowed := filepath.Join(dir, "allowed")
	if err := errors.Join(err, os.WriteFile(allowed, append([]byte("alice@example.com "), public...), 0o600)); err != nil {
		t.Fatal(err)
	}
	out := bundletest.Run(t, bundletest.Small(1))
	w, err := bundle.Write(t.Context(), bundle.Options{Out: out, To: dir, Sign: key})
	if err != nil || w.Signature != w.Path+".sig" {
		t.Fatal(w.Signature, err)
	}
	plain := bundletest.Bundle(t, out, filepath.Join(dir, "plain.tar.gz"))
	edited := filepath.Join(dir, "edited.tar.gz")
	data, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := os.ReadFile(w.Signature)
	data[len(data)/2] ^= 1
	if err := errors.Join(err, os.WriteFile(edited, data, 0o600), os.WriteFile(edited+".sig", sig, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file, allowed string
		outcome             Outcome
		says                string
	}{
		{"with a list", w.Path, allowed, Right, "signed by alice@example.com with the ED25519 key SHA256:"},
		{"without a list", w.Path, "", Note, "--allowed-signers FILE says whose it is"},
		{"unsigned", plain, "", Note, "none"},
		{"unsigned, with a list", plain, allowed, Wrong, "there is none"},
		{"of another file", edited, "", Wrong, "bad signature"},
	} {
		r, err := File(t.Context(), tt.file, Options{Allowed: tt.allowed})
		if err != nil || !found(r, Signature, tt.outcome, tt.says) || r.Verified() == (tt.outcome == Wrong) {
			t.Errorf("%s: %v %+v", tt.name, err, r.Findings)
		}
	}
	// The same bundle, written again without a key, has its signature. The signature of another one goes.
	named := filepath.Join(dir, "named.tar.gz")
	if _, err := bundle.Write(t.Context(), bundle.Options{Out: out, To: named, Sign: key}); err != nil {
		t.Fatal(err)
	}
	if again, err := bundle.Write(t.Context(), bundle.Options{Out: out, To: named}); err != nil || again.Signature != named+".sig" {
		t.Errorf("the same again: %q, %v", again.Signature, err)
	}
	other, err := bundle.Write(t.Context(), bundle.Options{Out: bundletest.Run(t, bundletest.Small(2)), To: named})
	if _, gone := os.Stat(named + ".sig"); err != nil || other.Signature != "" || !errors.Is(gone, os.ErrNotExist) {
		t.Errorf("another one: %q, %v, %v", other.Signature, err, gone)
	}
}

// A release that was chosen for a run needs its lock in the bundle.
func TestAChosenReleaseNeedsItsLock(t *testing.T) {
	lock := bundle.File{Path: "locks/rq@2.6/lock.txt"}
	setup := results.Setup{Contender: "rq/fork@2.6", Framework: "rq", Version: "2.6.0"}
	other := setup
	other.Version = "2.7"
	for _, tt := range []struct {
		name    string
		files   []bundle.File
		setup   results.Setup
		sources []suite.Source
		outcome Outcome
		says    string
	}{
		{"locked", []bundle.File{lock}, setup, nil, Note, "was chosen for this run"},
		{"no lock", nil, setup, nil, Wrong, "has no lock"},
		{"another version", []bundle.File{lock}, other, nil, Wrong, "ran rq 2.7"},
		{"of a revision", []bundle.File{lock}, other, []suite.Source{{Framework: "rq", Release: "2.6", Revision: "main"}}, Note, "it was made of main"},
	} {
		c := checker{Report: &Report{Plan: suite.Plan{Sources: tt.sources}}, dir: t.TempDir()}
		c.Bundle.Manifest.Files = tt.files
		c.chosen(workers.Release{Framework: "rq", Package: "rq", Version: "2.6"}, tt.setup)
		if !found(*c.Report, Versions, tt.outcome, tt.says) {
			t.Errorf("%s: %+v", tt.name, c.Findings)
		}
	}
}
