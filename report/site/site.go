// Package site makes a page of the bundles that many people made: each ratio with its interval, where it was measured, and how far it can be
// trusted. The page is static, asks for nothing from elsewhere, and computes nothing.
package site

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/bundle/verify"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// ErrInput marks a folder that no site can be made of.
var ErrInput = errors.New("can't make a site")

// Tier is how far a result can be trusted.
type Tier string

// The tiers, the least first.
const (
	// SelfReported is what its author says: this tqbench could not derive it again.
	SelfReported Tier = "self-reported"
	// Verified follows from its records, which were analysed again for the site.
	Verified Tier = "verified"
	// Reproduced is verified, and another signer's verified result on a like machine agrees.
	Reproduced Tier = "reproduced"
)

// rank orders tiers.
func (t Tier) rank() int { return slices.Index([]Tier{SelfReported, Verified, Reproduced}, t) }

// Entry is a bundle on the site.
type Entry struct {
	File, SHA256 string
	Tier         Tier
	// Signer is the name of an allowed signer, "" without one.
	Signer string
	Run    results.Run
	// Notes are what a reader should know of it.
	Notes []string
}

// LeftOut is a file that isn't on the site, and why.
type LeftOut struct{ File, Why string }

// Result is a comparison of one bundle.
type Result struct {
	Entry *Entry
	// Compared has its sides as the row has them.
	Compared analysis.Comparison
	Tier     Tier
	study    stats.Study
	usable   bool
}

// Cell is a question with all its results: one metric of two queues on a broker under a load.
type Cell struct {
	Scenario, Title, Broker, Metric, MetricTitle string
	Baseline, Candidate                          string
	HigherIsBetter, Defaults                     bool
	// Variant numbers cells that differ in the details of their load alone, from 1; it is 0 where there is one.
	Variant int
	Results []Result
	Tier    Tier
	// Machines is how many different machines the verified results are of. Pooled is over these, if there are two or more.
	Machines int
	Pooled   stats.Pooled
	// Disagree tells that the machines' ratios differ by more than chance: no number speaks for all then.
	Disagree bool
	// Low and High are the ends of the estimates that Speaking has.
	Low, High float64
}

// Site is what the page shows.
type Site struct {
	Entries []*Entry
	Cells   []Cell
	LeftOut []LeftOut
}

// Options are how to make a site.
type Options struct {
	// Folder has the bundles, at any depth.
	Folder string
	// Allowed is a file of allowed signers, or "".
	Allowed string
}

// bundleEnding is that of bundles' names.
const bundleEnding = ".tar.gz"

