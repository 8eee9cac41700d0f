package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
)

// Group is the comparisons of one scenario on one broker between two sides: what a section of the page is about.
type Group struct {
	Scenario, Broker string
	// product is what the broker is.
	product    string
	Defaults   bool
	Base, Cand string
	Compared   []analysis.Comparison
	// Load is what the scenario is called, asks its own question, if it has one.
	Load, asks string
}

// groups sorts the comparisons into groups, in the order in which the analysis has them.
func groups(a analysis.Analysis) []Group {
	known := productsOf(a)
	var out []Group
	for _, c := range a.Comparisons {
		base, cand := ArmName(c.Baseline), ArmName(c.Candidate)
		i := slices.IndexFunc(out, func(g Group) bool {
			return g.Scenario == c.Scenario && g.Broker == c.Broker && g.Defaults == c.Defaults &&
				g.Base == base && g.Cand == cand
		})
		if i < 0 {
			i = len(out)
			g := Group{
				Load: known.Load(c.Scenario), Scenario: c.Scenario, Broker: c.Broker, product: known.Name(c.Broker), Defaults: c.Defaults,
				Base: base, Cand: cand,
			}
			if k := slices.IndexFunc(a.Scenarios, func(s analysis.Scenario) bool { return s.Name == c.Scenario }); k >= 0 {
				g.asks = a.Scenarios[k].Question
			}
			out = append(out, g)
		}
		out[i].Compared = append(out[i].Compared, c)
	}
	return out
}

// deciding are the comparisons that the scenario's answer is made of.
func (g Group) deciding() []analysis.Comparison {
	var out []analysis.Comparison
	for _, c := range g.Compared {
		if c.Deciding {
			out = append(out, c)
		}
	}
	return out
}

// Place names the group; "as installed" marks the comparison that left the frameworks' defaults alone.
func (g Group) Place() string {
	t := g.Load + " on " + Name(g.product)
	if g.Defaults {
		t += ", as installed"
	}
	return t
}

// Where names a scenario on a broker.
func Where(scenario, product string) string {
	return fmt.Sprintf("%s on %s", Name(scenario), Name(product))
}

// question is the scenario's own, or what the group's deciding metrics answer.
func (g Group) question() string {
	if g.asks != "" {
		return Sentence(g.asks)
	}
	metrics := Titles(g.deciding())
	if len(metrics) == 0 {
		return fmt.Sprintf("How do %s and %s compare?", Name(g.Base), Name(g.Cand))
	}
	return fmt.Sprintf("Which is ahead in %s: %s or %s?", text.List(metrics), Name(g.Base), Name(g.Cand))
}

func Titles(cs []analysis.Comparison) []string {
	var out []string
	for _, c := range cs {
		out = append(out, text.Lower(MetricTitle(c)))
	}
	return out
}

// pair is all groups between the same two sides, set up the same way.
type pair struct {
	baseline, candidate string
	defaults            bool
	groups              []Group
}

func pairs(gs []Group) []pair {
	var out []pair
	for _, g := range gs {
		i := slices.IndexFunc(out, func(p pair) bool {
			return p.baseline == g.Base && p.candidate == g.Cand && p.defaults == g.Defaults
		})
		if i < 0 {
			i = len(out)
			out = append(out, pair{g.Base, g.Cand, g.Defaults, nil})
		}
		out[i].groups = append(out[i].groups, g)
	}
	return out
}

// SectionPrefix begins the ids of the groups' sections, so that none is the id of a fixed section.
const SectionPrefix = "result-"

// sectionIDs gives each group an id for links and file names: plain letters, and unlike any other, whatever the
// names are.
func sectionIDs(gs []Group) []string {
	many := len(pairs(gs)) > 1
	ids := Unique{}
	var out []string
	for _, g := range gs {
		words := g.Scenario + " " + g.Broker
		if g.Defaults {
			words += " as installed"
		}
		if many {
			words += " " + g.Cand + " " + g.Base
		}
		out = append(out, ids.Name(SectionPrefix+Slug(words)))
	}
	return out
}

// Unique makes names that differ from each other: slugs of different names may be alike. It holds those that it made.
type Unique map[string]bool

// Name is the name, followed by a number where it is taken.
func (u Unique) Name(name string) string {
	out := name
	for n := 2; u[out]; n++ {
		out = fmt.Sprintf("%s-%d", name, n)
	}
	u[out] = true
	return out
}

// Slug keeps the letters and digits of a-z, joined by hyphens.
func Slug(s string) string {
	const limit = 60
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case b.Len() == limit:
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.TrimSuffix(b.String(), "-"); s != "" {
		return s
	}
	return "unnamed"
}
