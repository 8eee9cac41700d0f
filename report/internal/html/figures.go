package html

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/svg"
	"github.com/tqbench/tqbench/report/internal/view"
)

// figure is a chart with its caption, or the reason why there is none.
type figure struct {
	Title, Caption, Missing string
	// Zoom holds the data of a curve that a script can zoom.
	Chart, Zoom template.HTML
}

// drawn marks a drawing as safe: package svg escapes all text that it is given.
func drawn(s string) template.HTML { return template.HTML(s) }

// newFigure is a chart, or why there is none.
func newFigure(title, caption, chart, missing string) figure {
	f := figure{Title: title, Caption: caption, Chart: drawn(chart)}
	if chart == "" {
		f.Missing = "No data: " + missing
	}
	return f
}

// figures are the charts of a group, as far as the detail goes. Each says why it is missing where it is.
func figures(a analysis.Analysis, g view.Group, id string, d detail) []figure {
	var out []figure
	add := func(title, caption, chart, missing string) {
		out = append(out, newFigure(title, caption, chart, missing))
	}
	i := slices.IndexFunc(g.Compared, func(c analysis.Comparison) bool { return c.Metric == "throughput" })
	if i < 0 {
		add("Throughput", "", "", "this scenario has no comparison of throughput.")
	} else {
		c := g.Compared[i]
		add("Throughput", "Bars from zero: median over trials. Whiskers: "+number.Percent(a.Method.Confidence)+
			" interval, of fewer than six trials their range. Dots: single trials. Verdict: "+view.VerdictWords(c)+".",
			svg.Bars(id+"-throughput", "Throughput: "+g.Place(), view.Name(c.Unit), view.BarMarks(c)),
			"no trial has a throughput.")
	}
	add("Ratio by block", "Dots: one a block. Bar: interval of the ratio, in the colour of the side that is ahead, grey "+
		"where the verdict is equivalent or undecided or doesn't count. Thin line: the interval whatever the noise did that was measured. Shaded: within "+number.Percent(a.Method.Margin)+".",
		svg.Ratios(id+"-ratios", "Ratio by block: "+g.Place(), a.Method.Margin, strips(g.Compared)),
		"no metric has a ratio here.")
	return append(out, curveFigures(a, g, id, d)...)
}

// curveFigures are the curves of a group's arms.
func curveFigures(a analysis.Analysis, g view.Group, id string, d detail) []figure {
	if d >= noCurves {
		return nil
	}
	var out []figure
	const band = "Line: median over trials. Band: smallest to largest trial."
	for _, k := range []struct {
		kind, title, caption, missing string
		draw                          func(id, title string, lines []mark.Line) string
		// still curves are drawn from the data of another one that can be zoomed; more are dropped first.
		still, more bool
	}{
		{"latency", "Latency by percentile", band + " Each further nine of the percentile gets the same room.",
			"no trial has a valid latency.", svg.Latency, false, false},
		{"latency", "Share of tasks by latency", band + " How many of 100 tasks were done within a time.", "", svg.Shares, true, true},
		{"completions", "Tasks done over time", band, "no trial has a series of completions.", svg.Completions, false, false},
		{"depth", "Queue depth over time", band + " Tasks that the broker holds, sampled ten times a second.", "", svg.Depth, false, true},
	} {
		if k.more && d >= fewCurves {
			continue
		}
		phases := phaseLines(a, g, k.kind)
		if len(phases) == 0 && k.missing != "" {
			out = append(out, newFigure(k.title, "", "", k.missing))
		}
		for n, p := range phases {
			title := k.title
			if p.phase != "" {
				title += ", phase " + view.Name(p.phase)
			}
			drawing := k.draw(fmt.Sprintf("%s-%s-%d", id, view.Slug(k.title), n+1), title+": "+g.Place(), p.lines)
			if d >= coarse {
				drawing = svg.Coarse(drawing)
			}
			out = append(out, newFigure(title, k.caption+p.counts(), drawing, k.missing))
			if last := &out[len(out)-1]; d == everything && !k.still && last.Missing == "" {
				last.Zoom = zoom(k.kind, p.lines)
			}
		}
	}
	return out
}

// phase is the curves of one phase of load.
type phase struct {
	phase string
	lines []mark.Line
	// low and high are the fewest and the most trials that are behind a point.
	low, high int
}

// counts says how many trials are behind the points.
func (p phase) counts() string {
	noun := "trials"
	if p.high == 1 {
		noun = "trial"
	}
	return fmt.Sprintf(" n = %s %s a side.", view.CountRange(p.low, p.high), noun)
}

// phaseLines are the curves of one kind that belong to the group, by phase.
func phaseLines(a analysis.Analysis, g view.Group, kind string) []phase {
	var out []phase
	for _, c := range a.Curves {
		if c.Kind != kind || c.Scenario != g.Scenario || c.Broker != g.Broker || c.Defaults != g.Defaults {
			continue
		}
		side := mark.Neutral
		switch c.Arm {
		case g.Base:
			side = mark.Baseline
		case g.Cand:
			side = mark.Candidate
		}
		if side == mark.Neutral || len(c.Points) == 0 {
			continue
		}
		i := slices.IndexFunc(out, func(p phase) bool { return p.phase == c.Phase })
		if i < 0 {
			i = len(out)
			out = append(out, phase{phase: c.Phase, low: c.Points[0].Trials})
		}
		line := mark.Line{Name: view.Name(c.Arm), Side: side}
		for _, p := range c.Points {
			line.Points = append(line.Points, mark.Point{X: p.X, Y: p.Y, Low: p.Low, High: p.High})
			out[i].low, out[i].high = min(out[i].low, p.Trials), max(out[i].high, p.Trials)
		}
		out[i].lines = append(out[i].lines, line)
	}
	for _, p := range out {
		slices.SortStableFunc(p.lines, func(x, y mark.Line) int { return int(x.Side) - int(y.Side) })
	}
	return out
}

// strips are the ratios of comparisons that have any.
func strips(cs []analysis.Comparison) []mark.Strip {
	var out []mark.Strip
	for _, c := range cs {
		if !view.HasRatio(c) {
			continue
		}
		s := mark.Strip{
			Label: view.MetricTitle(c), Verdict: view.VerdictWords(c), Side: view.Winner(c),
			Value: c.Ratio.Estimate, Low: c.Ratio.Low, High: c.Ratio.High,
		}
		if c.Noisy > 0 && c.Bracketed.Low > 0 {
			s.Least, s.Most = c.Bracketed.Low, c.Bracketed.High
		}
		for _, r := range c.Ratios {
			s.Dots = append(s.Dots, r.Ratio)
		}
		out = append(out, s)
	}
	return out
}
