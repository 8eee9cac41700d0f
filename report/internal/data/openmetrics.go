package data

import (
	"fmt"
	"io"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// OpenMetrics writes the figures as OpenMetrics text, in base units: https://prometheus.io/docs/specs/om/open_metrics_spec/.
// A family is a metric; bound tells the estimate (median over trials) from the ends of its interval.
func OpenMetrics(w io.Writer, r *view.Report) error {
	var b strings.Builder
	figures := r.Figures
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
		fmt.Fprintf(&b, "# HELP %s %s\n", name, escape(first.Title))
		for _, f := range figures {
			n, _, factor := metricFamily(f)
			if n != name {
				continue
			}
			labels := fmt.Sprintf(`scenario="%s",broker="%s",arm="%s"`, escape(f.Scenario), escape(f.Broker), escape(f.Arm))
			if _, kind, ok := strings.Cut(f.Metric, ":"); ok {
				labels += fmt.Sprintf(`,kind="%s"`, escape(kind))
			}
			if f.Defaults {
				labels += `,setup="as installed"`
			}
			if view.Spoiled(f.Estimate) {
				labels += `,valid="no"`
			}
			values := []struct {
				bound string
				value float64
			}{{"estimate", f.Estimate.Estimate}, {"low", f.Low}, {"high", f.High}}
			if !f.HasInterval() {
				values = values[:1]
			}
			for _, v := range values {
				fmt.Fprintf(&b, "%s{%s,bound=\"%s\"} %s\n", name, labels, v.bound, number.Raw(v.value*factor))
			}
		}
	}
	metricsOfVerdicts(&b, r.Analysis)
	b.WriteString("# EOF\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// metricsOfVerdicts writes the ratios, and the verdicts with their grades.
func metricsOfVerdicts(b *strings.Builder, a analysis.Analysis) {
	labels := func(c analysis.Comparison) string {
		out := fmt.Sprintf(`scenario="%s",broker="%s",metric="%s",baseline="%s",candidate="%s"`, escape(c.Scenario), escape(c.Broker),
			escape(c.Metric), escape(view.ArmName(c.Baseline)), escape(view.ArmName(c.Candidate)))
		if c.Defaults {
			out += `,setup="as installed"`
		}
		return out
	}
	if len(a.Comparisons) == 0 {
		return
	}
	b.WriteString("# TYPE tqbench_ratio gauge\n# HELP tqbench_ratio Candidate over baseline: its estimate, its interval, and the same whatever the measured noise did.\n")
	for _, c := range a.Comparisons {
		if !view.HasRatio(c) {
			continue
		}
		values := []struct {
			bound string
			value float64
		}{{"estimate", c.Ratio.Estimate}, {"low", c.Ratio.Low}, {"high", c.Ratio.High}, {"bracketed_low", c.Bracketed.Low}, {"bracketed_high", c.Bracketed.High}}
		switch {
		case c.Blocks < 2: // one block has no interval
			values = values[:1]
		case c.Bracketed.Estimate <= 0:
			values = values[:3]
		}
		for _, v := range values {
			fmt.Fprintf(b, "tqbench_ratio{%s,bound=\"%s\"} %s\n", labels(c), v.bound, number.Raw(v.value))
		}
	}
	b.WriteString("# TYPE tqbench_verdict gauge\n# HELP tqbench_verdict The verdict on the candidate and its grade, 1 for the one that it is.\n")
	for _, c := range a.Comparisons {
		fmt.Fprintf(b, "tqbench_verdict{%s,verdict=\"%s\",grade=\"%s\"} 1\n", labels(c), escape(c.Verdict), escape(c.Grade))
	}
}

// metricFamily is the name of a metric's family, its unit, which the name ends with, and what a value is multiplied by.
func metricFamily(f view.SideFigure) (name, unit string, factor float64) {
	of, _, _ := strings.Cut(f.Metric, ":")
	name = "tqbench_"
	for _, r := range of {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			name += string(r)
		} else {
			name += "_"
		}
	}
	unit, factor = metric.Base(f.Unit)
	if unit != "" {
		name += "_" + unit
	}
	return name, unit, factor
}

// escape is for label values and help texts.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text.Escape(s))
}
