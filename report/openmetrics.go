package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/number"
)

// writeOpenMetrics writes the figures as OpenMetrics text, in base units: https://prometheus.io/docs/specs/om/open_metrics_spec/.
// A family is a metric; bound tells the estimate (median over trials) from the ends of its interval.
func writeOpenMetrics(w io.Writer, a analysis.Analysis) error {
	var b strings.Builder
	figures := sideFigures(a)
	done := map[string]bool{}
	for _, first := range figures {
		name, unit, _ := metricFamily(first)
		if done[name] {
			continue
		}
		done[name] = true
		fmt.Fprintf(&b, "# TYPE %s gauge\n", name)
		if unit != "" {
			fmt.Fprintf(&b, "# UNIT %s %s\n", name, unit)
		}
		fmt.Fprintf(&b, "# HELP %s %s\n", name, escape(first.title))
		for _, f := range figures {
			n, _, factor := metricFamily(f)
			if n != name {
				continue
			}
			labels := fmt.Sprintf(`scenario="%s",broker="%s",arm="%s"`, escape(f.scenario), escape(f.broker), escape(f.Arm))
			if _, kind, ok := strings.Cut(f.metric, ":"); ok {
				labels += fmt.Sprintf(`,kind="%s"`, escape(kind))
			}
			if f.defaults {
				labels += `,setup="as installed"`
			}
			for _, v := range []struct {
				bound string
				value float64
			}{{"estimate", f.Estimate.Estimate}, {"low", f.Low}, {"high", f.High}} {
				fmt.Fprintf(&b, "%s{%s,bound=\"%s\"} %s\n", name, labels, v.bound, number.Raw(v.value*factor))
			}
		}
	}
	b.WriteString("# EOF\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// metricFamily is the name of a metric's family, its unit, which the name ends with, and what a value is multiplied by.
func metricFamily(f sideFigure) (name, unit string, factor float64) {
	metric, _, _ := strings.Cut(f.metric, ":")
	name = "tqbench_"
	for _, r := range metric {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			name += string(r)
		} else {
			name += "_"
		}
	}
	factor = 1
	switch f.unit {
	case "s":
		unit = "seconds"
	case "ms":
		unit, factor = "seconds", 1e-3
	case "us":
		unit, factor = "seconds", 1e-6
	case "MiB":
		unit, factor = "bytes", 1<<20
	case "bytes":
		unit = "bytes"
	case "%":
		unit, factor = "ratio", 1e-2
	case "tasks/s":
		unit = "tasks_per_second"
	case "events/s":
		unit = "events_per_second"
	}
	if unit != "" {
		name += "_" + unit
	}
	return name, unit, factor
}

// escape is for label values and help texts.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "\uFFFD"))
}
