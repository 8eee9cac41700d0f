package selfcheck

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// Observer is the harness's cost of one way of watching a trial, with a worker at rest: the cost depends on the number of processes, not on
// what they do.
type Observer struct {
	Framework string `json:"framework"`
	Name      string `json:"name"`
	// CPUUs is the harness's CPU time for one, in microseconds; the broker's, which answers, is its own.
	CPUUs Figure `json:"cpu_us"`
	// PerSecond is how often it is done; 0 means once a trial, after its load.
	PerSecond float64 `json:"per_second"`
	// Share is of a core, in percent.
	Share Figure `json:"share_percent"`
}

const (
	// observerGoal is the most of a core that each may take, in percent, recordingGoal the most of noting a task, in ns.
	observerGoal  = 1
	recordingGoal = 25
	// scrapeEvery is how often tqbench monitor's Prometheus asks.
	scrapeEvery = time.Second
	// looked is how many tasks a look reports.
	looked = 1000
)

// observers measures what watches this pair's worker.
func (p *pair) observers(ctx context.Context, o Options) (rows []Observer, err error) {
	logs, done, err := scratch(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	metrics := monitor.NewMetrics()
	server, err := monitor.Serve(ctx, "127.0.0.1:0", metrics)
	if err != nil {
		return nil, err
	}
	over, cancel := context.WithCancel(ctx)
	defer func() {
		cancel() // no further scrape
		server.Close(over)
	}()
	warm, _ := drained(o)
	err = p.withWorker(ctx, false, warm, func(g *process.Group, dir string) error {
		all, done := trial.Observers(trial.Watched{Clock: p.clock, Broker: p.broker, Setup: p.setup, Workers: g, Folder: dir, Logs: logs, Redact: p.redact})
		defer done()
		all = append(all,
			trial.Observer{Name: fmt.Sprintf("telling the metrics of %d tasks", looked), Every: trial.WatchEvery, Do: look(metrics, p.contender.Name())},
			trial.Observer{Name: "the metrics endpoint, and its client", Every: scrapeEvery, Do: func(ctx context.Context) error { return scrape(ctx, server.Address) }})
		for _, of := range all {
			us, err := cpuOf(ctx, of.Do, o.Rounds, o.Scale)
			if err != nil {
				return fmt.Errorf("%s: %w", of.Name, err)
			}
			row := Observer{Framework: p.contender.Framework(), Name: of.Name, CPUUs: medianOf(us)}
			if of.Every > 0 {
				row.PerSecond = float64(time.Second) / float64(of.Every)
				for i := range us {
					us[i] *= row.PerSecond / 1e6 * 100
				}
				row.Share = medianOf(us).atMost(observerGoal)
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

// look reports some tasks to metrics, as a trial does.
func look(metrics *monitor.Metrics, arm string) func(context.Context) error {
	l := trial.Look{Phase: "paced", Arrivals: suite.Open, Producer: suite.Wire, Depth: 3, Counts: results.Counts{Sent: looked, Finished: looked}}
	for i := range int64(looked) {
		l.Tasks = append(l.Tasks, trial.Timing{Late: 1000 * i, Wait: 1e6 + 1000*i, Service: 1e5 + 100*i, Latency: 2e6 + 1100*i})
	}
	of := suite.Trial{Scenario: "throughput", Broker: "redis", Arm: arm}
	return func(context.Context) error {
		metrics.Look(of, l)
		return nil
	}
}

// scrape asks for the metrics once.
func scrape(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err == nil && (n == 0 || answer.StatusCode != http.StatusOK) {
		err = fmt.Errorf("%d bytes of metrics, %s", n, answer.Status)
	}
	return err
}

// cpuOf is how many microseconds of CPU time one takes, in each round.
func cpuOf(ctx context.Context, do func(context.Context) error, rounds int, scale float64) ([]float64, error) {
	n := max(int(50*scale), 1)
	var us []float64
	for round := range rounds + 1 {
		began := process.Self()
		for range n {
			if err := do(ctx); err != nil {
				return nil, err
			}
		}
		if round > 0 { // the first one opened files and grew buffers
			us = append(us, float64(process.Self()-began)/float64(time.Microsecond)/float64(n))
		}
	}
	return us, nil
}

// checkRecording times how a trial notes the sending of a task.
func checkRecording(c *clock.Clock, o Options) Figure {
	n := max(int(1_000_000*o.Scale), 1000)
	record := trial.Recorder(n)
	var ns []float64
	for range o.Rounds {
		began := c.Now()
		for i := range n {
			at := int64(i)
			record(i, at, at+1, at+2)
		}
		ns = append(ns, float64(c.Now()-began)/float64(n))
	}
	return medianOf(ns).atMost(recordingGoal)
}
