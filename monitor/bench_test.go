package monitor_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// The cost of 1000 tasks for a watcher.
func BenchmarkLook(b *testing.B) {
	l := trial.Look{Phase: "paced", Arrivals: suite.Poisson, Producer: suite.Wire, Depth: 3, Counts: results.Counts{Sent: 1000, Finished: 1000}}
	for i := range int64(1000) {
		l.Tasks = append(l.Tasks, trial.Timing{Late: 1000 * i, Wait: 1e6 + 1000*i, Service: 1e5 + 100*i, Latency: 2e6 + 1100*i})
	}
	metrics, meter := monitor.NewMetrics(), monitor.NewMeter()
	tr := suite.Trial{Scenario: "throughput", Broker: "redis", Arm: "celery/prefork"}
	for b.Loop() {
		metrics.Look(tr, l)
		meter.Look(time.Now(), l)
	}
}

// The cost of a scrape of a run with two contenders on five brokers.
func BenchmarkScrape(b *testing.B) {
	metrics := monitor.NewMetrics()
	for _, arm := range []string{"celery/prefork", "asynctasq/async"} {
		for _, name := range broker.Names() {
			for _, producer := range []string{suite.Wire, suite.Client} {
				metrics.Look(suite.Trial{Scenario: "throughput", Broker: name, Arm: arm},
					trial.Look{Phase: "paced", Arrivals: suite.Open, Producer: producer, Tasks: []trial.Timing{{Latency: 1e6}, {Latency: 2e9}}})
			}
		}
	}
	s, err := monitor.Serve(b.Context(), "127.0.0.1:0", metrics)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		answer, err := http.Get("http://" + s.Address + "/metrics")
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, answer.Body)
		if err != nil || n == 0 {
			b.Fatal(n, err)
		}
		if err := answer.Body.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	ctx, cancel := context.WithCancel(b.Context())
	cancel() // no further scrape
	s.Close(ctx)
}
