package view

import (
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// RecoveryTitle is what the part on killed workers is called wherever it is.
const RecoveryTitle = "What became of a killed worker's tasks"

// Recovery is what became of killed workers' tasks in one scenario on one broker.
type Recovery struct {
	Scenario, Broker string
	// Title has both.
	Title string
	Sides []RecoverySide
}

// RecoverySide is one side of it in words.
type RecoverySide struct{ Arm, Name, Words string }

// Recoveries are those of an analysis, in the order of its cells.
func Recoveries(a analysis.Analysis) []Recovery {
	known := productsOf(a)
	fates := map[suite.Key][]results.Fate{}
	for _, t := range a.Trials {
		if t.Recovery != nil {
			k := suite.KeyOf(t.Scenario, t.Broker, t.Arm)
			fates[k] = append(fates[k], *t.Recovery)
		}
	}
	var out []Recovery
	for _, c := range a.Cells {
		of := fates[suite.KeyOf(c.Scenario, c.Broker, c.Arm)]
		if len(of) == 0 {
			continue
		}
		i := slices.IndexFunc(out, func(r Recovery) bool { return r.Scenario == c.Scenario && r.Broker == c.Broker })
		if i < 0 {
			i = len(out)
			out = append(out, Recovery{Scenario: c.Scenario, Broker: c.Broker, Title: text.Upper(known.Load(c.Scenario)) + " on " + Name(known.Full(c.Broker))})
		}
		out[i].Sides = append(out[i].Sides, RecoverySide{c.Arm, Name(c.Arm), recoveryWords(of)})
	}
	return out
}

// recoveryWords say what became of the tasks in each of a cell's trials, the best outcome first.
func recoveryWords(fates []results.Fate) string {
	var parts []string
	for _, outcome := range []string{results.FateBack, results.FateLate, results.FateNever, results.FateLost} {
		var same []results.Fate
		for _, f := range fates {
			if f.Outcome == outcome {
				same = append(same, f)
			}
		}
		if len(same) == 0 {
			continue
		}
		words := fateWords(same)
		if len(same) < len(fates) {
			words = fmt.Sprintf("in %d of %s, %s", len(same), number.Plural(len(fates), "trial"), words)
		}
		parts = append(parts, words)
	}
	if len(parts) == 0 { // an outcome of a newer tqbench
		return Name(fates[0].Outcome)
	}
	out := parts[0]
	for _, p := range parts[1:] {
		out += "; " + p
	}
	return out
}

// fateWords say what became of the tasks in trials with the same outcome.
func fateWords(same []results.Fate) string {
	var seconds []float64
	var lost, of int64
	limit := 0.
	for _, f := range same {
		seconds = append(seconds, f.BackSeconds)
		lost, of, limit = lost+f.Lost, of+f.Of, max(limit, f.LimitSeconds)
	}
	count := fmt.Sprintf("%s of %s", number.Count(lost), number.Plural(int(of), "task"))
	said := results.Recovery{Never: "its folder doesn't say why"}
	if same[0].Said != nil {
		said = *same[0].Said
	}
	switch same[0].Outcome {
	case results.FateBack:
		slices.Sort(seconds)
		least, most := seconds[0], seconds[len(seconds)-1]
		switch {
		case most == 0:
			return "none was in its hands"
		case same[0].Said != nil && said.Never != "":
			return "all done after " + about(most) + ": it seems to have held none, as such tasks never come back by design"
		case about(least) == about(most):
			return "all done after " + about(most)
		}
		return fmt.Sprintf("all done after %s to %s", about(least), about(most))
	case results.FateLate:
		out := fmt.Sprintf("%s not back within the limit of %s", count, about(limit))
		if same[0].Said == nil {
			return out + "; its folder doesn't say when they would be"
		}
		return out + fmt.Sprintf(" (they would come back after about %s by its settings%s)", about(said.AfterSeconds), knob("; sooner with ", said))
	case results.FateNever:
		return fmt.Sprintf("%s lost, never back by design: %s%s", count, Sentence(said.Never), knob("; they would come back with ", said))
	}
	when := "after " + about(said.AfterSeconds)
	switch {
	case same[0].Said == nil:
		return count + " lost: the broker holds them no more"
	case said.AfterSeconds == 0:
		when = "at once"
	}
	return fmt.Sprintf("%s lost, although they should have come back %s by its settings", count, when)
}

func knob(before string, said results.Recovery) string {
	if said.Knob == "" {
		return ""
	}
	return before + Sentence(said.Knob)
}

// about is a time in seconds, with as many digits as matter.
func about(seconds float64) string {
	to := time.Second
	if seconds < 10 {
		to = 100 * time.Millisecond
	}
	d := time.Duration(seconds * float64(time.Second)).Round(to)
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return number.Plural(int(d/time.Hour), "hour")
	case d >= 2*time.Minute && d%time.Minute == 0:
		return number.Plural(int(d/time.Minute), "minute")
	}
	if d >= 2*time.Minute {
		return d.String()
	}
	return fmt.Sprintf("%g s", d.Seconds())
}
