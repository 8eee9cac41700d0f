package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

const metricsFlagName = "metrics"

// watchOptions are the flags for watching a run.
type watchOptions struct {
	metrics string
}

func (o *watchOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.metrics, metricsFlagName, "", "serve Prometheus metrics of the run on `HOST:PORT` of this machine, such as "+monitor.DefaultAddress)
}

// watcher shows a run while it runs.
type watcher struct {
	line *progressLine
	// metrics and server are nil unless requested.
	metrics *monitor.Metrics
	server  *monitor.Server
	// live compares the measurements so far, and soFar has what that gave; begin sets both. warned says that the user was warned about the
	// run's time.
	live   *analysis.Live
	soFar  *soFar
	warned bool
}

// watch begins to watch. It comes before anything starts or moves, so that an unavailable port costs nothing.
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

// begin follows a run, in the folder's live.json, too, until the returned function is called.
func (w *watcher) begin(out string, plan suite.Plan) (end func()) {
	w.line.forget()
	w.live, w.soFar = analysis.NewLive(out, plan), newSoFar(out)
	r := monitor.Record(out, w.now)
	return func() {
		if err := r.Close(); err != nil {
			w.line.say(oneLine(fmt.Errorf("tqbench serve could not follow this run: %w", err)))
		}
	}
}

// progress is called from the goroutine that runs the trials.
func (w *watcher) progress(p runner.Progress) {
	w.line.show(p)
	if p.Slower != nil {
		w.line.say(slower(p))
	}
	if w.metrics != nil {
		w.metrics.Progress(p)
	}
	if p.Result == nil {
		return
	}
	w.soFar.ended(p.Trial.ID, *p.Result)
	if p.Result.Done() {
		// The analysis reports what can't be read now.
		if all, err := w.live.Add(p.Trial.ID); err == nil {
			w.line.compared(p.Trial, all)
			w.soFar.compared(all)
		}
	}
	if p.Over > 0 && !w.warned {
		w.warned = true
		w.line.say(fmt.Sprintf("at this pace, the planned blocks take %s longer than the run may: those that don't fit are left out", text.About(p.Over)))
	}
}

// look is called from another goroutine, a few times a second.
func (w *watcher) look(t suite.Trial, l trial.Look) {
	w.line.look(t, l)
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
