package site_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/bundle/bundletest"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/site"
	"github.com/tqbench/tqbench/results"
)

// planted is a bundle that a test makes up.
type planted struct {
	name, signer, cpu string
	// seed makes the records: two of one seed have the same.
	seed uint64
	// drain is how fast the candidate is.
	drain float64
}

// plant writes bundles into a folder, signed by keys of their signers, and returns the list of these.
func plant(t *testing.T, dir string, all []planted) (allowed string) {
	t.Helper()
	keys := t.TempDir()
	allowed = filepath.Join(keys, "allowed")
	var list strings.Builder
	have := map[string]bool{}
	for _, p := range all {
		f := bundletest.Small(p.seed)
		f.Blocks = 6
		f.Side = func(name, _ string) madeup.Side {
			if name == "rq/fork" {
				return madeup.Side{Drain: p.drain}
			}
			return madeup.Side{}
		}
		out := bundletest.Run(t, f)
		run, err := results.ReadRun(out)
		run.ID, run.Machine.CPU, run.Machine.CPUs = p.name, p.cpu, 4
		if err := errors.Join(err, results.WriteRun(out, run)); err != nil {
			t.Fatal(err)
		}
		bundletest.Join(t, out)
		o := bundle.Options{Out: out, To: filepath.Join(dir, p.name+".tar.gz")}
		if p.signer != "" {
			o.Sign = filepath.Join(keys, p.signer)
		}
		if p.signer != "" && !have[p.signer] {
			have[p.signer] = true
			if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", o.Sign).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			public, err := os.ReadFile(o.Sign + ".pub")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&list, "%s@example.com %s", p.signer, public)
		}
		if _, err := bundle.Write(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(allowed, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return allowed
}

// cell is the site's row of a metric.
func cell(t *testing.T, s site.Site, metric string) site.Cell {
	t.Helper()
	for _, c := range s.Cells {
		if c.Metric == metric {
			return c
		}
	}
	t.Fatalf("no %s in %+v", metric, s.Cells)
	return site.Cell{}
}

// tiers are the tiers of a cell's results, by file.
func tiers(c site.Cell) map[string]site.Tier {
	out := map[string]site.Tier{}
	for _, r := range c.Results {
		out[r.Entry.File] = r.Tier
	}
	return out
}

// What two signers measured alike on like machines is reproduced; one's own repetition, another machine's or another figure isn't.
func TestTiersAndDisagreement(t *testing.T) {
	for _, tt := range []struct {
		name      string
		all       []planted
		want      map[string]site.Tier
		machines  int
		disagree  bool
		withLists bool
	}{
		{"another signer", []planted{{"a", "alice", "X", 1, 1.5}, {"b", "bob", "X", 1, 1.5}}, map[string]site.Tier{"a.tar.gz": site.Reproduced, "b.tar.gz": site.Reproduced}, 2, false, true},
		{"no list", []planted{{"a", "alice", "X", 1, 1.5}, {"b", "bob", "X", 2, 1.5}}, map[string]site.Tier{"a.tar.gz": site.Verified, "b.tar.gz": site.Verified}, 1, false, false},
		{"the same signer", []planted{{"a", "alice", "X", 1, 1.5}, {"b", "alice", "X", 2, 1.5}}, map[string]site.Tier{"a.tar.gz": site.Verified, "b.tar.gz": site.Verified}, 1, false, true},
		{"another machine that disagrees", []planted{{"a", "alice", "X", 1, 1.5}, {"b", "bob", "Y", 2, 3}}, map[string]site.Tier{"a.tar.gz": site.Verified, "b.tar.gz": site.Verified}, 2, true, true},
		{"a like machine that disagrees", []planted{{"a", "alice", "X", 1, 1.5}, {"b", "bob", "X", 2, 3}}, map[string]site.Tier{"a.tar.gz": site.Verified, "b.tar.gz": site.Verified}, 2, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			allowed := plant(t, dir, tt.all)
			if !tt.withLists {
				allowed = ""
			}
			s, err := site.Read(t.Context(), site.Options{Folder: dir, Allowed: allowed})
			if err != nil || len(s.LeftOut) > 0 {
				t.Fatal(s.LeftOut, err)
			}
			c := cell(t, s, "throughput")
			if got := tiers(c); fmt.Sprint(got) != fmt.Sprint(tt.want) || c.Machines != tt.machines || c.Disagree != tt.disagree {
				t.Errorf("%v of %d machines, disagree %v: %+v", got, c.Machines, c.Disagree, c.Pooled)
			}
			page, err := s.Page()
			if err != nil {
				t.Fatal(err)
			}
			if shown := strings.Contains(string(page), "the machines disagree: "); shown != tt.disagree {
				t.Errorf("the page says that they disagree: %v", shown)
			}
		})
	}
}

// Of two bundles of a run, an allowed signer's counts, wherever it is.
func TestOfOneRunTheMostTrustedBundleIsShown(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"a", "b", "c"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	plant(t, filepath.Join(dir, "a"), []planted{{"run", "stranger", "X", 1, 1.5}})
	allowed := plant(t, filepath.Join(dir, "b"), []planted{{"run", "ann", "X", 2, 2}})
	plant(t, filepath.Join(dir, "c"), []planted{{"run", "", "X", 3, 2}})
	s, err := site.Read(t.Context(), site.Options{Folder: dir, Allowed: allowed})
	if err != nil || len(s.Entries) != 1 || s.Entries[0].File != "b/run.tar.gz" || s.Entries[0].Signer != "ann@example.com" {
		t.Fatalf("%+v %v", s, err)
	}
	for i, want := range []site.LeftOut{{File: "a/run.tar.gz", Why: "it is of the same run as b/run.tar.gz"}, {File: "c/run.tar.gz", Why: "it is of the same run as b/run.tar.gz"}} {
		if len(s.LeftOut) != 2 || s.LeftOut[i] != want {
			t.Errorf("left out %+v, want %+v", s.LeftOut, want)
		}
	}
	if got := cell(t, s, "throughput"); len(got.Results) != 1 || got.Results[0].Entry != s.Entries[0] {
		t.Errorf("%+v", got.Results)
	}
}

// What is refused is named and on no row, and a run that is there twice counts once.
func TestRefusedBundlesAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, []planted{{"a", "", "X", 1, 1.5}})
	data, err := os.ReadFile(filepath.Join(dir, "a.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	edited := append(data[:len(data):len(data)], 0)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "b"), 0o755), os.WriteFile(filepath.Join(dir, "b", "again.tar.gz"), data, 0o600),
		os.WriteFile(filepath.Join(dir, "c.tar.gz"), edited, 0o600), os.WriteFile(filepath.Join(dir, "d.tar.gz"), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "pages")
	for range 2 { // the second replaces the first
		s, err := site.Write(t.Context(), site.Options{Folder: dir}, out)
		if err != nil || len(s.Entries) != 1 || len(s.LeftOut) != 3 {
			t.Fatalf("%+v %v", s, err)
		}
		for i, want := range []string{"it is the same as a.tar.gz", "files: damaged or changed: more data follows the archive", "it isn't a bundle"} {
			if s.LeftOut[i].Why != want {
				t.Errorf("%q, want %q", s.LeftOut[i].Why, want)
			}
		}
	}
	page, err := os.ReadFile(filepath.Join(out, site.PageName))
	if err != nil {
		t.Fatal(err)
	}
	pagetest.Harmless(t, site.PageName, page)
	d := pagetest.Parse(t, string(page))
	for _, l := range d.Links {
		if !strings.HasPrefix(l, "#") && l != "data:," {
			t.Errorf("it leads to %s", l)
		}
	}
	if err := os.WriteFile(filepath.Join(out, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := site.Write(t.Context(), site.Options{Folder: dir}, out); !errors.Is(err, site.ErrInput) {
		t.Errorf("over a user's file: %v", err)
	}
	if _, err := site.Write(t.Context(), site.Options{Folder: t.TempDir()}, filepath.Join(t.TempDir(), "none")); !errors.Is(err, site.ErrInput) {
		t.Errorf("without a bundle: %v", err)
	}
}

// A page of another's has the same name as a site's, and stays.
func TestAnothersPageIsKept(t *testing.T) {
	for name, content := range map[string]string{"a page": "<!DOCTYPE html><title>My notes on the results of tqbench</title>", "an empty file": ""} {
		out := t.TempDir()
		page := filepath.Join(out, site.PageName)
		if err := os.WriteFile(page, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := site.Write(t.Context(), site.Options{Folder: t.TempDir()}, out); !errors.Is(err, site.ErrInput) || !strings.Contains(err.Error(), "not ours") {
			t.Errorf("over %s: %v", name, err)
		}
		if got, err := os.ReadFile(page); err != nil || string(got) != content {
			t.Errorf("%s is %q: %v", name, got, err)
		}
	}
}
