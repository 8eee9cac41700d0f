package serve

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report"
)

//go:embed templates
var embedded embed.FS

// pages are the templates and their functions.
type pages struct {
	templates           *template.Template
	style, script, live []byte
}

// How much of others' strings to show.
const (
	nameLimit = 120
	lineLimit = 600
)

func newPages() (*pages, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"name":  func(s string) string { return text.Clean(s, nameLimit) },
		"line":  func(s string) string { return text.Clean(s, lineLimit) },
		"list":  func(all []string) string { return text.Clean(strings.Join(all, ", "), nameLimit) },
		"upper": text.Upper,
		"utc":   utc,
		"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"live":  liveHref, "rate": rate, "latency": latency, "percent": percent, "times": text.Times,
		"interval": func(low, high float64) string { return text.Span(low, high, text.Times) },
	}).ParseFS(embedded, "templates/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	p := &pages{templates: t}
	if p.style, err = report.Style(); err != nil {
		return nil, err
	}
	own, err := embedded.ReadFile("templates/serve.css")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	p.style = slices.Concat(p.style, own)
	if p.script, err = embedded.ReadFile("templates/serve.js"); err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if p.live, err = embedded.ReadFile("templates/live.js"); err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return p, nil
}

func utc(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04") + " UTC" }

// page answers with a page, complete or not at all.
func (s *Server) page(w http.ResponseWriter, _ *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.templates.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, text.Clean(err.Error(), lineLimit), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// fail answers with one line.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int, line string) {
	s.page(w, r, status, "fail", struct{ Title, Line string }{http.StatusText(status), line})
}

// indexPage is the list of runs.
type indexPage struct {
	List
	Folder string
	Choice choice
	// Going is how many runs are under way.
	Going int
	// Refresh is after how many seconds a browser without scripts reloads; 0 for never.
	Refresh int
}

// choice is the form to choose two runs.
type choice struct {
	Runs     []option
	Old, New string
	FailIf   string
}

// option is a run that can be chosen.
type option struct{ Value, Text string }

// choice offers the runs that have an analysis: by default, the newest with the one before.
func (s *Server) choice(q url.Values) choice {
	c := choice{Old: q.Get("old"), New: q.Get("new"), FailIf: q.Get("fail-if")}
	for _, r := range s.analysed() {
		o := option{Value: (&url.URL{Path: r.Path}).EscapedPath(), Text: text.Clean(r.Path, nameLimit)}
		if !r.When.IsZero() {
			o.Text += r.When.UTC().Format(" (2006-01-02 15:04 UTC)")
		}
		c.Runs = append(c.Runs, o)
	}
	if len(c.Runs) > 1 {
		c.New, c.Old = cmp.Or(c.New, c.Runs[0].Value), cmp.Or(c.Old, c.Runs[1].Value)
	}
	return c
}

// How often a page without scripts is reloaded: a run's live page, the list with a run under way, and both without.
const (
	refreshLive  = 2
	refreshGoing = 5
	refreshIdle  = 60
)

func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	p := indexPage{List: s.runs(), Folder: s.folder, Choice: s.choice(r.URL.Query()), Refresh: refreshIdle}
	for _, x := range p.Runs {
		if x.State == GoingOn {
			p.Going++
			p.Refresh = refreshGoing
		}
	}
	if r.URL.Query().Get("refresh") == "off" {
		p.Refresh = 0
	}
	s.page(w, r, http.StatusOK, "index", p)
}

// comparePage is a comparison.
type comparePage struct {
	report.CompareTable
	Query            template.URL
	OldHref, NewHref string
	Choice           choice
}

// Outcome is a threshold's class: one that fails has the baseline's colour, as the old run is the baseline.
func (comparePage) Outcome(d report.DecisionRow) string {
	switch d.Outcome {
	case regress.Passes:
		return "cand"
	case regress.Fails:
		return "base"
	}
	return "none"
}

// folderPage lists a folder of a run.
func (s *Server) folderPage(w http.ResponseWriter, r *http.Request, f *os.File, run, rest string) {
	list, err := f.ReadDir(maxEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		s.fail(w, r, http.StatusInternalServerError, regular.Bare(err).Error())
		return
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	type entry struct {
		Name, Href string
		Size       int64
		Folder     bool
	}
	p := struct {
		Path, Run, Up string
		Entries       []entry
	}{Path: path.Join(run, rest), Run: run, Up: "/"}
	if rest != "" {
		p.Up = href(path.Join(run, path.Dir(rest)))
	}
	for _, e := range list {
		name := path.Join(rest, e.Name())
		info, err := e.Info()
		if err != nil || !output(name) || !e.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		x := entry{Name: e.Name(), Href: href(path.Join(run, name)), Size: info.Size(), Folder: e.IsDir()}
		if x.Folder {
			x.Href += "/"
		}
		p.Entries = append(p.Entries, x)
	}
	s.page(w, r, http.StatusOK, "folder", p)
}
