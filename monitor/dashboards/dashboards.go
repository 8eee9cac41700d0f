// Package dashboards makes Grafana's dashboards for a run: one per framework, one for the machine, one with the contenders side by side.
// Their JSON is next to this code; go test -update rewrites it.
package dashboards

//lint:file-ignore SA1019 the SDK prefers dashboards of the second version, which older Grafanas do not read

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// The size of panels, in Grafana's grid of 24 columns.
const (
	half, third = 12, 8
	tall, low   = 8, 4
)

// query is an expression and the name of its series.
type query struct{ expr, legend string }

// panel describes a panel of any form.
type panel struct {
	title, description, unit string
	queries                  []query
}

// chosen are the labels for the reader's broker and scenario, with further ones.
func chosen(more string) string { return `{broker=~"$broker",scenario=~"$scenario"` + more + `}` }

// framework chooses all contenders of a framework.
func framework(name string) string { return fmt.Sprintf(`,contender=~"%s/.*"`, name) }

// rate is a counter's growth per second, summed up by labels.
func rate(by, metric, more string) string {
	return fmt.Sprintf(`sum by (%s) (rate(%s%s[$__rate_interval]))`, by, metric, chosen(more))
}

// quantile is a quantile of a histogram's recent values, native if the Prometheus supports it, classic elsewhere.
func quantile(q float64, by, metric, more string) string {
	return fmt.Sprintf(`histogram_quantile(%v, %s) or histogram_quantile(%v, %s)`,
		q, rate(by, metric, more), q, rate(by+", le", metric+"_bucket", more))
}

// quantileSoFar is the same over all values since the run began.
func quantileSoFar(q float64, by, metric string) string {
	return fmt.Sprintf(`histogram_quantile(%v, sum by (%s) (%s%s)) or histogram_quantile(%v, sum by (%s, le) (%s_bucket%s))`,
		q, by, metric, chosen(""), q, by, metric, chosen(""))
}

// percentiles are the median and the tail of a histogram.
func percentiles(by, metric, more, legend string) []query {
	return []query{{quantile(0.5, by, metric, more), legend + " p50"}, {quantile(0.99, by, metric, more), legend + " p99"}}
}

// source is the Prometheus that the reader chose.
func source() common.DataSourceRef {
	return common.DataSourceRef{Type: new("prometheus"), Uid: new("${datasource}")}
}

// targets are a panel's queries.
func (p panel) targets() []cog.Builder[variants.Dataquery] {
	var out []cog.Builder[variants.Dataquery]
	for i, q := range p.queries {
		out = append(out, prometheus.NewDataqueryBuilder().Datasource(source()).Expr(q.expr).LegendFormat(q.legend).Range().RefId(string(rune('A'+i))))
	}
	return out
}