// Read verifies every bundle below a folder.
func Read(ctx context.Context, o Options) (Site, error) {
	var files []string
	err := filepath.WalkDir(o.Folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, bundleEnding) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return Site{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	if len(files) == 0 {
		return Site{}, fmt.Errorf("%w: %s has no bundle (*%s): tqbench bundle makes one", ErrInput, o.Folder, bundleEnding)
	}
	var s Site
	var all []candidate
	for _, file := range files {
		name, err := filepath.Rel(o.Folder, file)
		if err != nil {
			return s, fmt.Errorf("%w: %w", ErrInput, err)
		}
		name = filepath.ToSlash(name)
		r, err := verify.File(ctx, file, verify.Options{Allowed: o.Allowed, Optional: true})
		why := ""
		switch wrong := r.Of(verify.Wrong); {
		case errors.Is(err, bundle.ErrFormat):
			why = "it isn't a bundle"
		case err != nil:
			return s, err
		case len(wrong) > 0:
			why = wrong[0].Check + ": " + wrong[0].Text
		}
		if why != "" {
			s.LeftOut = append(s.LeftOut, LeftOut{name, why})
			continue
		}
		c := candidate{entryOf(name, r), map[string]*Cell{}}
		if err := collect(c.cells, c.entry, r.Analysis); err != nil {
			return s, err
		}
		i := slices.IndexFunc(all, c.sameRun)
		switch {
		case i < 0:
			all = append(all, c)
		case all[i].entry.trust() < c.entry.trust():
			s.LeftOut = append(s.LeftOut, all[i].insteadOf(c))
			all[i] = c
		default:
			s.LeftOut = append(s.LeftOut, c.insteadOf(all[i]))
		}
	}
	for _, c := range all {
		s.Entries = append(s.Entries, c.entry)
	}
	s.Cells = cellsOf(merged(all))
	return s, nil
}

// merged are the cells of all bundles by their questions. A cell's titles and direction are those of the bundle that is trusted most.
func merged(all []candidate) map[string]*Cell {
	found := map[string]*Cell{}
	for _, c := range slices.SortedStableFunc(slices.Values(all), func(a, b candidate) int { return b.entry.trust() - a.entry.trust() }) {
		for key, cell := range c.cells {
			if found[key] == nil {
				first := *cell
				first.Results = nil
				found[key] = &first
			}
			found[key].Results = append(found[key].Results, cell.Results...)
		}
	}
	return found
}

// candidate is a bundle that isn't refused, with the cells of its results.
type candidate struct {
	entry *Entry
	cells map[string]*Cell
}

// sameRun reports whether two bundles are of one run, of which the site shows one.
func (c candidate) sameRun(other candidate) bool {
	return c.entry.SHA256 == other.entry.SHA256 || c.entry.Run.ID == other.entry.Run.ID
}

// insteadOf is a bundle that gives way to another one of its run.
func (c candidate) insteadOf(shown candidate) LeftOut {
	why := "it is of the same run as "
	if c.entry.SHA256 == shown.entry.SHA256 {
		why = "it is the same as "
	}
	return LeftOut{c.entry.File, why + shown.entry.File}
}

// trust orders bundles of one run: verified ones first, and among those the ones of allowed signers.
func (e *Entry) trust() int {
	t := 2 * e.Tier.rank()
	if e.Signer != "" {
		t++
	}
	return t
}

// entryOf is a bundle that isn't refused.
func entryOf(name string, r verify.Report) *Entry {
	e := &Entry{File: name, SHA256: r.Bundle.SHA256, Tier: SelfReported, Run: r.Analysis.Run}
	if r.Verified() {
		e.Tier = Verified
	}
	if len(r.Signed.Signers) > 0 {
		e.Signer = r.Signed.Signers[0]
	}
	for _, f := range append(r.Of(verify.Unchecked), r.Of(verify.Note)...) {
		e.Notes = append(e.Notes, f.Check+": "+f.Text)
	}
	return e
}

// collect adds a bundle's deciding comparisons to the cells of their questions.
func collect(found map[string]*Cell, e *Entry, a analysis.Analysis) error {
	scenarios := map[string]analysis.Scenario{}
	for _, s := range a.Scenarios {
		scenarios[s.Name] = s
	}
	for _, c := range a.Comparisons {
		if !c.Deciding || !view.HasRatio(c) {
			continue
		}
		sc := scenarios[c.Scenario]
		asked, err := json.Marshal(sc.Definitions[c.Broker])
		if err != nil {
			return fmt.Errorf("read %s: %w", e.File, err)
		}
		baseline, candidate := c.Baseline.Contender, c.Candidate.Contender
		if candidate < baseline { // whichever side an author began with, the row is the same
			baseline, candidate = candidate, baseline
			c = turned(c)
		}
		key := strings.Join([]string{c.Scenario, c.Broker, c.Metric, baseline, candidate, fmt.Sprint(c.Defaults), string(asked)}, "\x00")
		if m, ok := metric.Named(c.Metric); ok { // whatever a bundle says of it
			c.Title, c.HigherIsBetter = m.Title, m.HigherIsBetter
		}
		if found[key] == nil {
			found[key] = &Cell{Scenario: c.Scenario, Title: cmp.Or(sc.Title, c.Scenario), Broker: c.Broker, Metric: c.Metric, MetricTitle: c.Title,
				Baseline: baseline, Candidate: candidate, HigherIsBetter: c.HigherIsBetter, Defaults: c.Defaults}
		}
		r := Result{Entry: e, Compared: c, Tier: e.Tier}
		r.study, r.usable = stats.StudyOf(c.Ratio, c.Blocks)
		found[key].Results = append(found[key].Results, r)
	}
	return nil
}

// cellsOf sums the cells up, in the order of what they are of.
func cellsOf(found map[string]*Cell) []Cell {
	keys := make([]string, 0, len(found))
	for k := range found {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var out []Cell
	for _, k := range keys {
		c := *found[k]
		c.sum()
		out = append(out, c)
	}
	for i := range out {
		alike := 0
		for j := range out {
			if out[i].name() == out[j].name() {
				alike++
				if j <= i {
					out[i].Variant = alike
				}
			}
		}
		if alike == 1 {
			out[i].Variant = 0
		}
	}
	return out
}

// name is what a cell is of, without the details of its load.
func (c Cell) name() string {
	return strings.Join([]string{c.Scenario, c.Broker, c.Metric, c.Baseline, c.Candidate, fmt.Sprint(c.Defaults)}, "\x00")
}
