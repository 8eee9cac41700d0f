package html

import (
	"html/template"
	"slices"
	"sync"

	"github.com/tqbench/tqbench/report/internal/svg"
	"github.com/tqbench/tqbench/report/internal/view"
)

// page is what the template shows, in the order in which it shows it.
type page struct {
	view.Report
	Style template.CSS
	// Policy, Scripts and Packed are elements that this package wrote.
	Policy, Scripts, Packed template.HTML
	// Parts are what follows the first screen.
	Parts []part
	Left  string
	// Profiles are the trials that were profiled, with the drawings in their folders.
	Profiles []Profiled

	detail   detail
	drawings drawings
	tags     view.Tagger
	// loads are the ids of the chapters of scenarios.
	loads map[string]string
}

// drawings are the charts of a page by the id of what they belong to.
type drawings struct {
	// bars are those of one comparison, sweeps those of one sweep.
	bars, sweeps map[string]template.HTML
	// figures are those of a section, or of an arm that nothing is compared with.
	figures map[string][]figure
}

func newPage(r *view.Report, d detail) page {
	p := page{Report: *r, Left: d.leaves(), detail: d, tags: view.NewTagger(r.Analysis), loads: loadIDs(r)}
	if d >= noRows {
		p.Trials = nil
		p.Sections, p.Rankings = slices.Clone(p.Sections), slices.Clone(p.Rankings)
		for i := range p.Sections {
			p.Sections[i].Trials = ""
		}
		for i := range p.Rankings {
			p.Rankings[i].Pairs = nil
		}
	}
	p.draw()
	return p
}

// loadIDs gives each scenario an id unlike any other's.
func loadIDs(r *view.Report) map[string]string {
	ids, out := view.Unique{}, map[string]string{}
	add := func(g view.Group) {
		if out[g.Scenario] == "" {
			out[g.Scenario] = ids.Name("load-" + view.Slug(g.Scenario))
		}
	}
	for _, s := range r.Sections {
		add(s.Group)
	}
	for _, l := range r.Alone {
		add(l.Group)
	}
	return out
}

// draw draws all charts, as far as the detail goes.
func (p *page) draw() {
	p.drawings = drawings{map[string]template.HTML{}, map[string]template.HTML{}, map[string][]figure{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, s := range p.Sections {
		wg.Go(func() {
			bars := map[string]template.HTML{}
			for _, c := range s.Comparisons {
				if p.detail.shows(c) {
					bars[c.ID] = drawn(svg.Bars(c.ID+"-bars", c.Name+": "+s.Place(), view.Name(c.Unit), view.BarMarks(c.Comparison)))
				}
			}
			figures := figures(p.Analysis, s.Group, s.ID, p.detail)
			mu.Lock()
			defer mu.Unlock()
			for id, b := range bars {
				p.drawings.bars[id] = b
			}
			p.drawings.figures[s.ID] = figures
		})
	}
	wg.Wait()
	for _, l := range p.Alone {
		p.drawings.figures[l.ID] = curveFigures(p.Analysis, l.Group, l.ID, p.detail)
	}
	for _, s := range p.Sweeps {
		p.drawings.sweeps[s.ID] = drawn(svg.Sweep(s.ID+"-chart", s.Metric+": "+s.Title, s.Unit, s.Along, s.Points(), s.Series(), s.Wide()))
	}
}

// shows tells whether a page of that detail has the numbers behind a comparison.
func (d detail) shows(c view.Card) bool { return d < decidingOnly || d < noRows && c.Deciding }

// behind are the comparisons whose numbers the page has.
func (p *page) behind(s view.Section) []view.Card { return view.KeepIf(s.Comparisons, p.detail.shows) }
