package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/regress/bisect"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/workers"
)

// A branch gets commits while its bisection is interrupted: it continues with those that there were. Another question doesn't.
func TestABisectionContinuesThoughItsRangeHasGrown(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	before := bisect.Bisection{Version: bisect.Version, Steps: []bisect.Step{}, Question: bisect.Question{
		Contender: "rq/fork", Releases: []string{"a", "b", "c"}, FailIf: []string{"throughput < -5%"}, Plan: "p"}}
	if err := bisect.Write(out, before); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		releases []string
		failIf   string
		says     string
		refused  bool
	}{
		"as it was":         {[]string{"a", "b", "c"}, "throughput < -5%", "", false},
		"a commit more":     {[]string{"a", "b", "c", "d"}, "throughput < -5%", "it continues with the 3 releases that there were when it began; there are 4 now", false},
		"one in between":    {[]string{"a", "x", "b", "c"}, "throughput < -5%", "there are 4 now", false},
		"another range":     {[]string{"b", "c", "d", "e"}, "throughput < -5%", "", true},
		"another threshold": {[]string{"a", "b", "c", "d"}, "throughput < -9%", "", true},
	} {
		o := bisectOptions{}
		o.out, o.resume = out, true
		asked := bisect.Bisection{Question: before.Question}
		asked.Releases, asked.FailIf = c.releases, []string{c.failIf}
		for _, r := range c.releases {
			o.candidates = append(o.candidates, workers.Candidate{Name: r, Written: "git@" + r})
		}
		var says bytes.Buffer
		b, err := o.begun(&says, asked)
		if errors.Is(err, runner.ErrInput) != c.refused || (err == nil) == c.refused {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.refused {
			continue
		}
		var names []string
		for _, x := range o.candidates {
			names = append(names, x.Name)
		}
		if !slices.Equal(b.Releases, before.Releases) || !slices.Equal(names, before.Releases) || !strings.Contains(says.String(), c.says) || (c.says == "") != (says.Len() == 0) {
			t.Errorf("%s: releases %v, candidates %v, %q", name, b.Releases, names, &says)
		}
	}
}

// A bisection makes its output folder after it has checked its files: one may be in it. The next thing to be wrong shows that.
func TestABisectionsFileMayBeInItsOutputFolder(t *testing.T) {
	for file, want := range map[string]string{
		"tqbench-bisect/answer.json":    "bisect looks among the releases of a queue",
		"tqbench-bisect/ci/answer.json": "--json tqbench-bisect/ci/answer.json: its folder: no such file or directory",
		"elsewhere/answer.json":         "--json elsewhere/answer.json: its folder: no such file or directory",
	} {
		refusedInOneLine(t, t.TempDir(), want, "bisect", "--app", "celery=shop", "--task", "shop.order", "--fail-if", "throughput < -5%", "--json", file)
	}
}
