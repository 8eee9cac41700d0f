package serve

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
)

// How far to look for runs.
const (
	maxDepth   = 5
	maxFolders = 10_000
	maxRuns    = 2_000
	// maxEntries is how many entries of one folder to read.
	maxEntries = 100_000
)

// runFiles make a folder a run.
var runFiles = []string{"plan.json", "analysis.json"}

// The states of a run.
const (
	// Whole: each planned trial has a result.
	Whole = "whole"
	// GoingOn: a tqbench is at work in its folder.
	GoingOn = "going on"
	// Interrupted: trials are missing, and no tqbench is at work.
	Interrupted = "interrupted"
	// TimeOver: the run ended as its time was over, and the trials that are missing would not have ended in time.
	TimeOver = "time over"
	// Planned: there is a plan and no trial.
	Planned = "planned"
	// Unknown: the files that would say so can't be read.
	Unknown = "unknown"
)

// listVersion is the version of runs.json.
const listVersion = 1

// List is runs.json: the runs below a folder, those that are going on first, then the newest.
type List struct {
	Version int   `json:"version"`
	Runs    []Run `json:"runs"`
	// Left says which folders were not searched.
	Left string `json:"left,omitempty"`
}

// Run is one run as the list shows it.
type Run struct {
	// Path is below the folder; "." is the folder itself. Href is the address of its files, percent-encoded.
	Path string    `json:"path"`
	Href string    `json:"href"`
	ID   string    `json:"id,omitempty"`
	When time.Time `json:"began,omitzero"`
	// State is one of the constants above. Of Planned trials, Done have a result; according to the analysis, NotRun of these only have a
	// reason why they did not run.
	State   string `json:"state"`
	Planned int    `json:"planned"`
	Done    int    `json:"done"`
	NotRun  int    `json:"not_run,omitempty"`
	// Machine is its CPU and their number.
	Machine string `json:"machine,omitempty"`
	Tqbench string `json:"tqbench,omitempty"`
	// Scenarios has each name once if the plan has several points of one.
	Scenarios []string `json:"scenarios"`
	Brokers   []string `json:"brokers"`
	Arms      []string `json:"arms"`
	Verdicts  []Pair   `json:"verdicts"`
	// Analysed says that there is a readable analysis, and so a report.
	Analysed bool `json:"analysed"`
	// Grows says that the run may add blocks to its plan.
	Grows bool `json:"grows,omitempty"`
	// Live is what a run that is going on does now, if it says so. Killed is when a run that was killed wrote that last.
	Live   *results.Live `json:"live,omitempty"`
	Killed time.Time     `json:"killed,omitzero"`
	// Problems are unreadable files, a line each.
	Problems []string `json:"problems,omitempty"`
	// order is when the run began, or was planned.
	order time.Time
	going bool
	// seen is when its live.json was read.
	seen time.Time
}

// Pair counts the deciding verdicts of a candidate and a baseline.
type Pair struct {
	Candidate  string `json:"candidate"`
	Baseline   string `json:"baseline"`
	Better     int    `json:"better"`
	Worse      int    `json:"worse"`
	Equivalent int    `json:"equivalent"`
	Undecided  int    `json:"undecided"`
	NoData     int    `json:"no_data"`
	// BetterHere and WorseHere are how many of these only hold as measured there, in noise.
	BetterHere int `json:"better_here"`
	WorseHere  int `json:"worse_here"`
}

func (p *Pair) count(verdict, grade string) {
	here := 0
	if grade == analysis.GradeHere {
		here = 1
	}
	switch verdict {
	case analysis.Faster:
		p.Better++
		p.BetterHere += here
	case analysis.Slower:
		p.Worse++
		p.WorseHere += here
	case analysis.Equivalent:
		p.Equivalent++
	case analysis.Undecided:
		p.Undecided++
	default:
		p.NoData++
	}
}

// newest orders runs by when they began, the newest first.
func newest(a, b Run) int { return cmp.Or(b.order.Compare(a.order), cmp.Compare(a.Path, b.Path)) }

// analysed are the runs that have an analysis, the newest first, whether one of them goes on or not.
func (s *Server) analysed() []Run {
	all := slices.DeleteFunc(slices.Clone(s.runs().Runs), func(r Run) bool { return !r.Analysed })
	slices.SortStableFunc(all, newest)
	return all
}

// runs are the current runs, or those of a moment ago: frequent requests cost a run no CPU time.
func (s *Server) runs() List {
	s.mu.Lock()
	defer s.mu.Unlock()
	began := time.Now()
	if began.Before(s.until) {
		return s.list
	}
	found, left := s.find()
	l := List{Version: listVersion, Runs: []Run{}, Left: left}
	seen := map[string]bool{}
	for _, name := range found {
		l.Runs = append(l.Runs, s.run(name, seen))
	}
	maps.DeleteFunc(s.cached, func(name string, _ cached) bool { return !seen[name] })
	slices.SortStableFunc(l.Runs, func(a, b Run) int {
		if a.going != b.going {
			if a.going {
				return -1
			}
			return 1
		}
		return newest(a, b)
	})
	s.list = l
	s.until = time.Now().Add(max(s.pause, 5*time.Since(began)))
	return l
}

