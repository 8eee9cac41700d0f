package html

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/view"
)

const (
	// PageLimit is the size in bytes that no page exceeds if packing its parts, and then leaving out detail, can prevent it:
	// it is to be mailed. Below it every part reads without a script.
	PageLimit = 1_500_000
	// partMark parts the packed parts. No part has it: templates have no comments and names are escaped.
	partMark = "<!--part-->"
	// packLevel packs to within 5 % of the best level of all in a fraction of its time.
	packLevel = 6
)

// detail is how much of a page is written.
type detail int

// The details, from all to least.
const (
	// everything has each chart, each number behind each verdict unrounded, and curves that can be zoomed.
	everything detail = iota
	// coarse has numbers of six digits, and curves as plain drawings.
	coarse
	// decidingOnly has the numbers behind those verdicts that decide.
	decidingOnly
	// fewCurves has one curve for each thing measured.
	fewCurves
	// noCurves has no curves.
	noCurves
	// noRows has neither the numbers behind verdicts nor a row a trial.
	noRows
)

// digits is how many a figure has for whoever wants it unrounded; -1 is all.
func (d detail) digits() int {
	if d >= coarse {
		return 6
	}
	return -1
}

// leaves says what a page of that detail leaves out and where it is.
func (d detail) leaves() string {
	var out []string
	if d >= coarse {
		out = append(out, "digits beyond the sixth, and the zoom of curves")
	}
	if d >= decidingOnly {
		out = append(out, "the tests and single ratios of metrics that decide nothing")
	}
	switch {
	case d >= noCurves:
		out = append(out, "curves")
	case d >= fewCurves:
		out = append(out, "shares of tasks and queue depths as curves")
	}
	if d >= noRows {
		out = append(out, "the numbers behind verdicts and the single trials")
	}
	if len(out) == 0 {
		return ""
	}
	return "Left out to keep this file small enough to mail: " + strings.Join(out, "; ") + "."
}

// part is a piece of the page with its own heading.
type part struct {
	// ID is that of its heading, Title what the contents call it.
	ID, Title, Tags string
	// Whole is the part. Brief is in its place until a script has unpacked it; where it is empty, the part is never
	// packed.
	Whole, Brief template.HTML
	// Packed is its number among those that are packed, counted from 1, and 0 where it isn't.
	Packed int
	// chapter is what it is folded into; nothing is open.
	chapter chapter
}

// chapter is parts that are folded together under a title, or those that are open, which have none.
type chapter struct {
	ID, Title, Tags string
	// Says is what the parts have, in a sentence.
	Says  string
	Parts []part
}

// Single is true where the title is that of its one part.
func (c chapter) Single() bool { return len(c.Parts) == 1 && c.Parts[0].Title == c.Title }

// mostSections is how many comparisons of two sides are open. Where a run has more, those of one scenario are folded together.
const mostSections = 3

// chapterOf is what a section is folded into: with those of the same order of finish, since nine sides have eight at each
// place, or with those of the same scenario.
func (p page) chapterOf(s view.Section) chapter {
	i := slices.IndexFunc(p.Rankings, func(r view.Ranking) bool { return s.Order != "" && r.ID == s.Order })
	if i >= 0 && !p.Folded {
		return chapter{ID: "sides-" + s.Order, Title: p.Rankings[i].Title + ": each side against " + s.Baseline, Tags: p.Rankings[i].Tags}
	}
	return p.loadChapter(s.Group, len(p.Sections))
}

// loadChapter is what a part of one scenario is folded into, where there are as many of its kind.
func (p page) loadChapter(g view.Group, of int) chapter {
	if of <= mostSections {
		return chapter{}
	}
	return chapter{ID: p.loads[g.Scenario], Title: text.Upper(g.Load), Tags: p.tags.Of(g.Scenario, "")}
}

// folded is a part that is folded by itself.
func folded(id, title, says string) chapter {
	return chapter{ID: "fold-" + id, Title: title, Says: says}
}

// Chapters are the parts as they are folded.
func (p page) Chapters() []chapter {
	var out []chapter
	for _, x := range p.Parts {
		c := x.chapter
		i := slices.IndexFunc(out, func(o chapter) bool { return c.Title != "" && o.ID == c.ID })
		if c.Title == "" && len(out) > 0 && out[len(out)-1].Title == "" {
			i = len(out) - 1
		}
		if i < 0 {
			i = len(out)
			out = append(out, c)
		}
		out[i].Parts = append(out[i].Parts, x)
	}
	return out
}

// call is a template with what it is executed on; one without a name gives nothing.
type call struct {
	name string
	data any
}

