package selfcheck

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/tqbench/tqbench/suite"
)

// table is one part of what was measured, as a terminal and the document show it.
type table struct {
	name, what string
	head       []string
	rows       [][]string
	// none says why there are no rows.
	none string
}

// tables are all parts, in the order in which they are shown.
func (r Report) tables() []table {
	return []table{r.enqueueTable(), r.scheduleTable(), r.probeTable()}
}

func (r Report) enqueueTable() table {
	t := table{name: "enqueue", what: "tasks/s, and the wire producer's rate over that of the others",
		head: []string{"broker, framework, message", "by", "tasks/s", "wire is so many times", "goal", ""}}
	for _, e := range r.Enqueue {
		t.rows = append(t.rows, []string{fmt.Sprintf("%s, %s, %d bytes", e.Product, e.Contender, e.Bytes), "wire producer", e.Wire.in(0), "", "", ""},
			against("the framework's client", e.Client, e.ToClient))
		for _, tool := range e.Tools {
			if tool.Reason != "" {
				t.rows = append(t.rows, []string{"", tool.Command, "-", "not run: " + tool.Reason, "", ""})
			} else {
				t.rows = append(t.rows, against(tool.Command, tool.Rate, tool.ToTool))
			}
		}
	}
	return t
}

// against is the row of one that the wire producer is compared with.
func against(by string, rate, ratio Figure) []string {
	goal, verdict := ratio.verdict()
	return []string{"", by, rate.in(0), ratio.ratio(), goal, verdict}
}

func (r Report) scheduleTable() table {
	t := table{name: "schedule", what: "lateness of sends in us, on a broker that answers at once",
		head: []string{"arrivals", "tasks/s", "p50", "p99", "max", "more at the end", "CPU, % of a core", "goal of p99", ""}}
	for _, s := range r.Schedule {
		arrivals := "constant"
		if s.Arrivals == suite.Poisson {
			arrivals = "Poisson"
		}
		goal, verdict := s.LateP99Us.verdict()
		t.rows = append(t.rows, []string{arrivals, fmt.Sprint(s.Rate), s.LateP50Us.in(0), s.LateP99Us.in(0), fmt.Sprintf("%.0f", s.LateMaxUs),
			s.DriftUs.in(0), s.CPUPercent.in(0), goal, verdict})
	}
	return t
}

func (r Report) probeTable() table {
	t := table{name: "probe", what: "what a record costs a worker", head: []string{"framework", "ns a task"}}
	for _, p := range r.Probe {
		t.rows = append(t.rows, []string{p.Framework, fmt.Sprintf("%.0f", p.NsPerTask)})
	}
	return t
}

// Terminal writes the report as a person reads it.
func Terminal(w io.Writer, r Report) error {
	for i, t := range r.tables() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n", strings.ToUpper(t.name), t.what)
		if len(t.rows) == 0 {
			fmt.Fprintln(w, t.none)
			continue
		}
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.head}, t.rows...) {
			fmt.Fprintln(tw, strings.Join(row, "\t"))
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, "\nIn brackets: "+intervals)
	return err
}

// intervals says what stands in brackets.
const intervals = "of medians the 95 % interval of order statistics, of ratios the wider of Welch's and Hodges and Lehmann's."

// markdown writes the table as Markdown does.
func (t table) markdown() string {
	rows := t.rows
	if len(rows) == 0 {
		rows = [][]string{append([]string{t.none}, make([]string, len(t.head)-1)...)}
	}
	var b strings.Builder
	line := func(cells []string) {
		escaped := make([]string, len(cells))
		for i, c := range cells {
			escaped[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(escaped, " | "))
	}
	line(t.head)
	b.WriteString("|" + strings.Repeat("---|", len(t.head)) + "\n")
	for _, row := range rows {
		line(row)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
