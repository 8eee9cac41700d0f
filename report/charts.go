package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/chart"
	"github.com/tqbench/tqbench/report/internal/mark"
)

// chartFile is a figure and the file name that it gets, without an ending.
type chartFile struct {
	name   string
	figure chart.Figure
}

// family is what is drawn into one chart: metrics that a reader weighs together.
type family struct {
	name, title string
	holds       func(metric string) bool
}

func families() []family {
	prefix := func(p string) func(string) bool {
		return func(m string) bool { return strings.HasPrefix(m, p) }
	}
	return []family{
		{"throughput", "Throughput", prefix("throughput")},
		{"latency", "Latency", prefix("latency")},
		{"enqueue", "Enqueueing", prefix("enqueue")},
		{"cpu", "CPU time", func(m string) bool { return strings.Contains(m, "cpu") }},
		{"memory", "Memory", prefix("pss")},
	}
}

// chartFiles are the charts of a report that have data, a handful a group.
func chartFiles(r *Report) []chartFile {
	var out []chartFile
	for _, s := range r.Sections {
		section, g := s.ID, s.group
		for _, f := range families() {
			for n, figure := range familyFigures(g, f) {
				file := f.name + "-" + strings.TrimPrefix(section, sectionPrefix)
				if n > 0 {
					file = fmt.Sprintf("%s-%d", file, n+1)
				}
				out = append(out, chartFile{file, figure})
			}
		}
	}
	for _, l := range r.Alone {
		for _, f := range families() {
			for n, figure := range familyFigures(l.bars(), f) {
				file := f.name + "-" + slug(l.scenario+" "+l.broker+" "+l.baseline)
				if n > 0 {
					file = fmt.Sprintf("%s-%d", file, n+1)
				}
				out = append(out, chartFile{file, figure})
			}
		}
	}
	return append(out, sweepFiles(r)...)
}

// familyFigures are the figures of one family, one a unit: bars of different units have no common axis.
func familyFigures(g group, f family) []chart.Figure {
	var figures []chart.Figure
	for _, c := range g.comparisons {
		if !f.holds(c.Metric) {
			continue
		}
		i := slices.IndexFunc(figures, func(x chart.Figure) bool { return x.Unit == name(c.Unit) })
		if i < 0 {
			i = len(figures)
			figures = append(figures, chart.Figure{
				Title: fmt.Sprintf("%s: %s", f.title, g.title()), Unit: name(c.Unit),
			})
		}
		figures[i].Groups = append(figures[i].Groups, chart.Group{
			Label: metricTitle(c), Note: chartNote(c), Bars: barMarks(c),
		})
	}
	var out []chart.Figure
	for _, figure := range figures {
		if drawn, ok := chart.Drawable(figure); ok {
			out = append(out, drawn)
		}
	}
	return out
}

// chartNote is the verdict below a pair of bars; one bar alone has none.
func chartNote(c analysis.Comparison) string {
	if c.Verdict == "" {
		return "compared with nothing"
	}
	return "candidate: " + verdictWords(c)
}

// barMarks are both sides of a comparison.
func barMarks(c analysis.Comparison) []mark.Bar {
	bar := func(e analysis.Estimate, s mark.Side) mark.Bar {
		b := mark.Bar{Name: armName(e), Side: s, Value: e.Estimate, Low: e.Low, High: e.High, Dots: shown(e)}
		if spoiled(e) {
			b.Name, b.Side = name(b.Name)+" (not valid)", mark.Neutral
		}
		return b
	}
	return []mark.Bar{bar(c.Baseline, mark.Baseline), bar(c.Candidate, mark.Candidate)}
}
