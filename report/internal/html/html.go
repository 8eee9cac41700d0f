// Package html writes a report as one page that asks for nothing from elsewhere.
package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

//go:embed templates
var templates embed.FS

// Fit writes the page. It is one file that asks for nothing from elsewhere, so it can be mailed, archived and opened from
// disk; all escaping is html/template's. It runs the scripts that it holds and no other: its content policy names them by
// their sums. Where it would grow too large to mail, its parts are packed, and then detail is left out, which the page says; the second
// result is then the page with everything.
func Fit(r *view.Report, profiles []Profiled, limit int) (page, whole []byte, err error) {
	for d := everything; ; d++ {
		page, err = renderPage(r, profiles, d, limit)
		switch {
		case err != nil:
			return nil, nil, err
		case len(page) <= limit || d == noRows:
			return page, whole, nil
		case d == everything:
			whole = page
		}
	}
}

// renderPage writes a page of one detail, and packs it where it would have more than packAbove bytes.
func renderPage(r *view.Report, profiles []Profiled, d detail, packAbove int) ([]byte, error) {
	p := newPage(r, d)
	p.Profiles = profiles
	t, err := parseTemplates(&p)
	if err != nil {
		return nil, err
	}
	if p.Parts, err = partsOf(t, p); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	if err := p.embed(d); err != nil {
		return nil, err
	}
	execute := func() ([]byte, error) {
		var b bytes.Buffer
		if err := t.Execute(&b, p); err != nil {
			return nil, fmt.Errorf("page: %w", err)
		}
		return b.Bytes(), nil
	}
	size := 0
	for _, x := range p.Parts {
		size += len(x.Whole)
	}
	if size <= packAbove { // else the page is larger, too
		page, err := execute()
		if err != nil || len(page) <= packAbove {
			return page, err
		}
	}
	if p.Packed, err = pack(p.Parts); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return execute()
}

func parseTemplates(p *page) (*template.Template, error) {
	known, d := p.Products, p.detail
	t, err := template.New("page.tmpl").Funcs(template.FuncMap{
		"num":       func(v float64) template.HTML { return numHTML(v, d.digits()) },
		"span":      func(low, high float64) template.HTML { return spanHTML(low, high, d.digits()) },
		"cells":     func(values []*float64) template.HTML { return cellsHTML(values, d.digits()) },
		"count":     number.Count,
		"countInt":  func(n int) string { return number.Count(int64(n)) },
		"percent":   number.Percent,
		"p":         number.P,
		"raw":       func(v float64) string { return number.Digits(v, d.digits()) },
		"exact":     number.Exact,
		"shown":     view.Shown,
		"spoiled":   view.Spoiled,
		"name":      view.Name,
		"sentence":  view.Sentence,
		"claimed":   view.ClaimedWords,
		"became":    view.ClaimSentence,
		"paragraph": view.Paragraph,
		"command":   func(args []string) string { return text.Clean(shell.Join(args), view.CommandLimit) },
		"line":      func(s string) string { return text.Clean(s, view.CommandLimit) },
		"advice":    view.Advice,
		"signed":    view.Signed,
		"ms":        func(seconds float64) string { return number.Short(1000*seconds) + " ms" },
		"off":       func(estimated, measured float64) string { return view.Signed(100 * (estimated/measured - 1)) },
		"upper":     text.Upper,
		"load":      known.Load,
		"product":   func(broker string) string { return view.Name(known.Name(broker)) },
		"full":      func(broker string) string { return view.Name(known.Full(broker)) },
		"slashed":   slashed,
		"crowded":   crowded,
		"allRanked": func(list []view.Standings) bool {
			return !slices.ContainsFunc(list, func(s view.Standings) bool { return !s.Ranked })
		},
		"tags":    p.tags.Of,
		"cpu":     view.CPUShare,
		"bars":    func(id string) template.HTML { return p.drawings.bars[id] },
		"drawn":   func(id string) template.HTML { return p.drawings.sweeps[id] },
		"figures": func(id string) []figure { return p.drawings.figures[id] },
		"behind":  p.behind,
		"numbers": d.shows,
		"add":     func(a, b int) int { return a + b },
	}).ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return t, nil
}

// embed puts in the style and the scripts, with the policy that lets them and nothing else run.
func (p *page) embed(d detail) error {
	files := map[string]string{}
	for _, name := range []string{"style.css", "page.js", "vendor/uPlot.iife.min.js", "vendor/uPlot.min.css", "vendor/uPlot.LICENSE"} {
		data, err := templates.ReadFile("templates/" + name)
		if err != nil {
			return fmt.Errorf("templates: %w", err)
		}
		files[name] = string(data)
	}
	style, scripts := files["style.css"], []string{files["page.js"]}
	if d == everything && p.zooms() {
		style += files["vendor/uPlot.min.css"]
		// Its licence asks to be in every copy, and a page is one.
		scripts = []string{"/*!\n" + files["vendor/uPlot.LICENSE"] + "\n*/\n" + files["vendor/uPlot.iife.min.js"], files["page.js"]}
	}
	p.Style = template.CSS(style)
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'; script-src"
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		policy += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		p.Scripts += template.HTML("<script>" + s + "</script>\n")
	}
	p.Policy = template.HTML(`<meta http-equiv="Content-Security-Policy" content="` + policy + `">`)
	return nil
}

// zooms tells whether any part has a curve that can be zoomed.
func (p *page) zooms() bool {
	for _, x := range p.Parts {
		if strings.Contains(string(x.Whole), zoomOpen) {
			return true
		}
	}
	return false
}

// crowded tells whether tables are too long to be open.
func crowded(list []view.Standings) bool {
	rows := 0
	for _, s := range list {
		rows += len(s.Rows)
	}
	return rows > 4
}

// slashed lets a name go on in another line behind its slashes, where a telephone has no room for all of it.
func slashed(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "/", "/<wbr/>"))
}

// numHTML is a rounded figure with one of that many digits in it, for a pointer that rests on it and for programs. Both
// are digits that this package wrote, so there is nothing to escape.
func numHTML(v float64, digits int) template.HTML {
	return template.HTML(`<span title="` + number.Digits(v, digits) + `">` + number.Short(v) + `</span>`)
}

// spanHTML is an interval of two such figures, in words where an end is as good as none.
func spanHTML(low, high float64, digits int) template.HTML {
	return template.HTML(text.Span(low, high, func(v float64) string { return string(numHTML(v, digits)) }))
}

// cellsHTML are the cells of a row of such figures; nil is one that isn't there. Asked for one by one, they would take a large
// part of the time that a page does.
func cellsHTML(values []*float64, digits int) template.HTML {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(`<td class="n">`)
		if v == nil {
			b.WriteByte('-')
		} else {
			b.WriteString(string(numHTML(*v, digits)))
		}
		b.WriteString(`</td>`)
	}
	return template.HTML(b.String())
}

// Style is the style sheet of the report, for pages that are to look like it.
func Style() ([]byte, error) {
	data, err := templates.ReadFile("templates/style.css")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return data, nil
}
