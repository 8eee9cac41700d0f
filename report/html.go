package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
)

//go:embed templates
var templates embed.FS

// writeHTML writes the page. It is one file that asks for nothing from elsewhere and runs no script, so it can be
// mailed, archived and opened from disk; all escaping is html/template's.
func writeHTML(w io.Writer, a analysis.Analysis, profiles []profiled) error {
	known := productsOf(a)
	t, err := template.New("page.tmpl").Funcs(template.FuncMap{
		"num":       numHTML,
		"count":     number.Count,
		"countInt":  func(n int) string { return number.Count(int64(n)) },
		"percent":   number.Percent,
		"p":         number.P,
		"raw":       number.Raw,
		"exact":     number.Exact,
		"name":      name,
		"sentence":  sentence,
		"claimed":   claimedWords,
		"paragraph": paragraph,
		"command":   func(args []string) string { return text.Clean(shell.Join(args), commandLimit) },
		"line":      func(s string) string { return text.Clean(s, commandLimit) },
		"advice":    advice,
		"signed":    signed,
		"ms":        func(seconds float64) string { return number.Short(1000*seconds) + " ms" },
		"off":       func(estimated, measured float64) string { return signed(100 * (estimated/measured - 1)) },
		"upper":     text.Upper,
		"product":   func(broker string) string { return name(known.name(broker)) },
		"full":      func(broker string) string { return name(known.full(broker)) },
	}).ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	style, err := templates.ReadFile("templates/style.css")
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	p := newPage(a)
	p.Profiles = profiles
	p.Style = template.CSS(style)
	// Rendered apart from w, so that a template's error leaves nothing half-written.
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// numHTML is a rounded figure with the unrounded one in it, for a pointer that rests on it and for programs. Both are
// digits that this package wrote, so there is nothing to escape.
func numHTML(v float64) template.HTML {
	raw := number.Raw(v)
	return template.HTML(`<data value="` + raw + `" title="` + raw + `">` + number.Short(v) + `</data>`)
}
