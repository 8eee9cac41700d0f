package view

import (
	"strings"

	"github.com/tqbench/tqbench/report/internal/number"
)

// StandingsTitle is what the table is called wherever it is.
const StandingsTitle = "Which framework on which broker"

// FigureWords is a cell's figure, marked where its trials don't count.
func (s Standing) FigureWords(unit string) string {
	if !s.HasValue {
		return "no figure"
	}
	out := strings.TrimSpace(number.Short(s.Value) + " " + unit)
	if s.Spoiled {
		out += " " + SpoiledMark
	}
	return out
}

// Words are a cell's figure, guarantee and status, each with what follows it.
func (s Standing) Words(unit, caveat, reason string) string {
	parts := []string{s.FigureWords(unit)}
	if s.Delivery != "" {
		parts = append(parts, s.Delivery+caveat)
	}
	switch {
	case s.Status != "":
		parts = append(parts, s.Status+reason)
	case s.Reason.Short != "":
		parts = append(parts, "measured"+reason)
	}
	return strings.Join(parts, "; ")
}
