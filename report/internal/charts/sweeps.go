package charts

import (
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/report/internal/chart"
	"github.com/tqbench/tqbench/report/internal/view"
)

// mostSweepBars is how many bars a chart file has room for.
const mostSweepBars = 18

// sweepFiles are the chart files of the sweeps, each with as many points as it has room for.
func sweepFiles(r *view.Report) []File {
	var out []File
	names := view.Unique{}
	for _, s := range r.Sweeps {
		base := "sweep-" + view.Slug(s.Scenario+" "+s.Broker+" "+s.MetricName)
		if s.Defaults {
			base += "-as-installed"
		}
		base = names.Name(base)
		series := s.Series()
		var groups []chart.Group
		for i, r := range s.Rows {
			g := chart.Group{Label: r.At}
			low, high := 0, 0
			for _, line := range series {
				n := len(line.Points[i].Dots)
				g.Bars = append(g.Bars, line.Points[i])
				high = max(high, n)
				if n > 0 && (low == 0 || n < low) {
					low = n
				}
			}
			g.Note = "n = " + view.CountRange(low, high)
			groups = append(groups, g)
		}
		n := 0
		for part := range slices.Chunk(groups, max(1, mostSweepBars/len(series))) {
			figure, ok := chart.Drawable(chart.Figure{Title: s.Metric + ": " + s.Title, Unit: s.Unit, Groups: part, Whisker: intervalOrRange})
			if !ok {
				continue
			}
			file := base
			if n++; n > 1 {
				file = fmt.Sprintf("%s-part-%d", base, n)
			}
			out = append(out, File{file, figure})
		}
	}
	return out
}
