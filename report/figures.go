package report

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/svg"
)

// figure is a chart with its caption, or the reason why there is none.
type figure struct {
	Title, Caption, Missing string
	Chart                   template.HTML
}

// drawn marks a drawing as safe: package svg escapes all text that it is given.
func drawn(s string) template.HTML { return template.HTML(s) }

// figures are the charts of a group. Each says why it is missing where it is.
func figures(a analysis.Analysis, g group, id string) []figure {
	var out []figure
	add := func(title, caption, chart, missing string) {
		f := figure{Title: title, Caption: caption, Chart: drawn(chart)}
		if chart == "" {
			f.Missing = "No data: " + missing
		}
		out = append(out, f)
	}
	i := slices.IndexFunc(g.comparisons, func(c analysis.Comparison) bool { return c.Metric == "throughput" })
	if i < 0 {
		add("Throughput", "", "", "this scenario has no comparison of throughput.")
	} else {
		c := g.comparisons[i]
		add("Throughput", "Bars from zero: median over trials. Whiskers: "+number.Percent(a.Method.Confidence)+
			" interval. Dots: single trials. Verdict: "+verdictWords(c)+".",
			svg.Bars(id+"-throughput", "Throughput: "+g.title(), name(c.Unit), barMarks(c)),
			"no trial has a valid throughput.")
	}
	add("Ratio by block", "Dots: one a block. Bar: interval of the ratio, in the colour of the side that is ahead, grey "+
		"where the verdict is equivalent or undecided or doesn't count. Shaded: within "+number.Percent(a.Method.Margin)+".",
		svg.Ratios(id+"-ratios", "Ratio by block: "+g.title(), a.Method.Margin, strips(g.comparisons)),
		"no block is valid on both sides.")
	for _, k := range []struct {
		kind, title, caption, missing string
		draw                          func(id, title string, lines []mark.Line) string
	}{
		{"latency", "Latency", "Line: median over trials. Band: smallest to largest trial. Each further nine of the " +
			"percentile gets the same room.", "no trial has a valid latency.", svg.Latency},
		{"completions", "Tasks done over time", "Line: median over trials. Band: smallest to largest trial.",
			"no trial has a series of completions.", svg.Completions},
	} {
		phases := phaseLines(a, g, k.kind)
		if len(phases) == 0 {
			add(k.title, "", "", k.missing)
		}
		for n, p := range phases {
			title := k.title
			if p.phase != "" {
				title += ", phase " + name(p.phase)
			}
			add(title, k.caption+p.counts(), k.draw(fmt.Sprintf("%s-%s-%d", id, k.kind, n+1), title+": "+g.title(), p.lines),
				k.missing)
		}
	}
	return out
}

// phase is the curves of one phase of load.
type phase struct {
	phase string
	lines []mark.Line
	// low and high are the fewest and the most trials that stand behind a point.
	low, high int
}

// counts says how many trials stand behind the points.
func (p phase) counts() string {
	noun := "trials"
	if p.high == 1 {
		noun = "trial"
	}
	return fmt.Sprintf(" n = %s %s a side.", countRange(p.low, p.high), noun)
}

// phaseLines are the curves of one kind that belong to the group, by phase.
func phaseLines(a analysis.Analysis, g group, kind string) []phase {
	var out []phase
	for _, c := range a.Curves {
		if c.Kind != kind || c.Scenario != g.scenario || c.Broker != g.broker || c.Defaults != g.defaults {
			continue
		}
		side := mark.Neutral
		switch c.Arm {
		case g.baseline:
			side = mark.Baseline
		case g.candidate:
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
		line := mark.Line{Name: name(c.Arm), Side: side}
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
		if !hasRatio(c) {
			continue
		}
		s := mark.Strip{
			Label: metricTitle(c), Verdict: verdictWords(c), Side: winner(c),
			Value: c.Ratio.Estimate, Low: c.Ratio.Low, High: c.Ratio.High,
		}
		for _, r := range c.Ratios {
			s.Dots = append(s.Dots, r.Ratio)
		}
		out = append(out, s)
	}
	return out
}
