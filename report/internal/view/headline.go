package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/suite"
)

// choicesHeadline is the headline of a run that compares three sides or more somewhere: it speaks of all of them, and then of
// the pairs that others met in alone.
func choicesHeadline(rs []Ranking, alone []Group, margin float64) string {
	var out []string
	switch {
	case len(rs) == 1 && len(alone) == 0:
		out = append(out, "On "+rs[0].start(rs[0].product))
	case len(rs) == 1:
		out = append(out, "In "+rs[0].start(text.Lower(rs[0].Load)+" on "+Name(rs[0].product)))
	default:
		out = append(out, choicesTally(rs))
	}
	for _, p := range pairs(alone) {
		out = append(out, p.tally(margin))
	}
	return strings.Join(out, " ")
}

// start is the answer of the place, behind the words that name it.
func (r Ranking) start(place string) string {
	place = Name(place)
	if r.Defaults {
		place += ", as installed"
	}
	return place + ", " + r.Answer + "."
}

// choicesTally counts over many scenarios or brokers in how many each side is unbeaten.
func choicesTally(rs []Ranking) string {
	type count struct {
		arm string
		n   int
	}
	var counts []count
	decided, here, alike := 0, 0, 0
	for _, r := range rs {
		if r.alike() {
			alike++
		}
		if !r.decided() {
			continue
		}
		decided++
		if r.choice.Grade == analysis.GradeHere {
			here++
		}
		for _, arm := range r.choice.Unbeaten {
			i := slices.IndexFunc(counts, func(c count) bool { return c.arm == arm })
			if i < 0 {
				i = len(counts)
				counts = append(counts, count{arm: arm})
			}
			counts[i].n++
		}
	}
	places := number.Count(int64(len(rs))) + " scenarios on brokers"
	if decided == 0 {
		return noneDecided(rs, places, alike)
	}
	slices.SortStableFunc(counts, func(a, b count) int { return b.n - a.n })
	var parts []string
	for i, c := range counts {
		if rest := len(counts) - i; i == mostNames && rest > 0 {
			more := fmt.Sprintf("%d more in at most %d", rest, c.n)
			if c.n == 1 {
				more = fmt.Sprintf("%d more in 1 each", rest)
			}
			parts = append(parts, more)
			break
		}
		s := fmt.Sprintf("%s in %d", Name(c.arm), c.n)
		if i == 0 {
			s = fmt.Sprintf("%s is unbeaten in %d", Name(c.arm), c.n)
		}
		parts = append(parts, s)
	}
	out := "Of " + places
	if rs[0].Defaults {
		out = "As installed, of " + places
	}
	if len(parts) > 0 {
		out += ", " + text.List(parts)
	} else {
		out += ", no side is unbeaten in any"
	}
	if here > 0 {
		out += fmt.Sprintf("; %d of these choices only%s", here, AsMeasured)
	}
	if alike > 0 {
		out += fmt.Sprintf("; any will do in %d", alike)
	}
	if n := len(rs) - decided - alike; n > 0 {
		out += fmt.Sprintf("; %d without an order yet", n)
	}
	return out + ". The orders of finish say where."
}

// noneDecided is the headline where no verdict parts two sides anywhere, and where any side will do in some places.
func noneDecided(rs []Ranking, places string, alike int) string {
	blocks := 0
	equal := true
	for _, r := range rs {
		for _, c := range r.classes {
			x := r.weigh(c.arms)
			blocks = max(blocks, x.blocks)
			equal = equal && x.outcome == answerAlike
		}
	}
	switch {
	case equal:
		return "Any will do: in none of " + places + " do sides differ."
	case alike == len(rs):
		return "Any will do that promises what you need: in none of " + places + " do sides differ that promise the same."
	case alike > 0:
		return fmt.Sprintf("Of %s, any will do in %d; %d without an order yet.", places, alike, len(rs)-alike)
	case blocks < suite.MinBlocks:
		return fmt.Sprintf("No order yet: a verdict needs %d blocks, and there %s %d.", suite.MinBlocks, isAre(blocks), blocks)
	}
	return "No order yet: in none of " + places + " is a side surely better than another."
}

// rankedSureness says how sure orders of finish are, and where sides promise different things.
func rankedSureness(rs []Ranking) []string {
	if len(rs) == 0 {
		return nil
	}
	low, high := 0, 0
	var apart []string
	for _, r := range rs {
		for _, o := range r.Orders {
			if low == 0 {
				low = o.Family
			}
			low, high = min(low, o.Family), max(high, o.Family)
		}
		if len(r.classes) > 1 && !slices.Contains(apart, Name(r.product)) {
			apart = append(apart, Name(r.product))
		}
	}
	counted := ""
	if high > 0 {
		counted = fmt.Sprintf(" (%s)", CountRange(low, high))
	}
	out := []string{"An order of finish compares each side with each other, and its p-values are corrected for all these pairs" + counted + "."}
	if len(apart) > 0 {
		out = append(out, fmt.Sprintf("On %s, sides promise different things: one is taken only before others that promise the same.", text.List(apart)))
	}
	return out
}
