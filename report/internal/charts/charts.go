// Package charts chooses the charts that a report has as files.
package charts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/chart"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// File is a figure and the file name that it gets, without an ending.
type File struct {
	Name   string
	Figure chart.Figure
}

// family is what is drawn into one chart: metrics that a reader weighs together.
type family struct {
	of    metric.Family
	title string
}

func families() []family {
	return []family{
		{metric.FamilyThroughput, "Throughput"},
		{metric.FamilyLatency, "Latency"},
		{metric.FamilyEnqueue, "Enqueueing"},
		{metric.FamilyCPU, "CPU time"},
		{metric.FamilyMemory, "Memory"},
	}
}

// Files are the charts of a report that have data, a handful a group, under names that differ whatever scenarios and sides are called.
func Files(r *view.Report) []File {
	var out []File
	for _, s := range r.Sections {
		section, g := s.ID, s.Group
		for _, f := range families() {
			for n, figure := range familyFigures(g, f, intervalOrRange) {
				file := string(f.of) + "-" + strings.TrimPrefix(section, view.SectionPrefix)
				if n > 0 {
					file = fmt.Sprintf("%s-%d", file, n+1)
				}
				out = append(out, File{file, figure})
			}
		}
	}
	for _, l := range r.Alone {
		for _, f := range families() {
			for n, figure := range familyFigures(l.Bars(), f, "interval") {
				file := string(f.of) + "-" + view.Slug(l.Scenario+" "+l.Broker+" "+l.Base)
				if n > 0 {
					file = fmt.Sprintf("%s-%d", file, n+1)
				}
				out = append(out, File{file, figure})
			}
		}
	}
	out = append(out, sweepFiles(r)...)
	names := view.Unique{}
	for i := range out {
		out[i].Name, out[i].Figure.Source = names.Name(out[i].Name), source(r)
	}
	return out
}

// source says on what and when the figures were measured, and what intervals are.
func source(r *view.Report) string {
	run := r.Analysis.Run
	parts := []string{"tqbench run " + view.Name(run.ID)}
	if !run.Began.IsZero() {
		parts = append(parts, run.Began.UTC().Format("2 January 2006"))
	}
	if cpu := strings.TrimSpace(run.Machine.CPU); cpu != "" {
		parts = append(parts, view.Name(cpu))
	}
	if n := run.Machine.CPUs; n > 0 {
		parts = append(parts, number.Plural(n, "CPU"))
	}
	if c := r.Analysis.Method.Confidence; c > 0 {
		parts = append(parts, "intervals at "+number.Percent(c))
	}
	return strings.Join(parts, "; ")
}

// intervalOrRange is what the whiskers of compared sides are. A lone side has an interval from two trials on.
const intervalOrRange = "interval, of fewer than six trials their range"

// familyFigures are the figures of one family, one a unit: bars of different units have no common axis.
func familyFigures(g view.Group, f family, whisker string) []chart.Figure {
	var figures []chart.Figure
	for _, c := range g.Compared {
		if m, _ := metric.Named(c.Metric); m.Family != f.of {
			continue
		}
		i := slices.IndexFunc(figures, func(x chart.Figure) bool { return x.Unit == view.Name(c.Unit) })
		if i < 0 {
			i = len(figures)
			figures = append(figures, chart.Figure{
				Title: fmt.Sprintf("%s: %s", f.title, g.Place()), Unit: view.Name(c.Unit), Whisker: whisker,
			})
		}
		figures[i].Groups = append(figures[i].Groups, chart.Group{
			Label: view.MetricTitle(c), Note: chartNote(c), Bars: view.BarMarks(c),
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
	return "candidate: " + view.VerdictWords(c)
}
