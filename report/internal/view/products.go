package view

import (
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
)

// Products knows what each broker of an analysis is, and what each scenario is called. A reader of "mysql" can't tell that
// MariaDB stood behind it, and an emulator must not pass for what it emulates.
type Products struct {
	names, versions map[string]string
	// loads are the titles of scenarios.
	loads map[string]string
}

func productsOf(a analysis.Analysis) Products {
	p := Products{map[string]string{}, map[string]string{}, loadsOf(a.Scenarios)}
	for _, b := range a.Run.Brokers {
		if product := strings.TrimSpace(b.Product); product != "" {
			p.names[b.Name], p.versions[b.Name] = product, strings.TrimSpace(b.Version)
		}
	}
	// A broker that the run doesn't describe goes by its own name, so that name is taken too.
	taken, whole := map[string]int{}, map[string]int{}
	for _, b := range brokersIn(a) {
		taken[Name(p.Name(b))]++
		whole[Name(p.Full(b))]++
	}
	apart := map[string]string{}
	for b, product := range p.names {
		if taken[Name(product)] > 1 {
			// Shortened, so that what tells it apart isn't what is cut off.
			apart[b] = fmt.Sprintf("%s (%s)", text.Clean(product, nameLimit/2), b)
			if full := p.Full(b); full != product && Name(full) == full && whole[full]+taken[full] == 1 {
				apart[b] = full
			}
		}
	}
	for b, product := range apart {
		if product == p.Full(b) {
			p.versions[b] = ""
		}
		p.names[b] = product
	}
	return p
}

// loadsOf are the titles of scenarios, with the point where a scenario is one of a sweep. Where two would be called the
// same, the name tells them apart.
func loadsOf(scenarios []analysis.Scenario) map[string]string {
	out, taken := map[string]string{}, map[string]int{}
	for _, s := range scenarios {
		title := Name(s.Title)
		if title == "" {
			continue
		}
		if s.At != "" {
			title += ": " + Name(s.At)
		}
		out[s.Name] = title
		taken[title]++
	}
	for _, s := range scenarios {
		if t, ok := out[s.Name]; ok && taken[t] > 1 {
			out[s.Name] = fmt.Sprintf("%s (%s)", t, Name(s.Name))
		}
	}
	return out
}

// Load is what a scenario is called: its title, or its name where it has none.
func (p Products) Load(scenario string) string {
	if title, ok := p.loads[scenario]; ok {
		return title
	}
	return Name(scenario)
}

// Place names a scenario on a broker.
func (p Products) Place(scenario, broker string) string {
	return p.Load(scenario) + " on " + Name(p.Name(broker))
}

// Name is the broker's product, or the broker's own name where nothing is known of it.
func (p Products) Name(broker string) string {
	if product, ok := p.names[broker]; ok {
		return product
	}
	return broker
}

// Full is the product with its version.
func (p Products) Full(broker string) string {
	// A broker that doesn't tell its version is described as of an unknown one.
	if v := p.versions[broker]; v != "" && v != "unknown" {
		return p.Name(broker) + " " + v
	}
	return p.Name(broker)
}

// brokersIn are the names of all brokers that an analysis speaks of, each once, the plan's first.
func brokersIn(a analysis.Analysis) []string {
	var out []string
	seen := map[string]bool{}
	add := func(broker string) {
		if !seen[broker] {
			seen[broker] = true
			out = append(out, broker)
		}
	}
	for _, c := range a.Cells {
		add(c.Broker)
	}
	for _, c := range a.Comparisons {
		add(c.Broker)
	}
	for _, t := range a.Trials {
		add(t.Broker)
	}
	for _, b := range a.Run.Brokers {
		add(b.Name)
	}
	return out
}
