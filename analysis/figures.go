package analysis

import (
	"strings"

	"github.com/tqbench/tqbench/suite"
)

// Figure describes a metric of analysis.json.
type Figure struct {
	Name, Title, Unit string
	HigherIsBetter    bool
}

// anyKind stands in a name for a kind of task.
const anyKind = "KIND"

// Figures describes every metric that a trial may have, in the order in which reports show them. Those of each kind of
// task bear the kind KIND.
func Figures() []Figure { return figures(anyKind) }

// FigureNamed describes one.
func FigureNamed(name string) (Figure, bool) {
	_, kind, _ := strings.Cut(name, ":")
	for _, f := range figures(kind) {
		if f.Name == name {
			return f, true
		}
	}
	return Figure{}, false
}

// figures describes the metrics of a scenario in which one of the kinds of task bears that name.
func figures(kind string) []Figure {
	sc := suite.Scenario{}
	if kind != "" {
		sc.Mix = []suite.Share{{Kind: kind, Queue: kind}, {Kind: kind + "2"}}
	}
	var out []Figure
	for _, m := range append(metricsOf(sc), uncompared()...) {
		if !strings.HasSuffix(m.name, ":"+kind+"2") {
			out = append(out, Figure{Name: m.name, Title: m.title, Unit: m.unit, HigherIsBetter: m.higherIsBetter})
		}
	}
	return out
}