// find lists the folders with runs. It skips folders within a run's, links, and names that begin with a dot.
func (s *Server) find() (found []string, left string) {
	type place struct {
		name  string
		depth int
	}
	const narrower = "Not all folders were searched: choose one with fewer folders below it."
	queue := []place{{".", 0}}
	for looked := 0; len(queue) > 0; looked++ {
		if looked == maxFolders || len(found) == maxRuns {
			return found, narrower
		}
		at := queue[0]
		queue = queue[1:]
		if s.isRun(at.name) {
			found = append(found, at.name)
			continue
		}
		if at.depth == maxDepth {
			continue
		}
		entries, err := s.entries(at.name)
		if err != nil {
			continue // skip another user's folder
		}
		if len(entries) == maxEntries {
			left = narrower
		}
		for _, e := range entries {
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
				queue = append(queue, place{path.Join(at.name, e.Name()), at.depth + 1})
			}
		}
	}
	return found, left
}

// entries lists a folder, sorted by name.
func (s *Server) entries(name string) ([]fs.DirEntry, error) {
	f, err := s.openFolder(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.ReadDir(maxEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return list, nil
}

// run is a run according to its files.
func (s *Server) run(name string, seen map[string]bool) Run {
	r := Run{}
	problem := func(err error) {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.Problems = append(r.Problems, text.Clean(err.Error(), 300))
		}
	}
	plan := s.load(path.Join(name, "plan.json"), seen, readPlan)
	info := s.load(path.Join(name, "results", "run.json"), seen, readRun)
	a := s.load(path.Join(name, "analysis.json"), seen, readAnalysis)
	switch {
	case a.err == nil:
		r = a.run
		r.Analysed = true
	case info.err == nil:
		r = info.run
	}
	problem(plan.err)
	problem(info.err)
	problem(a.err)
	analysed := r.Done
	r.State = Unknown
	if plan.err == nil {
		p := plan.run
		r.Planned, r.Scenarios, r.Brokers, r.Arms = p.Planned, p.Scenarios, p.Brokers, p.Arms
		done, err := s.done(name)
		problem(err)
		r.Done = done
		r.Grows = plan.grow
		problem(s.follow(&r, name, r.Done < r.Planned || plan.grow || r.NotRun > 0))
		// It is taken away while the run goes on.
		end := s.load(path.Join(name, "results", "end.json"), seen, readEnd)
		problem(end.err)
		r.State = state(r.going, r.Done, r.Planned, end.ended)
		if r.State == Planned && !r.Killed.IsZero() {
			r.State = Interrupted
		}
		if r.Analysed && !r.going {
			id, err := triedAgain(name, a.failed, func(name string) (bool, error) {
				c := s.load(name, seen, readTrial)
				return c.ran, c.err
			})
			problem(err)
			switch {
			case analysed < r.Done:
				r.Problems = append(r.Problems, fmt.Sprintf("its analysis has %d of %d trials: run tqbench analyze", analysed, r.Done))
			case id > 0:
				r.Problems = append(r.Problems, fmt.Sprintf("by its analysis, trial %d did not run, and it has run since: run tqbench analyze", id))
			}
		}
	} else if errors.Is(plan.err, fs.ErrNotExist) && r.Analysed {
		r.State = state(false, r.Done, r.Planned, a.ended)
	}
	r.Path, r.Href = name, href(name)
	r.order = r.When
	if r.order.IsZero() {
		r.order = cmp.Or(plan.mod, a.mod)
	}
	for _, list := range []*[]string{&r.Scenarios, &r.Brokers, &r.Arms} {
		*list = append([]string{}, *list...)
	}
	r.Verdicts = append([]Pair{}, r.Verdicts...)
	return r
}

func state(going bool, done, planned int, ended string) string {
	switch {
	case going:
		return GoingOn
	case done >= planned:
		return Whole
	case ended == results.EndTimeOver:
		return TimeOver
	case done == 0:
		return Planned
	}
	return Interrupted
}

// done counts the trials that have a result.
func (s *Server) done(name string) (int, error) {
	list, err := s.entries(path.Join(name, "results", "trials"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", path.Join(name, "results", "trials"), regular.Bare(err))
	}
	n := 0
	for _, e := range list {
		// A name with a dot is an unfinished trial.
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			n++
		}
	}
	return n, nil
}

func (s *Server) indexJSON(w http.ResponseWriter, r *http.Request) { s.json(w, r, s.runs()) }

// json answers with v, as the commands write it.
func (s *Server) json(w http.ResponseWriter, r *http.Request, v any) {
	var b bytes.Buffer
	if err := atomicfile.JSON(v)(&b); err != nil {
		s.fail(w, r, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b.Bytes())
}