// lines shows a panel over time.
func (p panel) lines(width uint32) cog.Builder[dashboard.Panel] {
	return timeseries.NewPanelBuilder().Title(p.title).Description(p.description).Unit(p.unit).Datasource(source()).
		Targets(p.targets()).Span(width).Height(tall).Min(0).LineWidth(1).FillOpacity(10).ShowPoints(common.VisibilityModeAuto).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeTable).
			Placement(common.LegendPlacementBottom).Calcs([]string{"lastNotNull", "max"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
}

// now shows the current values of a panel's series.
func (p panel) now(width uint32) cog.Builder[dashboard.Panel] {
	return stat.NewPanelBuilder().Title(p.title).Description(p.description).Unit(p.unit).Datasource(source()).
		Targets(p.targets()).Span(width).Height(low).TextMode(common.BigValueTextModeValueAndName).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
}

// board begins a dashboard with the reader's choices.
func board(name, title, description string) *dashboard.DashboardBuilder {
	choice := func(label string) *dashboard.QueryVariableBuilder {
		ask := fmt.Sprintf("label_values(tqbench_tasks_sent_total, %s)", label)
		return dashboard.NewQueryVariableBuilder(label).Label(label).Datasource(source()).Query(dashboard.StringOrMap{String: &ask}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Multi(true).IncludeAll(true).AllValue(".*").
			Current(dashboard.VariableOption{Text: dashboard.StringOrArrayOfString{String: new("All")}, Value: dashboard.StringOrArrayOfString{String: new("$__all")}})
	}
	return dashboard.NewDashboardBuilder("tqbench: "+title).Uid("tqbench-"+name).Description(description).Tags([]string{"tqbench"}).
		Refresh("5s").Time("now-15m", "now").Timezone("browser").Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Prometheus").Type("prometheus")).
		WithVariable(choice("broker")).WithVariable(choice("scenario"))
}

// All are the dashboards by file name: one for each framework, with its title, and the common ones.
func All(frameworks map[string]string) (map[string]dashboard.Dashboard, error) {
	builders := map[string]*dashboard.DashboardBuilder{"system": system(), "side-by-side": sideBySide()}
	for name, title := range frameworks {
		builders[name] = ofFramework(name, title)
	}
	out := map[string]dashboard.Dashboard{}
	for name, b := range builders {
		d, err := b.Build()
		if err != nil {
			return nil, fmt.Errorf("make dashboard %s: %w", name, err)
		}
		out[name] = d
	}
	return out, nil
}

// ofFramework has everything about one framework.
func ofFramework(name, title string) *dashboard.DashboardBuilder {
	const by, legend = "contender, broker, producer", "{{contender}} on {{broker}}, {{producer}}"
	of := framework(name)
	b := board(name, title, ""+title+" in the run: its tasks, their times, what workers and broker use.")
	for _, p := range []panel{
		{"Tasks finished", "Measured tasks that succeeded, per second.", units.CountsPerSecond,
			[]query{{rate(by, "tqbench_tasks_finished_total", of), legend}}},
		{"Tasks sent", "Measured tasks that the broker accepted, per second. The framework's own client reports its tasks after it has sent all.",
			units.CountsPerSecond, []query{{rate(by, "tqbench_tasks_sent_total", of), legend}}},
		{"Latency", "From the time at which a task should have been sent to its end, in phases with a schedule.", units.Seconds,
			percentiles(by, "tqbench_task_latency_seconds", of, legend)},
		{"Queue wait", "From a task's sending to its start, in phases with a schedule.", units.Seconds,
			percentiles(by, "tqbench_task_queue_wait_seconds", of, legend)},
		{"Service time", "From a task's start to its end in the worker.", units.Seconds,
			percentiles(by, "tqbench_task_service_seconds", of, legend)},
		{"Queue depth", "Tasks on the broker, waiting or delivered but not acknowledged.", units.Short,
			[]query{{"tqbench_queue_depth" + chosen(of), legend}}},
		{"CPU", "Cores in use during measured phases: 1 is one full core.", units.Short,
			[]query{{rate("contender, broker, part", "tqbench_cpu_seconds_total", of), "{{contender}} on {{broker}}, {{part}}"}}},
		{"Memory", "Proportional set size: the workers' once a second, the others' at the end of the last phase.", units.BytesIEC,
			[]query{{"sum by (contender, broker, part) (tqbench_memory_bytes" + chosen(of) + ")", "{{contender}} on {{broker}}, {{part}}"}}},
		{"What went wrong", "Tasks since the run began, counted when their trial ends.", units.Short, wrong(of)},
	} {
		b.WithPanel(p.lines(third))
	}
	return b
}

// wrong are the tasks that did not end properly.
func wrong(of string) []query {
	var out []query
	for _, what := range []string{"failed", "lost", "unknown", "duplicated", "rejected"} {
		out = append(out, query{"sum by (contender, broker) (tqbench_tasks_" + what + "_total" + chosen(of) + ")", "{{contender}} on {{broker}}, " + what})
	}
	return out
}

// system has the run's progress, and the machine.
func system() *dashboard.DashboardBuilder {
	b := board("system", "the machine", "The run's progress, what harness, workers and broker use, and how well the schedule is kept.")
	for _, p := range []panel{
		{"Trial", "The current trial, counted from 1, and the number of trials.", units.Short,
			[]query{{"tqbench_trial_number", "trial"}, {"tqbench_trials", "of"}}},
		{"Time left", "Estimated time until the last trial ends; 0 during the first.", units.Seconds,
			[]query{{"tqbench_time_left_seconds", "left"}}},
		{"Trials ended", "Finished trials by outcome.", units.Short,
			[]query{{"sum by (outcome) (tqbench_trials_ended_total" + chosen("") + ")", "{{outcome}}"}}},
	} {
		b.WithPanel(p.now(third))
	}
	for _, p := range []panel{
		{"Phase", "The current phase.", units.Short,
			[]query{{"tqbench_phase_info" + chosen(""), "{{contender}} on {{broker}}: {{scenario}}, {{phase}}"}}},
		{"CPU", "Cores in use by each part during measured phases: 1 is one full core.", units.Short,
			[]query{{rate("part", "tqbench_cpu_seconds_total", ""), "{{part}}"}}},
		{"CPU of the brokers", "Cores in use by each broker during measured phases.", units.Short,
			[]query{{rate("broker", "tqbench_cpu_seconds_total", `,part="broker"`), "{{broker}}"}}},
		{"Memory", "Proportional set size: the workers' once a second, the others' at the end of the last phase.", units.BytesIEC,
			[]query{{"sum by (part, broker) (tqbench_memory_bytes" + chosen("") + ")", "{{part}} with {{broker}}"}}},
		{"Queue depth", "Tasks on the broker, waiting or delivered but not acknowledged.", units.Short,
			[]query{{"sum by (broker) (tqbench_queue_depth" + chosen("") + ")", "{{broker}}"}}},
		{"Lateness of the generator", "How long after its time a task was sent: beyond a few milliseconds, latencies show it.", units.Seconds,
			percentiles("producer", "tqbench_generator_lateness_seconds", "", "{{producer}}")},
	} {
		b.WithPanel(p.lines(half))
	}
	return b
}

// sideBySide has all contenders in each panel.
func sideBySide() *dashboard.DashboardBuilder {
	const by, legend = "contender, broker", "{{contender}} on {{broker}}"
	b := board("side-by-side", "side by side", "The contenders side by side. They run one after another; only the report has verdicts.")
	for _, p := range []panel{
		{"Median latency so far", "Of all tasks of phases with a schedule since the run began.", units.Seconds,
			[]query{{quantileSoFar(0.5, by, "tqbench_task_latency_seconds"), legend}}},
		{"p99 latency so far", "Of all tasks of phases with a schedule since the run began.", units.Seconds,
			[]query{{quantileSoFar(0.99, by, "tqbench_task_latency_seconds"), legend}}},
		{"CPU per 1000 tasks so far", "CPU time of workers and broker per 1000 finished tasks since the run began.", units.Seconds,
			[]query{{`1000 * sum by (` + by + `) (tqbench_cpu_seconds_total` + chosen(`,part!="harness"`) + `) / sum by (` + by + `) (tqbench_tasks_finished_total` + chosen("") + `)`, legend}}},
	} {
		b.WithPanel(p.now(third))
	}
	for _, p := range []panel{
		{"Tasks finished", "Measured tasks that succeeded, per second.", units.CountsPerSecond,
			[]query{{rate(by, "tqbench_tasks_finished_total", ""), legend}}},
		{"p99 latency", "From the time at which a task should have been sent to its end, in phases with a schedule.", units.Seconds,
			[]query{{quantile(0.99, by, "tqbench_task_latency_seconds", ""), legend}}},
		{"p99 queue wait", "From a task's sending to its start, in phases with a schedule.", units.Seconds,
			[]query{{quantile(0.99, by, "tqbench_task_queue_wait_seconds", ""), legend}}},
		{"Median service time", "From a task's start to its end in the worker.", units.Seconds,
			[]query{{quantile(0.5, by, "tqbench_task_service_seconds", ""), legend}}},
		{"Memory of the workers", "Proportional set size of the worker tree, once a second.", units.BytesIEC,
			[]query{{"sum by (" + by + ") (tqbench_memory_bytes" + chosen(`,part="workers"`) + ")", legend}}},
		{"What went wrong", "Tasks since the run began, counted when their trial ends.", units.Short, wrong("")},
	} {
		b.WithPanel(p.lines(half))
	}
	return b
}
