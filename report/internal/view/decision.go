package view

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/stats"
)

// DecisionWords is the sentence of a decision.
func DecisionWords(c regress.Comparison, d regress.Decision) string {
	if d.Row < 0 || d.Row >= len(c.Rows) {
		return "No cell that it covers has " + d.Metric + " on both sides."
	}
	r := c.Rows[d.Row]
	where := cellTitle(r.Title, r.Cell)
	why := rowReason(r)
	switch {
	case r.Ratio == nil:
		return fmt.Sprintf("%s: %s.", where, why)
	case why != "":
		return fmt.Sprintf("%s changed by %s (%s).", where, change(r.Ratio.Estimate), why)
	}
	beyond := "below"
	if d.Above {
		beyond = "above"
	}
	out := fmt.Sprintf("%s changed by %s (95 %% interval %s to %s, %s): %s is %s %s", where, change(r.Ratio.Estimate),
		change(r.Ratio.Low), change(r.Ratio.High), trialsOf(r), shareBeyond(d.Outcome), beyond, change(d.Bound))
	if d.Grade == stats.Here {
		out += ", as measured here"
		if r.Bracketed != nil {
			out += fmt.Sprintf("; noise can have made it %s to %s", change(r.Bracketed.Low), change(r.Bracketed.High))
		}
		if r.NoiseUnknown != "" {
			out += "; " + noiseUnknown(r.NoiseUnknown)
		}
	}
	switch {
	case d.Outcome != regress.CantTell:
		return out + fmt.Sprintf(". p = %.2g after Holm's correction over %d.", d.CorrectedP, d.Tested)
	case d.NeedRuns > 0:
		return out + fmt.Sprintf("; about %d runs a side would decide.", d.NeedRuns)
	case r.Deviation != nil:
		return out + "; more than 1000 runs a side would be needed to decide."
	case d.NeedTrials > 0:
		return out + fmt.Sprintf("; about %d trials a side would decide.", d.NeedTrials)
	}
	return out + "; more than 1000 trials a side would be needed to decide."
}

// trialsOf is how many trials of how many runs are behind a ratio.
func trialsOf(r regress.Row) string {
	out := fmt.Sprintf("%d old and %d new trials", len(r.Old.Values), len(r.New.Values))
	if old, fresh := len(r.Old.RunMeans), len(r.New.RunMeans); max(old, fresh) > 1 {
		out += fmt.Sprintf(" in %d and %s", old, number.Plural(fresh, "run"))
	}
	return out
}

func shareBeyond(outcome string) string {
	switch outcome {
	case regress.Fails:
		return "all of it"
	case regress.Passes:
		return "none of it"
	}
	return "part of it"
}

// rowReason says why a row isn't compared or decides nothing; nothing where there is no reason.
func rowReason(r regress.Row) string {
	few := fmt.Sprintf("%s old and %s new", validWords(r.Old), validWords(r.New))
	if r.Foreign() {
		few = fmt.Sprintf("%s old and %s new", number.Plural(len(r.Old.Values), "value"), number.Plural(len(r.New.Values), "value"))
	}
	switch r.Reason.Code {
	case "":
		return ""
	case regress.ReasonDiffers:
		out := "not compared: " + differs(*r.Reason.Difference)
		if r.Reason.More > 0 {
			out += fmt.Sprintf(" (and %d more)", r.Reason.More)
		}
		return out
	case regress.ReasonNoInterval:
		return few + ": there is no interval"
	case regress.ReasonAssumes:
		return few + ": there is no interval that assumes nothing"
	case regress.ReasonAlone:
		return "only one run a side has it, and no further runs asked the same: nothing shows how much runs differ"
	}
	return r.Reason.Detail
}

// validWords says how many trials count, and what keeps others out.
func validWords(s regress.Side) string {
	out := number.Plural(len(s.Values), "valid trial")
	if len(s.KeptOutBy) > 0 {
		out += fmt.Sprintf(" of %d (%s)", s.Trials, strings.Join(s.KeptOutBy, ", "))
	}
	return out
}

// differs says a difference in a line.
func differs(d regress.Difference) string {
	out := fmt.Sprintf("%s: %s, now %s", d.What, cmp.Or(d.Old, "none"), cmp.Or(d.New, "none"))
	if d.Where != "" {
		out = d.Where + ": " + out
	}
	return out
}

// change is a ratio as a change in percent, with its sign.
func change(ratio float64) string {
	p := 100 * (ratio - 1)
	switch size := math.Abs(p); {
	case size < 0.005:
		return "0 %"
	case size >= 1e6:
		return fmt.Sprintf("%+.2g %%", p)
	case size >= 99.95:
		return fmt.Sprintf("%+.0f %%", p)
	case size >= 9.995: // with two decimals, it would be 10.00
		return fmt.Sprintf("%+.1f %%", p)
	}
	return fmt.Sprintf("%+.2f %%", p)
}