func (c call) run(t *template.Template) (template.HTML, error) {
	if c.name == "" {
		return "", nil
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, c.name, c.data); err != nil {
		return "", fmt.Errorf("%s: %w", c.name, err)
	}
	return template.HTML(b.String()), nil
}

// partsOf executes the templates of all parts, several at a time.
func partsOf(t *template.Template, p page) ([]part, error) {
	type planned struct {
		part
		whole, brief call
	}
	var plan []planned
	if p.Folded {
		plan = append(plan, planned{part{ID: "orders", Title: view.OrderTitle, chapter: folded("orders", view.OrderTitle, "Every side against every other, by load and broker.")},
			call{"orders-part", p}, call{"orders-brief", p}})
	}
	for _, s := range p.Sections {
		plan = append(plan, planned{part{ID: s.ID, Title: s.Title, Tags: s.Tags, chapter: p.chapterOf(s)}, call{"section", s}, call{"section-brief", s}})
	}
	add := func(there bool, id, title string, data any, says string) {
		if there {
			plan = append(plan, planned{part: part{ID: id, Title: title, chapter: folded(id, title, says)}, whole: call{id, data},
				brief: call{"brief", map[string]string{"ID": id, "Title": title, "Says": says}}})
		}
	}
	// short are parts that packing would hardly make shorter.
	short := func(there bool, id, title string, data any, says string) {
		if there {
			plan = append(plan, planned{part: part{ID: id, Title: title, chapter: folded(id, title, says)}, whole: call{id, data}})
		}
	}
	for _, l := range p.Alone {
		plan = append(plan, planned{part: part{ID: l.ID, Title: l.Title, Tags: l.Tags, chapter: p.loadChapter(l.Group, len(p.Alone))}, whole: call{"alone", l}})
	}
	if slices.ContainsFunc(p.Rankings, func(r view.Ranking) bool { return len(r.Pairs) > 0 }) {
		const title = "Every pair of sides"
		plan = append(plan, planned{part{ID: "pairs", Title: title, chapter: folded("pairs", title, "What places and letters are made of.")},
			call{"pairs", p.Rankings}, call{"pairs-brief", p.Rankings}})
	}
	add(len(p.Sweeps) > 0, "sweeps", "Along the points of a scenario", p, "What each point of a scenario gave, as curves and tables.")
	add(true, "settings", "Settings side by side", p, "Every setting of every contender and broker, with its default and why it is what it is.")
	short(true, "environment", "Environment", p.Analysis.Run, "The machine, the brokers and every package with its version.")
	add(true, "flags", "Flags and notes", p, "Which trials were kept out of verdicts, and why.")
	add(true, "trials", "All trials", p, "A row a trial, as they ran.")
	short(len(p.Profiles) > 0, "profiles", "Profiles", p.Profiles, "The trials that were profiled, and where their drawings are.")
	add(true, "claims", "Claims", p.Claims, "Published figures, and whether this run bears them out.")
	short(len(p.Analysis.Sizings) > 0, "sizing", "How many workers?", p.Analysis.Sizings, "How well an estimate meets what was measured.")
	add(p.Steadiness.Any(), "steadiness", "Steadiness", p.Steadiness, "How even the trials were, and where their spread comes from.")
	short(true, "harness", "Cost of the harness", p.Analysis, "What tqbench itself used, and how well it kept its schedule.")
	short(true, "method", "Method", p.Analysis, "How trials are run and verdicts are made.")
	short(true, "glossary", "Glossary", p, "What flags and figures mean.")
	plan = append(plan, planned{part: part{ID: "again", Title: "Run it again"}, whole: call{"again", p.Analysis}})
	out := make([]part, len(plan))
	var g errgroup.Group
	for i, x := range plan {
		g.Go(func() (err error) {
			out[i] = x.part
			if out[i].Whole, err = x.whole.run(t); err != nil {
				return err
			}
			out[i].Brief, err = x.brief.run(t)
			return err
		})
	}
	return out, g.Wait()
}

// pack leaves the brief form of the parts in their places and returns the whole ones as one element that a script reads.
func pack(parts []part) (template.HTML, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, packLevel)
	if err != nil {
		return "", fmt.Errorf("pack: %w", err)
	}
	n := 0
	for i, p := range parts {
		if p.Brief == "" {
			continue
		}
		n++
		parts[i].Packed = n
		if _, err := io.WriteString(z, partMark+string(p.Whole)); err != nil {
			return "", fmt.Errorf("pack: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("pack: %w", err)
	}
	return template.HTML(`<script type="application/octet-stream" id="packed">` + base64.StdEncoding.EncodeToString(b.Bytes()) + `</script>`), nil
}
