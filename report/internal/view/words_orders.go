package view

import (
	"strconv"
	"strings"
)

// Ordinal is the place as it is written, or nothing where there is none.
func (c RankingCell) Ordinal() string {
	if c.Place == 0 {
		return ""
	}
	return strconv.Itoa(c.Place) + "."
}

// Figure is the figure, marked where it doesn't count.
func (c RankingCell) Figure() string { return SideWords(c.Estimate) }

// Words are place, figure and letters in a line.
func (c RankingCell) Words() string {
	return strings.Join(strings.Fields(c.Ordinal()+" "+c.Figure()+" "+c.Letters), " ")
}

// Others are the figures of the sides in the metrics that have no order of finish, a row a metric, with their labels.
func (r Ranking) Others(figures []SideFigure) (rows [][]string, labels []string) {
	ranked := map[string]bool{}
	for _, o := range r.Orders {
		ranked[o.Metric] = true
	}
	at := map[string]int{}
	for _, f := range figures {
		if f.Scenario != r.Scenario || f.Broker != r.Broker || f.Defaults != r.Defaults || ranked[f.Metric] {
			continue
		}
		for col, row := range r.Rows {
			if row.Arm != ArmName(f.Estimate) {
				continue
			}
			if _, ok := at[f.Metric]; !ok {
				at[f.Metric] = len(rows)
				empty := make([]string, len(r.Rows))
				for i := range empty {
					empty[i] = "-"
				}
				rows, labels = append(rows, empty), append(labels, MetricLabel(f.Comparison()))
			}
			rows[at[f.Metric]][col] = SideWords(f.Estimate)
		}
	}
	return rows, labels
}

// ShortStandings is what each side gave on each broker where orders of finish say all else: a row a side, a column a broker.
func ShortStandings(s Standings) [][]string {
	rows := [][]string{{"side"}}
	for _, r := range s.Rows {
		rows[0] = append(rows[0], r.Broker)
	}
	for _, r := range s.Turned() {
		row := []string{r.Name}
		for _, c := range r.Cells {
			words := c.Status
			if c.HasValue {
				words = c.FigureWords("")
			}
			row = append(row, words)
		}
		rows = append(rows, row)
	}
	return rows
}
