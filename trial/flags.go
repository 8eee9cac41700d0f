package trial

import (
	"strings"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
)

// The bounds beyond which a trial gets a flag.
const (
	// stillBound is the noted share of a phase for which stolen CPU time can have stopped it.
	stillBound = 0.02
	// crowdedBound is the noted share of a phase for which other programs can have stopped it.
	crowdedBound = 0.10
	// lateBound is the noted lateness of sends, as the 99th percentile. Lateness is part of every latency; beyond this, it would be
	// visible.
	lateBound = 5 * time.Millisecond
	// lateLimit bounds the 99th percentile of lateness, and stretchLimit the last task's lateness as a share of the schedule's length,
	// though not below lateLimit. Beyond these, the phase gives no latency. A late send is bracketed: its latency counts from its sending
	// at least and from its intended time at most. But delayed tasks are sent in a bunch and wait for each other. Beyond these limits, the
	// load isn't the requested one, and neither end of the bracket shows the latency under that.
	lateLimit    = 100 * time.Millisecond
	stretchLimit = 0.1
	// lateShare is the noted share of the median lateness in the median latency. It excludes no trial: it is in both sides' latencies, and
	// so moves their ratio towards 1.
	lateShare = 0.01
)

// pacedMetrics are the metrics that a schedule which wasn't kept spoils, separated by spaces.
func pacedMetrics() string { return strings.Join(metric.Paced(), " ") }

// clockMetrics are those that subtract times of workers and harness.
func clockMetrics() string {
	return strings.Join(append(metric.Latencies(), metric.StartFirst, metric.StartAll), " ")
}

// theft computes, at the end of the trial, what was stolen from it.
func (r *recorder) theft() {
	r.machine.end()
	for i := range r.result.Phases {
		p, over := &r.result.Phases[i], r.stretches[i]
		t := r.machine.over(over...)
		p.Stolen, p.Still = t.stolen, t.still
		// Repeated starts of workers have no samples: only the total is known.
		crowded, beside := crowdedOver(r.series, p.Name, over)
		p.Crowded, p.Beside = max(p.Crowded, crowded), max(p.Beside, beside)
		p.EnqueueStill = r.machine.over(stretch{p.EnqueueBegan, p.EnqueueEnded}).still
	}
	r.result.Still = r.machine.over(r.measured).still
}

// noise notes stolen CPU time and the use by other programs. It excludes nothing: analysis uses it to bracket the measurements.
func (r *recorder) noise() {
	noted := false
	for _, p := range r.result.Phases {
		if p.Still > stillBound {
			noted = true
			r.addFlag(results.FlagThrottled, "", results.Fact{Check: results.CheckStolen, Phase: p.Name, Value: p.Still, Limit: stillBound, Base: p.Stolen})
		}
		if p.Crowded > crowdedBound {
			r.addFlag(results.FlagDisturbed, "", results.Fact{Check: results.CheckCrowded, Phase: p.Name, Value: p.Crowded, Limit: crowdedBound, Base: p.Others})
		}
	}
	if r.result.Still > stillBound && !noted {
		r.addFlag(results.FlagThrottled, "", results.Fact{Check: results.CheckStolen, Value: r.result.Still, Limit: stillBound})
	}
}

// flag checks the trial as a whole.
func (r *recorder) flag() {
	r.noise()
	c := r.result.Counts
	for _, f := range []struct {
		code string
		n    int64
	}{
		{results.FlagLost, c.Lost}, {results.FlagUnknown, c.Unknown}, {results.FlagDuplicated, c.Duplicated}, {results.FlagRejected, c.Rejected},
	} {
		if f.n > 0 {
			r.addFlag(f.code, "*", results.Fact{Check: results.CheckTasks, Count: f.n, Of: c.Sent + c.Rejected})
		}
	}
	if c.Unexpected > 0 {
		r.addFlag(results.FlagUnexpected, "*", results.Fact{Check: results.CheckUnexpected, Count: c.Unexpected})
	}
}
