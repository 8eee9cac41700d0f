package view

import (
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/stats/steady"
)

// driftBound is the corrected p-value below which a drift is reported with the answer.
const driftBound = 0.05

// steadiness is what is known of how even the trials were, and where they differ.
type steadiness struct {
	Rows   []steadyRow
	Levels []analysis.Levels
	Drifts []analysis.Drift
}

// steadyRow counts the classes of one arm's trials in one kind of phase.
type steadyRow struct {
	Scenario, Broker, Arm, Of               string
	Flat, WarmUp, SlowDown, Never, TooShort int

	// Low and High bound the figure of the steady part over that of the whole phase; both are 0 where no trial has one.
	Low, High float64
}

func steadinessOf(a analysis.Analysis) steadiness {
	out := steadiness{Levels: a.Levels, Drifts: a.Drifts}
	for _, t := range a.Trials {
		for _, s := range t.Steadiness {
			i := slices.IndexFunc(out.Rows, func(r steadyRow) bool {
				return r.Scenario == t.Scenario && r.Broker == t.Broker && r.Arm == t.Arm && r.Of == s.Of
			})
			if i < 0 {
				i = len(out.Rows)
				out.Rows = append(out.Rows, steadyRow{Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm, Of: s.Of})
			}
			out.Rows[i].count(s)
		}
	}
	return out
}

func (r *steadyRow) count(s analysis.Steadiness) {
	switch s.Class {
	case steady.Flat:
		r.Flat++
	case steady.WarmUp:
		r.WarmUp++
	case steady.SlowDown:
		r.SlowDown++
	case steady.Never:
		r.Never++
	default:
		r.TooShort++
	}
	if x := s.SteadyOverAll; x > 0 {
		if r.High == 0 {
			r.Low = x
		}
		r.Low, r.High = min(r.Low, x), max(r.High, x)
	}
}

// Any tells whether there is anything to show.
func (s steadiness) Any() bool { return len(s.Rows)+len(s.Levels)+len(s.Drifts) > 0 }

// Advice says what would narrow the interval of an arm's throughput most.
func Advice(l analysis.Levels) string {
	switch {
	case l.BestWindows == 0:
		return "longer trials: they differ by no more than their windows explain"
	case float64(l.BestWindows) > 2*l.Windows:
		return fmt.Sprintf("longer trials: %s s of steady drain each is best for the time it takes", number.Short(float64(l.BestWindows)*l.WindowSeconds))
	case float64(l.BestWindows) < l.Windows/2:
		return fmt.Sprintf("more blocks of shorter trials: %s s of steady drain each would do", number.Short(float64(l.BestWindows)*l.WindowSeconds))
	}
	return "more blocks: trials are about as long as is best"
}

// driftSentences report the drifts that chance explains badly.
func driftSentences(a analysis.Analysis) []string {
	known := productsOf(a)
	var found []string
	for _, d := range a.Drifts {
		if d.CorrectedP < driftBound {
			found = append(found, fmt.Sprintf("%s in %s on %s by %s (corrected p %s)", text.Lower(Sentence(d.Title)), text.Lower(known.Load(d.Scenario)), Name(known.Name(d.Broker)),
				Signed(d.Percent), number.P(d.CorrectedP)))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Over the run there was a drift, of %s looked at: %s. Both sides of a block met it alike.",
		number.Plural(len(a.Drifts), "metric"), text.List(found))}
}

func Signed(percent float64) string {
	if percent > 0 {
		return "+" + number.Short(percent) + " %"
	}
	return number.Short(percent) + " %"
}
