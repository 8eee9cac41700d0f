package site

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

//go:embed templates
var templates embed.FS

// PageName is the site's page. It is a whole site: its styles and its script are in it.
const PageName = "index.html"

// title is the page's, by which an earlier site is known. It is within the first titleWithin bytes.
const (
	title       = "Results of tqbench"
	titleWithin = 4096
)

// Write writes the site of a folder of bundles into another folder, which is replaced if it is an earlier site.
func Write(ctx context.Context, o Options, out string) (Site, error) {
	if err := ours(out); err != nil {
		return Site{}, err
	}
	s, err := Read(ctx, o)
	if err != nil {
		return s, err
	}
	page, err := s.Page()
	if err != nil {
		return s, err
	}
	return s, atomicfile.WriteFolder(filepath.Clean(out), func(dir string) error {
		return os.WriteFile(filepath.Join(dir, PageName), page, 0o644)
	})
}

// ours refuses a folder that has something else than a site.
func ours(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	for _, e := range entries {
		if e.Name() != PageName || !isSite(filepath.Join(out, PageName)) {
			return fmt.Errorf("%w: %s has files that are not ours (%s): choose another folder with --out", ErrInput, out, text.Clean(e.Name(), 100))
		}
	}
	return nil
}

// isSite reports whether a file is a page that Write made: others have pages of that name, too. What can't be read isn't one.
func isSite(path string) bool {
	f, err := regular.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	begin, err := io.ReadAll(io.LimitReader(f, titleWithin))
	return err == nil && bytes.Contains(begin, []byte("<title>"+title+"</title>"))
}

// page is what the template shows.
type page struct {
	Site
	Queues, Brokers, Loads, Metrics []string
	Style                           template.CSS
	Policy, Script                  template.HTML
}

// Page is the site's page.
func (s Site) Page() ([]byte, error) {
	style, err := report.Style()
	if err != nil {
		return nil, err
	}
	own, err := templates.ReadFile("templates/site.css")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	script, err := templates.ReadFile("templates/site.js")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	sum := sha256.Sum256(script)
	p := page{Site: s, Style: template.CSS(slices.Concat(style, own)), Script: template.HTML("<script>" + string(script) + "</script>"),
		Policy: template.HTML(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-` +
			base64.StdEncoding.EncodeToString(sum[:]) + `'">`)}
	for _, c := range s.Cells {
		p.Queues = append(p.Queues, c.Baseline, c.Candidate)
		p.Brokers = append(p.Brokers, c.Broker)
		p.Loads = append(p.Loads, c.Scenario)
		p.Metrics = append(p.Metrics, c.MetricTitle)
	}
	for _, list := range []*[]string{&p.Queues, &p.Brokers, &p.Loads, &p.Metrics} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	t, err := template.New("site.tmpl").Funcs(template.FuncMap{
		"title":   func() string { return title },
		"name":    view.Name,
		"word":    view.VerdictWord,
		"verdict": view.VerdictSentence,
		"line":    func(s string) string { return text.Clean(s, lineLimit) },
		"num":     number.Short,
		"span":    number.Span,
		"percent": number.Percent,
		"plural":  number.Plural,
		"short":   func(sum string) string { return sum[:min(len(sum), shortSum)] },
		"day":     func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		"list":    func(all []string) string { return text.Clean(strings.Join(all, "; "), lineLimit) },
		"add":     func(a, b int) int { return a + b },
		"tiers":   func() []Tier { return []Tier{SelfReported, Verified, Reproduced} },
	}).ParseFS(templates, "templates/site.tmpl")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}

// How much of others' strings, and of a sum, is shown.
const (
	lineLimit = 600
	shortSum  = 16
)
