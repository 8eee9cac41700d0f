package suite

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Document describes scenarios in Markdown: the question, the reason, the load, and what could make the answer wrong.
func Document(scenarios []Scenario) string {
	var b strings.Builder
	b.WriteString("# Scenarios\n\nMade from `suite/scenarios/*.yaml` by `go test ./suite -update`. Times and numbers of tasks are at `--scale 1`.\n")
	for _, s := range scenarios {
		fmt.Fprintf(&b, "\n## %d. %s (`%s`)\n\n**%s**\n\n%s\n\n", s.ID, s.Title, s.Name, s.Question, flow(s.Why))
		fmt.Fprintf(&b, "Threats to validity: %s\n\n", flow(s.Lies))
		for _, line := range s.how() {
			fmt.Fprintf(&b, "- %s\n", line)
		}
	}
	return b.String()
}

// flow is a folded text in one line.
func flow(s string) string { return strings.Join(strings.Fields(s), " ") }

// how describes the load, one line per fact.
func (s Scenario) how() []string {
	var out []string
	var tasks []string
	for _, k := range s.Kinds() {
		text := "`" + k.Task + "`"
		if len(k.Args) > 0 {
			text += fmt.Sprintf(" with %v", k.Args)
		}
		if len(s.Mix) > 1 && !s.Chain {
			text += fmt.Sprintf(" (%s, share %d", k.Kind, k.Share)
			if k.Queue != "" {
				text += ", queue " + k.Queue
			}
			text += ")"
		}
		tasks = append(tasks, text)
	}
	switch {
	case s.Chain:
		out = append(out, "Steps, each enqueued by the one before: "+strings.Join(tasks, ", "))
	default:
		out = append(out, "Tasks: "+strings.Join(tasks, ", "))
	}
	if len(s.Contenders) > 0 {
		out = append(out, "Contenders, the baseline first: "+strings.Join(s.Contenders, ", "))
	}
	if len(s.Brokers) > 0 {
		out = append(out, "Brokers: "+strings.Join(s.Brokers, ", "))
	}
	if s.Service != "" {
		out = append(out, "Next to the workers: "+s.Service)
	}
	if s.Doubling {
		out = append(out, fmt.Sprintf("Workers: 1, 2, 4, 8 ... processes, up to `--up-to`, %d tasks held by each; a backlog has at least %d times what the most workers hold",
			s.Concurrency, deepFactor))
	} else if len(s.Sweep) == 0 {
		out = append(out, fmt.Sprintf("Workers: %d processes, %d tasks held by each", s.Processes, s.Concurrency))
	} else {
		var points []string
		for _, p := range s.Sweep {
			var notes []string
			if p.Service != "" {
				notes = append(notes, "next to the workers: "+p.Service)
			}
			if p.FromScale > 0 {
				notes = append(notes, "from scale "+strconv.FormatFloat(p.FromScale, 'g', -1, 64))
			}
			text := "`" + p.Name + "`"
			if len(notes) > 0 {
				text += " (" + strings.Join(notes, ", ") + ")"
			}
			points = append(points, text)
		}
		out = append(out, "Points: "+strings.Join(points, ", "))
	}
	for _, p := range s.Phases {
		text := fmt.Sprintf("Phase `%s`: %d tasks by the %s producer, ", p.Name, p.Tasks, p.Producer)
		switch p.Arrivals {
		case Sustained:
			text = fmt.Sprintf("Phase `%s`: %d tasks by the %s producer, queued while the workers are held and kept at that number, for %s "+
				"after %s of ramp-up", p.Name, p.Depth, p.Producer, time.Duration(p.Lasts), p.Ramp())
			if p.Turns > 0 {
				text += fmt.Sprintf(", in turns of %s with the other sides", time.Duration(p.Turns))
			}
		case Backlog:
			text += "queued while the workers are held"
		case Open:
			text += fmt.Sprintf("%d a second", p.Rate)
		case Poisson:
			text += fmt.Sprintf("%d a second on average, at random", p.Rate)
		case Trace:
			text += fmt.Sprintf("as in `%s`, over %.0f s", p.Trace, p.Recorded[len(p.Recorded)-1].At)
		}
		out = append(out, text)
	}
	if s.Apart {
		out = append(out, "Runs only by name: `all` leaves it out")
	}
	if s.Hold > 0 {
		out = append(out, fmt.Sprintf("Bound on p99: %s", time.Duration(s.Hold)))
	}
	return append(out, "Decides: "+strings.Join(s.Decide, ", "))
}
