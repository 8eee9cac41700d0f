package markdown

import (
	"bytes"
	"fmt"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/view"
)

// markdownScaling says where more workers stop helping.
func markdownScaling(b *bytes.Buffer, s view.Scaling) {
	fmt.Fprintf(b, "\n### %s\n\n", markdown(text.Upper(s.Title)))
	for _, k := range s.Knees {
		fmt.Fprintf(b, "- %s\n", markdown(k))
	}
	b.WriteString("\n| workers | side | tasks/s | over the step before | p99, ms | broker CPU | workers CPU | load CPU |\n|--:|---|--:|--:|--:|--:|--:|--:|\n")
	for _, a := range s.Arms {
		for _, x := range a.Steps {
			fmt.Fprintf(b, "| %d | %s | %s | %s | %s | %s | %s | %s |\n", x.Workers, markdown(view.Name(a.Arm)), view.StepWords(x.Throughput), view.StepGain(x.Gain),
				view.StepWords(x.P99), view.CPUShare(x.BrokerCPU), view.CPUShare(x.WorkersCPU), view.CPUShare(x.LoadCPU))
		}
	}
}
