package serve

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report"
)

// mostHistory is how many of the newest runs the history shows: each is decoded for it.
const mostHistory = 200

// trend follows the newest analysed runs, as tqbench trend does. What can't be read is named.
func (s *Server) trend() (regress.Trend, error) {
	var runs []*regress.Run
	var leftOut []regress.LeftOut
	for _, r := range s.analysed() {
		if len(runs) == mostHistory {
			break
		}
		run, err := s.chosen((&url.URL{Path: r.Path}).EscapedPath())
		if err != nil {
			leftOut = append(leftOut, regress.LeftOut{Path: r.Path, Why: err.Error()})
			continue
		}
		runs = append(runs, run)
	}
	h := regress.NewHistory(runs)
	h.LeftOut = append(leftOut, h.LeftOut...)
	return regress.NewTrend(h, regress.Options{Level: regress.DefaultLevel, New: 1})
}

// history shows the runs as lines, with what changed surely.
func (s *Server) history(w http.ResponseWriter, r *http.Request) {
	w, done, ok := s.turn(w, r)
	if !ok {
		return
	}
	defer done()
	t, err := s.trend()
	if err != nil {
		s.fail(w, r, compareStatus(err), err.Error())
		return
	}
	var b bytes.Buffer
	if err := report.TrendBody(&b, t); err != nil {
		s.fail(w, r, http.StatusInternalServerError, err.Error())
		return
	}
	s.page(w, r, http.StatusOK, "history", template.HTML(b.String()))
}
