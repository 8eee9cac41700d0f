package bisect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
)

// releases are named 0, 1, and so on.
func releases(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// measured is a bisection of n releases of which the one with the number bad is the first to fail. Others have the outcomes given.
func measured(t *testing.T, n, bad int, others map[int]string) Bisection {
	t.Helper()
	b := Bisection{Version: Version, Question: Question{Contender: "rq", Releases: releases(n)}}
	kept := 0
	err := b.Search(t.Context(), func(_ context.Context, r string) (Step, error) {
		i := slices.Index(b.Releases, r)
		outcome, given := others[i]
		switch {
		case given:
		case i >= bad:
			outcome = regress.Fails
		default:
			outcome = regress.Passes
		}
		return Step{Release: r, Outcome: outcome}, nil
	}, func(now Bisection) error {
		kept = len(now.Steps)
		return nil
	})
	if err != nil || kept != len(b.Steps) {
		t.Fatalf("%v, %d of %d steps kept", err, kept, len(b.Steps))
	}
	return b
}

// Whichever release it is, it is found in as many steps as halving takes, and the bad end.
func TestTheFirstBadReleaseIsFound(t *testing.T) {
	t.Parallel()
	for n := 2; n < 70; n++ {
		for bad := 1; bad < n; bad++ {
			b := measured(t, n, bad, nil)
			if b.Outcome != Found || b.First != fmt.Sprint(bad) || b.After != fmt.Sprint(bad-1) || len(b.Between) != 0 || len(b.Steps) > Steps(n) {
				t.Fatalf("%d of %d: %s, after %s, first %s, %d steps", bad, n, b.Outcome, b.After, b.First, len(b.Steps))
			}
		}
	}
}

func TestStepsWithoutAnAnswerLeaveARange(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bad     int
		others  map[int]string
		outcome string
		after   string
		between []string
		first   string
	}{
		"the middle can't tell":      {8, map[int]string{4: regress.CantTell}, Found, "7", nil, "8"},
		"one next to it":             {5, map[int]string{4: regress.CantTell}, Range, "3", []string{"4"}, "5"},
		"some don't run":             {6, map[int]string{5: Unusable, 4: gate.Spoiled}, Range, "3", []string{"4", "5"}, "6"},
		"none in between tells":      {8, map[int]string{1: Unusable, 2: Unusable, 3: Unusable, 4: Unusable, 5: Unusable, 6: Unusable, 7: Unusable}, Range, "0", releases(8)[1:], "8"},
		"the bad end is as the good": {9, nil, Unchanged, "", nil, ""},
		"the bad end can't tell":     {9, map[int]string{8: regress.CantTell}, Undecided, "", nil, ""},
		"the bad end is spoiled":     {9, map[int]string{8: gate.Spoiled}, Undecided, "", nil, ""},
		"a change back":              {9, map[int]string{8: regress.Fails}, Found, "7", nil, "8"},
	} {
		b := measured(t, 9, test.bad, test.others)
		if b.Outcome != test.outcome || b.After != test.after || b.First != test.first || !slices.Equal(b.Between, test.between) {
			t.Errorf("%s: %s, after %q, between %q, first %q", name, b.Outcome, b.After, b.Between, b.First)
		}
		seen := map[string]bool{}
		for _, s := range b.Steps {
			if seen[s.Release] || s.Release == "0" {
				t.Errorf("%s: release %s is measured twice, or is the good end", name, s.Release)
			}
			seen[s.Release] = true
		}
	}
}

// An interrupted bisection continues with the step that is missing.
func TestABisectionContinuesWhereItEnded(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if Exists(out) {
		t.Error("an empty folder has a bisection")
	}
	whole := measured(t, 20, 13, nil)
	b := Bisection{Version: Version, Question: whole.Question}
	errStopped := errors.New("stopped")
	for ran := 0; ; {
		err := b.Search(t.Context(), func(_ context.Context, r string) (Step, error) {
			if ran++; ran%3 == 0 {
				return Step{}, errStopped
			}
			s, ok := whole.StepOf(r)
			if !ok {
				t.Fatalf("a step for %s, which the whole bisection lacks", r)
			}
			return s, nil
		}, func(now Bisection) error { return Write(out, now) })
		if err == nil {
			break
		}
		if !errors.Is(err, errStopped) {
			t.Fatal(err)
		}
		if b, err = Read(out); err != nil || !b.Same(whole.Question) {
			t.Fatal(err)
		}
	}
	if b.First != "13" || len(b.Steps) != len(whole.Steps) || !Exists(out) {
		t.Errorf("%+v", b)
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", "{", `{"version": 1}`, `{"version": 9, "releases": ["1", "2"]}`} {
		out := t.TempDir()
		if err := os.WriteFile(Path(out), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(out); !errors.Is(err, regress.ErrInput) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
