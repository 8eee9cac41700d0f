package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/scripts/internal/pages"
)

// says describes each change.
func says(change string) string {
	switch change {
	case "sleep":
		return "One task in ten sleeps for 1 ms."
	case "serializer":
		return "Messages are written and read by Python's own JSON encoder and decoder instead of those in C."
	}
	return "A comment and a docstring change."
}

// page is the document of all gates, which are in the order of the changes.
func page(all []Gated) ([]byte, error) {
	var b bytes.Buffer
	first, last := all[0], all[0]
	for _, g := range all {
		if g.Gate.Began.Before(first.Gate.Began) {
			first = g
		}
		if g.Gate.Began.After(last.Gate.Began) {
			last = g
		}
	}
	fmt.Fprintf(&b, "# Planted changes\n\nMade by `make planted`. A Celery application was changed in ways whose effect is known, and [gated](gate.md) by the script of the GitHub\n"+
		"action, next to other programs that used CPUs at random times. The simulated rates are in [gate.md](gate.md#how-often-it-is-wrong).\n\n")
	b.WriteString(pages.Machine(last.Machine))
	fmt.Fprintf(&b, "- Other programs: %.1f CPUs on average, working and resting for times that are exponentially distributed, with a mean of %s of work\n", last.Load, meanSpell)
	fmt.Fprintf(&b, "- Gates: %d, from %s to %s, with tqbench %s and Celery %s, at most %s each\n", len(all), pages.Day(first.Gate.Began), pages.Day(last.Gate.Began), last.Gate.Tqbench,
		last.Gate.Base.Version, within)
	fmt.Fprintf(&b, "- Thresholds: `%s`\n\n", strings.Join(thresholds(), "`, `"))
	outcomes := []string{regress.Fails, regress.Passes, regress.CantTell, gate.Spoiled}
	fmt.Fprintf(&b, "| change | gates | %s | blocks, mean | minutes, mean |\n|---|--:|--:|--:|--:|--:|--:|--:|\n", strings.Join(outcomes, " | "))
	for _, change := range changes() {
		some := of(all, change)
		if len(some) == 0 {
			continue
		}
		fmt.Fprintf(&b, "| %s | %d |", change, len(some))
		for _, outcome := range outcomes {
			n := 0
			for _, g := range some {
				if g.Gate.Outcome == outcome {
					n++
				}
			}
			fmt.Fprintf(&b, " %d |", n)
		}
		blocks, seconds := 0.0, 0.0
		for _, g := range some {
			blocks += float64(g.Gate.Blocks) / float64(len(some))
			seconds += g.Gate.Seconds / float64(len(some))
		}
		fmt.Fprintf(&b, " %.0f | %.1f |\n", blocks, seconds/60)
	}
	for _, change := range changes() {
		if err := section(&b, change, of(all, change)); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func of(all []Gated, change string) []Gated {
	return slices.DeleteFunc(slices.Clone(all), func(g Gated) bool { return g.Change != change })
}

// section has the change itself and its gates.
func section(b *bytes.Buffer, change string, some []Gated) error {
	if len(some) == 0 {
		return nil
	}
	patch, err := fs.ReadFile(app, "app/"+change+".patch")
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n```diff\n%s```\n\n", text.Upper(change), says(change), patch)
	titles := make([]string, len(some[0].Gate.Decisions))
	for i, d := range some[0].Gate.Decisions {
		titles[i] = d.Title
	}
	b.WriteString("Each figure is change over base with its 95 % interval. \"Here\" means as measured here: other programs ran during more than a fifth of the\n" +
		"blocks, or could have changed the decision.\n\n")
	fmt.Fprintf(b, "| gate | outcome | %s | blocks | disturbed | minutes |\n|--:|---|%s--:|--:|--:|\n", strings.Join(titles, " | "), strings.Repeat("---|", len(titles)))
	for _, g := range some {
		fmt.Fprintf(b, "| %d | %s |", g.Number, g.Gate.Outcome)
		disturbed := 0
		for _, d := range g.Gate.Decisions {
			fmt.Fprintf(b, " %s |", decision(d))
			disturbed = max(disturbed, d.Disturbed)
		}
		fmt.Fprintf(b, " %d | %d | %.1f |\n", g.Gate.Blocks, disturbed, g.Gate.Seconds/60)
	}
	return nil
}

// decision is a threshold's outcome with its figure.
func decision(d gate.Decision) string {
	words := d.Outcome
	if d.Grade == analysis.GradeHere {
		words += ", here"
	}
	if d.Ratio == nil {
		return words
	}
	return fmt.Sprintf("%.3f (%.3f to %.3f): %s", d.Ratio.Estimate, d.Ratio.Low, d.Ratio.High, words)
}
