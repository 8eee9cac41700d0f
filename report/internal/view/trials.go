package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/suite"
)

// trialTable is the trials of one scenario on one broker: those share their metrics.
type trialTable struct {
	ID, Title        string
	Scenario, Broker string
	Metrics          []metricColumn
	Rows             []trialRow
}

type metricColumn struct{ Name, Label string }

type trialRow struct {
	analysis.TrialRow
	// Order is the place within the block in which the trial ran.
	Order int
	// Values has one entry a metric, nil where the trial doesn't have it.
	Values []*float64
}

func trialTables(a analysis.Analysis) []trialTable {
	known := productsOf(a)
	var out []trialTable
	var keys []suite.Place
	for _, t := range a.Trials {
		key := suite.At(t.Scenario, t.Broker)
		i := slices.Index(keys, key)
		if i < 0 {
			i = len(keys)
			keys = append(keys, key)
			out = append(out, trialTable{ID: fmt.Sprintf("trials-%d", i+1), Scenario: t.Scenario, Broker: t.Broker, Title: known.Place(t.Scenario, t.Broker)})
		}
		out[i].Rows = append(out[i].Rows, trialRow{TrialRow: t})
	}
	for i := range out {
		out[i].fill(a)
	}
	return out
}

// fill orders the rows as they ran and gives each the same columns.
func (t *trialTable) fill(a analysis.Analysis) {
	slices.SortStableFunc(t.Rows, func(x, y trialRow) int { return cmp.Compare(x.ID, y.ID) })
	inBlock := map[int]int{}
	present := map[string]bool{}
	for i, r := range t.Rows {
		inBlock[r.Block]++
		t.Rows[i].Order = inBlock[r.Block]
		for m := range r.Metrics {
			present[m] = true
		}
	}
	// The comparisons know what a metric is called and in which order metrics are listed.
	for _, c := range a.Comparisons {
		if present[c.Metric] {
			t.Metrics = append(t.Metrics, metricColumn{c.Metric, MetricLabel(c)})
			delete(present, c.Metric)
		}
	}
	rest := slices.SortedFunc(maps.Keys(present), func(x, y string) int { return cmp.Or(metric.Rank(x)-metric.Rank(y), cmp.Compare(x, y)) })
	for _, name := range rest {
		label := Name(name)
		if m, ok := metric.Named(name); ok {
			label = MetricLabel(analysis.Comparison{Metric: name, Title: m.Title, Unit: m.Unit})
		}
		t.Metrics = append(t.Metrics, metricColumn{name, label})
	}
	for i, r := range t.Rows {
		for _, m := range t.Metrics {
			var value *float64
			if v, ok := r.Metrics[m.Name]; ok {
				value = &v
			}
			t.Rows[i].Values = append(t.Rows[i].Values, value)
		}
	}
}
