package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

const metricsFlagName = "metrics"

// watchOptions are the flags of how a run is watched.
type watchOptions struct {
	metrics string
}

func (o *watchOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.metrics, metricsFlagName, "", "serve Prometheus metrics of the run on `HOST:PORT` of this machine, such as "+monitor.DefaultAddress)
}

// watcher shows a run while it runs.
type watcher struct {
	line *progressLine
	// metrics and server are nil where nobody asked for them.
	metrics *monitor.Metrics
	server  *monitor.Server
	// live compares what has been measured so far; nil before a run has a plan. warned is true once it was said that a run
	// goes over its time.
	live   *analysis.Live
	warned bool
}

// watch begins to watch. It comes before anything is started or moved, so that a port that can't be had costs nothing.
func (o *watchOptions) watch(cmd *cobra.Command) (*watcher, error) {
	w := &watcher{line: newProgressLine(cmd.ErrOrStderr())}
	if o.metrics == "" {
		return w, nil
	}
	w.metrics = monitor.NewMetrics()
	var err error
	if w.server, err = monitor.Serve(cmd.Context(), o.metrics, w.metrics); err != nil {
		return nil, fmt.Errorf("--%s: %w", metricsFlagName, err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "metrics: http://%s/metrics\n", w.server.Address)
	return w, nil
}

// progress is called from the goroutine that runs the trials.
func (w *watcher) progress(p runner.Progress) {
	w.line.show(p)
	if w.metrics != nil {
		w.metrics.Progress(p)
	}
	if p.Result == nil {
		return
	}
	if p.Result.Done() && w.live != nil {
		// The analysis reports what can't be read now.
		if all, err := w.live.Add(p.Trial.ID); err == nil {
			w.line.compared(p.Trial, all)
		}
	}
	if p.Over > 0 && !w.warned {
		w.warned = true
		w.line.say(fmt.Sprintf("at this pace, the blocks that are planned take %s more than the run has: what doesn't fit is left out", roundish(p.Over)))
	}
}

// look is called from another, a few times a second.
func (w *watcher) look(t suite.Trial, l trial.Look) {
	w.line.look(l)
	if w.metrics != nil {
		w.metrics.Look(t, l)
	}
}

// close ends the watching.
func (w *watcher) close(ctx context.Context) {
	w.line.end()
	if w.server != nil {
		w.server.Close(ctx)
	}
}
