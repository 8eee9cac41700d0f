package gate

import (
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// newDecision has all but the outcome, unless the data are spoiled.
func newDecision(t regress.Threshold, cell regress.Cell, c analysis.Comparison) Decision {
	d := Decision{
		Cell: cell, Threshold: t.Text, Metric: c.Metric, Title: c.Title, Unit: c.Unit, HigherIsBetter: c.HigherIsBetter, Limit: t.Ratio(), Above: t.Above,
		Base: c.Baseline.Estimate, Change: c.Candidate.Estimate, Blocks: c.Blocks, Noisy: c.Noisy, Disturbed: c.Disturbed, NoiseUnknown: c.NoiseUnknown,
	}
	if c.Blocks > 0 {
		d.Ratio, d.Bracketed = &c.Ratio, &c.Bracketed
	}
	trials := map[int]bool{}
	mostLack := lacking(c) > c.Blocks
	for _, f := range c.Flags {
		spoiled := f.Excluded && spoils(f) || mostLack && lacks(f)
		if !spoiled {
			continue
		}
		if d.Why == nil {
			d.Outcome, d.Why = Spoiled, &f
		}
		if f.Trial > 0 {
			trials[f.Trial] = true
		}
	}
	d.Trials = len(trials)
	return d
}

// lacks reports whether a flag says that a block has no ratio, and that others are likely to have none either: its values are such as 0 over
// 0, or the load's producer was too slow for a side.
func lacks(f analysis.Flagged) bool {
	return f.Excluded && (f.Check == results.CheckNoRatio || f.Code == results.FlagProducerBound)
}

// lacking is how many blocks lack a ratio for such a reason. Where most do, more blocks decide nothing.
func lacking(c analysis.Comparison) int {
	blocks := map[int]bool{}
	for _, f := range c.Flags {
		if lacks(f) {
			blocks[f.Block] = true
		}
	}
	return len(blocks)
}

// spoils reports whether what keeps a trial out of a figure says that the figure can't be trusted. The machine's noise, a producer that was
// too slow once and blocks that the time left out say nothing of either side.
func spoils(f analysis.Flagged) bool {
	return f.Trial > 0 && f.Check != results.CheckAbsent &&
		!slices.Contains([]string{results.FlagLate, results.FlagThrottled, results.FlagDisturbed, results.FlagClock, results.FlagProducerBound}, f.Code)
}

// take takes in where the ratio is. A producer is too slow for the faster trials of a side, so blocks without a ratio for that reason are no
// random choice of all: with more than a few of them, a decision is about those that are left.
func (d *Decision) take(p stats.Placement, lack int) {
	d.FailP, d.PassP = p.Beyond.Plain, p.Within.Plain
	if d.Outcome == Spoiled {
		return
	}
	d.Grade, d.NeedBlocks = string(p.Grade), p.Need
	if p.Grade == stats.Sure && (analysis.Crowded(d.Disturbed, d.Blocks) || analysis.Crowded(lack, d.Blocks+lack) || d.NoiseUnknown != "") {
		d.Grade = analysis.GradeHere
	}
	switch p.Place {
	case stats.Beyond:
		d.Outcome = regress.Fails
	case stats.Within:
		d.Outcome = regress.Passes
	default:
		d.Outcome = regress.CantTell
	}
}
