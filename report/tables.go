package report

import (
	"cmp"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// settingsTable sets contenders side by side: a row a setting, a column a contender. A reader who doubts the fairness
// of a comparison looks here.
type settingsTable struct {
	Setups []results.Setup
	Rows   []settingsRow
}

type settingsRow struct {
	Name string
	// Cells has one entry a contender, nil where it has no such setting.
	Cells []*results.Setting
}

func newSettings(setups []results.Setup) settingsTable {
	t := settingsTable{Setups: setups}
	for i, s := range setups {
		for _, v := range s.Settings {
			row := slices.IndexFunc(t.Rows, func(r settingsRow) bool { return r.Name == v.Name })
			if row < 0 {
				row = len(t.Rows)
				t.Rows = append(t.Rows, settingsRow{v.Name, make([]*results.Setting, len(setups))})
			}
			t.Rows[row].Cells[i] = &v
		}
	}
	return t
}

// trialSetting is a setting that held in some trials only.
type trialSetting struct {
	Scenario, Broker, Arm string
	results.Setting
}

// trialSettings lists the settings that trials carry themselves, each once.
func trialSettings(a analysis.Analysis) []trialSetting {
	var out []trialSetting
	for _, t := range a.Trials {
		for _, s := range t.Settings {
			ts := trialSetting{t.Scenario, t.Broker, t.Arm, s}
			if !slices.Contains(out, ts) {
				out = append(out, ts)
			}
		}
	}
	return out
}

// trialTable is the trials of one scenario on one broker: those share their metrics.
type trialTable struct {
	Title   string
	Metrics []metricColumn
	Rows    []trialRow
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
	var out []trialTable
	var keys [][2]string
	for _, t := range a.Trials {
		key := [2]string{t.Scenario, t.Broker}
		i := slices.Index(keys, key)
		if i < 0 {
			i = len(keys)
			keys = append(keys, key)
			out = append(out, trialTable{Title: group{scenario: t.Scenario, broker: t.Broker}.title()})
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
	// The comparisons know what a metric is called and in which order metrics are told.
	for _, c := range a.Comparisons {
		if present[c.Metric] {
			t.Metrics = append(t.Metrics, metricColumn{c.Metric, metricLabel(c)})
			delete(present, c.Metric)
		}
	}
	var rest []string
	for m := range present {
		rest = append(rest, m)
	}
	slices.Sort(rest)
	for _, m := range rest {
		t.Metrics = append(t.Metrics, metricColumn{m, name(m)})
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
