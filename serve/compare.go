package serve

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
)

// maxThresholds is how many thresholds one comparison may have.
const maxThresholds = 100

// compared compares the two runs in a request, as tqbench compare does from within the folder.
func (s *Server) compared(r *http.Request) (regress.Comparison, error) {
	q := r.URL.Query()
	var thresholds []regress.Threshold
	for _, x := range q["fail-if"] {
		if strings.TrimSpace(x) == "" {
			continue
		}
		t, err := regress.ParseThreshold(x)
		if err != nil {
			return regress.Comparison{}, err
		}
		if thresholds = append(thresholds, t); len(thresholds) > maxThresholds {
			return regress.Comparison{}, fmt.Errorf("%w: more than %d thresholds", regress.ErrThreshold, maxThresholds)
		}
	}
	var runs [2]*regress.Run
	for i, side := range []string{"old", "new"} {
		run, err := s.chosen(q.Get(side))
		if err != nil {
			return regress.Comparison{}, fmt.Errorf("the %s run: %w", side, err)
		}
		runs[i] = run
	}
	// The page says that one run a side shows nothing of how much runs differ.
	return regress.Compare(regress.Sides{Old: runs[:1], New: runs[1:], Anyway: true}, thresholds)
}

// chosen reads a run by its path below the folder, percent-encoded as in an address, as a form would change a line break.
func (s *Server) chosen(encoded string) (*regress.Run, error) {
	name, err := url.PathUnescape(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", regress.ErrInput, err)
	}
	if name == "." {
		name = ""
	}
	run, rest, ok := s.inRun(name)
	if !ok || rest != "" {
		return nil, fmt.Errorf("%w: there is no run in %q", regress.ErrInput, name)
	}
	a, err := s.analysis(run, analysis.DecodeTrials)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", regress.ErrInput, err)
	}
	switch n, err := s.done(run); {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", regress.ErrInput, err)
	case n > 0 && n != len(a.Trials):
		return nil, fmt.Errorf("%w: the analysis in %q is of %d trials, and the results next to it have %d: run tqbench analyze", regress.ErrInput, name, len(a.Trials), n)
	}
	id, err := triedAgain(run, failed(a), func(name string) (bool, error) {
		data, err := s.read(name)
		if err != nil {
			return false, err
		}
		t, err := results.DecodeTrial(name, data)
		return t.Done(), err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", regress.ErrInput, err)
	case id > 0:
		return nil, fmt.Errorf("%w: by the analysis in %q, trial %d did not run, and it has run since: run tqbench analyze", regress.ErrInput, name, id)
	}
	return regress.FromAnalysis(run, a)
}

// compareStatus is the HTTP status for an error of a comparison.
func compareStatus(err error) int {
	if errors.Is(err, regress.ErrInput) || errors.Is(err, regress.ErrThreshold) {
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

func (s *Server) compareJSON(w http.ResponseWriter, r *http.Request) {
	w, done, ok := s.turn(w, r)
	if !ok {
		return
	}
	defer done()
	c, err := s.compared(r)
	if err != nil {
		s.fail(w, r, compareStatus(err), err.Error())
		return
	}
	s.json(w, r, c)
}

func (s *Server) compare(w http.ResponseWriter, r *http.Request) {
	w, done, ok := s.turn(w, r)
	if !ok {
		return
	}
	defer done()
	c, err := s.compared(r)
	if err != nil {
		s.fail(w, r, compareStatus(err), err.Error())
		return
	}
	s.page(w, r, http.StatusOK, "compare", comparePage{
		CompareTable: report.NewCompareTable(c), Query: template.URL(r.URL.Query().Encode()), Choice: s.choice(r.URL.Query()),
		OldHref: href(c.Old[0].Path) + "/report/index.html", NewHref: href(c.New[0].Path) + "/report/index.html",
	})
}
