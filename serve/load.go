package serve

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// cached is a file's content, as long as the file stays the same.
type cached struct {
	size int64
	mod  time.Time
	run  Run
	grow bool
	// ended is why the run ended, one of the words of results.End.
	ended string
	// failed are the trials that did not run by an analysis, and ran is whether a trial has run.
	failed []int
	ran    bool
	err    error
}

// load reads a file of a run, or returns the cached content.
func (s *Server) load(name string, seen map[string]bool, parse func(string, []byte) (cached, error)) cached {
	info, err := s.root.Stat(name)
	if err != nil {
		return cached{err: fmt.Errorf("read %s: %w", name, regular.Bare(err))}
	}
	seen[name] = true
	if c, ok := s.cached[name]; ok && c.size == info.Size() && c.mod.Equal(info.ModTime()) {
		return c
	}
	var c cached
	data, err := s.read(name)
	if err == nil {
		c, err = parse(name, data)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		err = errors.New(text.Clean(err.Error(), lineLimit)) // it may quote the content
	}
	c.size, c.mod, c.err = info.Size(), info.ModTime(), err
	s.cached[name] = c
	return c
}

func readPlan(name string, data []byte) (cached, error) {
	p, err := suite.DecodePlan(name, data)
	r := Run{Planned: len(p.Trials)}
	for _, x := range p.Brokers {
		add(&r.Brokers, x)
	}
	for _, x := range p.Scenarios {
		add(&r.Scenarios, cmp.Or(x.Of, x.Name))
	}
	for _, x := range p.Arms {
		add(&r.Arms, x.Name)
	}
	return cached{run: r, grow: p.Growth != nil}, err
}

// The maximum of names, pairs and failed trials to keep of a run, as long as its files stay the same: others' files may have any number.
const (
	mostNames  = 200
	mostPairs  = 200
	mostFailed = 200
)

// add adds a new entry unless the list is full.
func add(list *[]string, x string) {
	if x = text.Clean(x, nameLimit); len(*list) < mostNames && !slices.Contains(*list, x) {
		*list = append(*list, x)
	}
}

func readRun(name string, data []byte) (cached, error) {
	info, err := results.DecodeRun(name, data)
	return cached{run: described(info)}, err
}

func readEnd(name string, data []byte) (cached, error) {
	e, err := results.DecodeEnd(name, data)
	return cached{ended: e.Why}, err
}

// described is run.json's description of a run.
func described(info results.Run) Run {
	r := Run{ID: text.Clean(info.ID, nameLimit), When: info.Began, Tqbench: text.Clean(info.Tqbench.Version, nameLimit),
		Machine: text.Clean(info.Machine.CPU, nameLimit)}
	if n := info.Machine.CPUs; n > 0 {
		r.Machine = strings.TrimSpace(fmt.Sprintf("%s, %d CPUs", r.Machine, n))
	}
	return r
}

func readAnalysis(name string, data []byte) (cached, error) {
	a, err := analysis.Decode(name, data)
	if err != nil {
		return cached{}, err
	}
	r := described(a.Run)
	r.Planned, r.Done = a.Planned, len(a.Trials)
	for _, t := range a.Trials {
		if !t.Done() {
			r.NotRun++
		}
	}
	for _, x := range a.Scenarios {
		add(&r.Scenarios, cmp.Or(x.Of, x.Name))
	}
	for _, c := range a.Cells {
		add(&r.Brokers, c.Broker)
		add(&r.Arms, c.Arm)
	}
	for _, c := range a.Comparisons {
		if !c.Deciding || c.NotCounted.Differ() {
			continue
		}
		candidate := text.Clean(cmp.Or(c.Candidate.Arm, c.Candidate.Contender), nameLimit)
		baseline := text.Clean(cmp.Or(c.Baseline.Arm, c.Baseline.Contender), nameLimit)
		i := slices.IndexFunc(r.Verdicts, func(p Pair) bool { return p.Candidate == candidate && p.Baseline == baseline })
		if i < 0 {
			if len(r.Verdicts) == mostPairs {
				continue
			}
			i = len(r.Verdicts)
			r.Verdicts = append(r.Verdicts, Pair{Candidate: candidate, Baseline: baseline})
		}
		r.Verdicts[i].count(c.Verdict, c.Grade)
	}
	ids := failed(a)
	return cached{run: r, ended: a.Ended, failed: ids[:min(len(ids), mostFailed)]}, nil
}

func readTrial(name string, data []byte) (cached, error) {
	t, err := results.DecodeTrial(name, data)
	return cached{ran: err == nil && t.Done()}, err
}

// failed are the trials that did not run by an analysis.
func failed(a analysis.Analysis) []int {
	var out []int
	for _, t := range a.Trials {
		if !t.Done() {
			out = append(out, t.ID)
		}
	}
	return out
}

// triedAgain is the first of those trials that has run since, or 0. One that is not there has not: its folder may be about to be replaced. ran
// reads a trial.json.
func triedAgain(run string, failed []int, ran func(name string) (bool, error)) (int, error) {
	for _, id := range failed {
		switch done, err := ran(path.Join(run, filepath.ToSlash(results.TrialDir("", id)), "trial.json")); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return 0, err
		case done:
			return id, nil
		}
	}
	return 0, nil
}
