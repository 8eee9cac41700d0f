package selfcheck

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/tqbench/tqbench/internal/text"
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
	return []table{r.enqueueTable(), r.hotTable(), r.codecTable(), r.scheduleTable(), r.probeTable(), r.observerTable(), r.pipelineTable()}
}

func (r Report) enqueueTable() table {
	t := table{name: "enqueue", what: "tasks/s, and the wire producer's rate over that of the others",
		head: []string{"broker, framework, message", "by", "tasks/s", "wire / other", "goal", ""}}
	for _, e := range r.Enqueue {
		t.rows = append(t.rows, []string{e.messages(), "wire producer", e.Wire.in(0), "", "", ""},
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

func (r Report) codecTable() table {
	t := table{name: "codec", what: "making a message, without sending it: ns of the wire producer, and of the framework's own serialisation",
		head: []string{"broker, framework, message", "wire, ns", "allocations", "goal", "", "framework, ns", "framework / wire"}}
	for _, e := range r.Enqueue {
		goal, verdict := e.Codec.Allocations.verdict()
		t.rows = append(t.rows, []string{e.messages(), e.Codec.WireNs.in(0), e.Codec.Allocations.in(0), goal, verdict, e.Codec.ClientNs.in(0), e.Codec.ToWire.ratio()})
	}
	return t
}

func (r Report) hotTable() table {
	t := table{name: "hot", what: "what the wire producer's CPU time goes into, % of it", head: []string{"broker, framework, message", "function", "%"}}
	for _, e := range r.Enqueue {
		first := e.messages()
		for _, h := range e.hotShown() {
			t.rows = append(t.rows, []string{first, h.Function, fmt.Sprintf("%.0f", h.Percent)})
			first = ""
		}
	}
	return t
}

// messages names what was sent and where to.
func (e Enqueue) messages() string {
	return fmt.Sprintf("%s, %s, %d bytes", e.Product, e.Contender, e.Bytes)
}

func (r Report) scheduleTable() table {
	t := table{name: "schedule", what: "lateness of sends in us, on a broker that answers at once",
		head: []string{"arrivals", "tasks/s", "p50", "p99", "max", "more at the end", "CPU, % of a core", "goal of p99", ""}}
	for _, s := range r.Schedule {
		goal, verdict := s.LateP99Us.verdict()
		t.rows = append(t.rows, []string{s.arrivals(), fmt.Sprint(s.Rate), s.LateP50Us.in(0), s.LateP99Us.in(0), fmt.Sprintf("%.0f", s.LateMaxUs),
			s.DriftUs.in(0), s.CPUPercent.in(0), goal, verdict})
	}
	return t
}

// arrivals describes the schedule's arrivals.
func (s Schedule) arrivals() string {
	if s.Arrivals == suite.Poisson {
		return "Poisson"
	}
	return "constant"
}

func (r Report) probeTable() table {
	t := table{name: "probe", what: "what a record, and the look for tasks that others sent, cost a worker on Redis that runs a task that does nothing",
		head: []string{"framework", "ns a record", "% of a task", "goal", "", "tasks/s with", "tasks/s without", "without / with", "goal", ""}}
	for _, p := range r.Probe {
		goal, verdict := p.Share.verdict()
		ratioGoal, ratioVerdict := p.Gain.verdict()
		t.rows = append(t.rows, []string{p.Framework, p.NsPerTask.in(0), p.Share.in(2), goal, verdict, p.With.in(0), p.Without.in(0), p.Gain.in(3),
			ratioGoal, ratioVerdict})
	}
	return t
}

func (r Report) observerTable() table {
	t := table{name: "observers", what: "CPU time of the harness besides the load",
		head: []string{"framework", "what", "us each", "a second", "% of a core", "goal", ""}}
	for _, o := range r.Observers {
		often, share := "once a trial", ""
		if o.PerSecond > 0 {
			often, share = fmt.Sprintf("%g", o.PerSecond), o.Share.in(2)
		}
		goal, verdict := o.Share.verdict()
		t.rows = append(t.rows, []string{o.Framework, o.Name, o.CPUUs.in(0), often, share, goal, verdict})
	}
	if r.Recording.Value > 0 {
		goal, verdict := r.Recording.verdict()
		t.rows = append(t.rows, []string{"any", "recording a task's sending, in ns", r.Recording.in(1), "each task", "", goal, verdict})
	}
	return t
}

func (r Report) pipelineTable() table {
	t := table{name: "pipeline", what: "seconds of a trial on average, and the share that is no load",
		head: []string{"run", "scale", "trials", "whole", "start of broker", "of workers", "warm-up", "load", "end of workers", "rest", "no load, %", "goal", ""},
		none: "not summed up: name the folder of a finished run with --results"}
	for _, p := range r.Pipeline {
		row := []string{p.Run, fmt.Sprintf("%g", p.Scale), fmt.Sprint(p.Trials)}
		for _, v := range []float64{p.Wall, p.Broker, p.Workers, p.Warmup, p.Load, p.Stop, p.Rest} {
			row = append(row, fmt.Sprintf("%.2f", v))
		}
		goal, verdict := p.Overhead.verdict()
		t.rows = append(t.rows, append(row, p.Overhead.in(1), goal, verdict))
	}
	return t
}

// Terminal writes the report as a person reads it.
func Terminal(to io.Writer, r Report) error {
	w := text.NewWriter(to)
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

// intervals explains the brackets.
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
		fmt.Fprintf(&b, "| %s |\n", text.Escape(strings.Join(escaped, " | ")))
	}
	line(t.head)
	b.WriteString("|" + strings.Repeat("---|", len(t.head)) + "\n")
	for _, row := range rows {
		line(row)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
