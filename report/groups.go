package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
)

// group is the comparisons of one scenario on one broker between two sides: what a section of the page is about.
type group struct {
	scenario, broker string
	// product is what the broker is.
	product             string
	defaults            bool
	baseline, candidate string
	comparisons         []analysis.Comparison
	// asks is the scenario's own question, if it has one.
	asks string
}

// groups sorts the comparisons into groups, in the order in which the analysis has them.
func groups(a analysis.Analysis) []group {
	known := productsOf(a)
	var out []group
	for _, c := range a.Comparisons {
		base, cand := armName(c.Baseline), armName(c.Candidate)
		i := slices.IndexFunc(out, func(g group) bool {
			return g.scenario == c.Scenario && g.broker == c.Broker && g.defaults == c.Defaults &&
				g.baseline == base && g.candidate == cand
		})
		if i < 0 {
			i = len(out)
			g := group{
				scenario: c.Scenario, broker: c.Broker, product: known.name(c.Broker), defaults: c.Defaults,
				baseline: base, candidate: cand,
			}
			if k := slices.IndexFunc(a.Scenarios, func(s analysis.Scenario) bool { return s.Name == c.Scenario }); k >= 0 {
				g.asks = a.Scenarios[k].Question
			}
			out = append(out, g)
		}
		out[i].comparisons = append(out[i].comparisons, c)
	}
	return out
}

// deciding are the comparisons that the scenario's answer is made of.
func (g group) deciding() []analysis.Comparison {
	var out []analysis.Comparison
	for _, c := range g.comparisons {
		if c.Deciding {
			out = append(out, c)
		}
	}
	return out
}

// title names the group; "as installed" marks the comparison that left the frameworks' defaults alone.
func (g group) title() string {
	t := where(g.scenario, g.product)
	if g.defaults {
		t += ", as installed"
	}
	return t
}

// where names a scenario on a broker.
func where(scenario, product string) string {
	return fmt.Sprintf("%s on %s", name(scenario), name(product))
}

// question is the scenario's own, or what the group's deciding metrics answer.
func (g group) question() string {
	if g.asks != "" {
		return sentence(g.asks)
	}
	metrics := titles(g.deciding())
	if len(metrics) == 0 {
		return fmt.Sprintf("How do %s and %s compare?", name(g.baseline), name(g.candidate))
	}
	return fmt.Sprintf("Which is ahead in %s: %s or %s?", text.List(metrics), name(g.baseline), name(g.candidate))
}

func titles(cs []analysis.Comparison) []string {
	var out []string
	for _, c := range cs {
		out = append(out, text.Lower(metricTitle(c)))
	}
	return out
}

// pair is all groups between the same two sides, set up the same way.
type pair struct {
	baseline, candidate string
	defaults            bool
	groups              []group
}

func pairs(gs []group) []pair {
	var out []pair
	for _, g := range gs {
		i := slices.IndexFunc(out, func(p pair) bool {
			return p.baseline == g.baseline && p.candidate == g.candidate && p.defaults == g.defaults
		})
		if i < 0 {
			i = len(out)
			out = append(out, pair{g.baseline, g.candidate, g.defaults, nil})
		}
		out[i].groups = append(out[i].groups, g)
	}
	return out
}

// sectionPrefix begins the ids of the groups' sections, so that none is the id of a fixed section.
const sectionPrefix = "result-"

// sectionIDs gives each group an id for links and file names: plain letters, and unlike any other, whatever the
// names are.
func sectionIDs(gs []group) []string {
	many := len(pairs(gs)) > 1
	seen := map[string]bool{}
	var out []string
	for _, g := range gs {
		words := g.scenario + " " + g.broker
		if g.defaults {
			words += " as installed"
		}
		if many {
			words += " " + g.candidate + " " + g.baseline
		}
		id := sectionPrefix + slug(words)
		for n := 2; seen[id]; n++ {
			id = fmt.Sprintf("%s%s-%d", sectionPrefix, slug(words), n)
		}
		seen[id] = true
		out = append(out, id)
	}
	return out
}

// slug keeps the letters and digits of a-z, joined by hyphens.
func slug(s string) string {
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
