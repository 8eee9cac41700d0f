package view

import (
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
)

// Products knows what each broker of an analysis is. A reader of "mysql" can't tell that MariaDB stood behind it, and
// an emulator must not pass for what it emulates.
type Products struct {
	names, versions map[string]string
}

func productsOf(a analysis.Analysis) Products {
	p := Products{map[string]string{}, map[string]string{}}
	for _, b := range a.Run.Brokers {
		if product := strings.TrimSpace(b.Product); product != "" {
			p.names[b.Name], p.versions[b.Name] = product, strings.TrimSpace(b.Version)
		}
	}
	// A broker that the run doesn't describe goes by its own name, so that name is taken too.
	taken := map[string]int{}
	for _, b := range brokersIn(a) {
		taken[Name(p.Name(b))]++
	}
	apart := map[string]string{}
	for b, product := range p.names {
		if taken[Name(product)] > 1 {
			// Shortened, so that what tells it apart isn't what is cut off.
			apart[b] = fmt.Sprintf("%s (%s)", text.Clean(product, nameLimit/2), b)
		}
	}
	for b, product := range apart {
		p.names[b] = product
	}
	return p
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
