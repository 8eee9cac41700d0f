// Package monitor shows a run while it runs: figures for a line on the terminal, metrics for Prometheus, dashboards.
//
// It receives what trials record anyway, a few times a second. No result uses it.
package monitor

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// Metrics are a run's metrics, in their own registry.
type Metrics struct {
	registry *prometheus.Registry

	sent, rejected, finished, failed, lost, unknown, duplicated *prometheus.CounterVec
	latency, wait, service, lateness                            *prometheus.HistogramVec
	cpu                                                         *prometheus.CounterVec
	memory, depth, phase                                        *prometheus.GaugeVec
	ended                                                       *prometheus.CounterVec
	trial, trials, left                                         prometheus.Gauge
}

// NewMetrics returns the metrics of a run that has not begun.
func NewMetrics() *Metrics {
	// All labels are names of a plan, so each has few values.
	sides := []string{"contender", "broker", "scenario"}
	cell := append(slices.Clone(sides), "producer")
	part := append(slices.Clone(cell), "part")
	counter := func(name, help string, labels []string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "tqbench", Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels []string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "tqbench", Name: name, Help: help}, labels)
	}
	single := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "tqbench", Name: name, Help: help})
	}
	histogram := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "tqbench", Name: name, Help: help,
			// Classic buckets double from 0.25 ms to over two minutes; native ones are at most 10 % wide.
			Buckets:                     prometheus.ExponentialBuckets(0.00025, 2, 20),
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
		}, cell)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		sent:     counter("tasks_sent_total", "Measured tasks that the broker accepted.", cell),
		rejected: counter("tasks_rejected_total", "Measured tasks that the broker refused, counted when their trial ends.", cell),
		finished: counter("tasks_finished_total", "Measured tasks that succeeded.", cell),
		failed:   counter("tasks_failed_total", "Measured tasks that never succeeded, counted when their trial ends: until then one may be retried.", cell),
		lost:     counter("tasks_lost_total", "Measured tasks that the broker accepted but no worker ran, counted when their trial ends.", cell),
		unknown: counter("tasks_unknown_total", "Measured tasks whose records are missing, as a machine of the run was lost, "+
			"counted when their trial ends.", cell),
		duplicated: counter("tasks_duplicated_total", "Measured tasks that succeeded more than once, counted when their trial ends.", cell),
		latency: histogram("task_latency_seconds", "From the time at which a task should have been sent to its end, "+
			"in phases with a schedule, of tasks that succeeded; for a chain, its last step's."),
		wait:     histogram("task_queue_wait_seconds", "From a task's sending to its start, in phases with a schedule, of tasks that succeeded."),
		service:  histogram("task_service_seconds", "From a task's start to its end in the worker, of tasks that succeeded."),
		lateness: histogram("generator_lateness_seconds", "How long after its time a task was sent, in phases with a schedule, of tasks that succeeded."),
		cpu:      counter("cpu_seconds_total", "CPU time, user and system, used during measured phases.", part),
		memory: gauge("memory_bytes", "Proportional set size: of the workers once a second, "+
			"of broker and harness at the end of the last phase; none for a shared broker.", part),
		depth:  gauge("queue_depth", "Tasks on the broker, waiting or delivered but not acknowledged, during a phase.", cell),
		phase:  gauge("phase_info", "The current phase: 1.", append(slices.Clone(cell), "phase", "arrivals")),
		ended:  counter("trials_ended_total", "Finished trials by outcome: clean, flagged or not_run.", append(slices.Clone(sides), "outcome")),
		trial:  single("trial_number", "The current trial, counted from 1."),
		trials: single("trials", "Number of trials in this run."),
		left:   single("time_left_seconds", "Estimated time until the last trial ends, 0 during the first."),
	}
	m.registry.MustRegister(m.sent, m.rejected, m.finished, m.failed, m.lost, m.unknown, m.duplicated, m.latency, m.wait, m.service, m.lateness,
		m.cpu, m.memory, m.depth, m.phase, m.ended, m.trial, m.trials, m.left)
	return m
}

// Progress takes a run's progress.
func (m *Metrics) Progress(p runner.Progress) {
	m.trial.Set(float64(p.Index))
	m.trials.Set(float64(p.Total))
	m.left.Set(p.Left.Seconds())
	if p.Result == nil {
		return
	}
	// The figures of the trial's last phase no longer apply.
	m.depth.Reset()
	m.phase.Reset()
	m.memory.Reset()
	outcome := "clean"
	switch {
	case !p.Result.Done():
		outcome = "not_run"
	case len(p.Result.Flags) > 0:
		outcome = "flagged"
	}
	m.ended.WithLabelValues(p.Trial.Arm, p.Trial.Broker, p.Trial.Scenario, outcome).Inc()
}

// Look takes what happened in a trial.
func (m *Metrics) Look(t suite.Trial, l trial.Look) {
	labels := []string{t.Arm, t.Broker, t.Scenario, l.Producer}
	with := func(more ...string) []string { return append(slices.Clone(labels), more...) }
	for _, c := range []struct {
		counter *prometheus.CounterVec
		n       int64
	}{
		{m.sent, l.Counts.Sent}, {m.rejected, l.Counts.Rejected}, {m.finished, l.Counts.Finished},
		{m.failed, l.Counts.Failed}, {m.lost, l.Counts.Lost}, {m.unknown, l.Counts.Unknown}, {m.duplicated, l.Counts.Duplicated},
	} {
		c.counter.WithLabelValues(labels...).Add(float64(c.n))
	}
	latency, wait := m.latency.WithLabelValues(labels...), m.wait.WithLabelValues(labels...)
	service, lateness := m.service.WithLabelValues(labels...), m.lateness.WithLabelValues(labels...)
	for _, t := range l.Tasks {
		observe(latency, t.Latency)
		observe(wait, t.Wait)
		observe(service, t.Service)
		observe(lateness, t.Late)
	}
	for _, p := range []struct {
		part        string
		cpu, memory float64
	}{
		{"harness", l.CPU.Harness, l.Memory.Harness}, {"workers", l.CPU.Workers, l.Memory.Workers}, {"broker", l.CPU.Broker, l.Memory.Broker},
	} {
		m.cpu.WithLabelValues(with(p.part)...).Add(p.cpu)
		if p.memory > 0 {
			m.memory.WithLabelValues(with(p.part)...).Set(p.memory)
		}
	}
	if l.Depth >= 0 {
		m.depth.WithLabelValues(labels...).Set(float64(l.Depth))
	}
	running := with(l.Phase, l.Arrivals)
	if l.Over {
		m.depth.DeleteLabelValues(labels...)
		m.phase.DeleteLabelValues(running...)
		return
	}
	m.phase.WithLabelValues(running...).Set(1)
}

// observe takes a time in ns; negative ones mean nothing.
func observe(h prometheus.Observer, ns int64) {
	if ns >= 0 {
		h.Observe(float64(ns) / 1e9)
	}
}
