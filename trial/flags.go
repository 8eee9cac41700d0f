package trial

import (
	"strings"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
)

// The bounds of what a trial may look like without a flag.
const (
	// stillBound is the share of a phase for which stolen CPU time can have stopped it, beyond which that is noted.
	stillBound = 0.02
	// crowdedBound is the share of a phase for which other programs can have stopped it, beyond which that is noted.
	crowdedBound = 0.10
	// lateBound is how late after its intended time the 99th percentile of sends may be before that is noted. Lateness is
	// in every latency; beyond this it would be a visible part of it.
	lateBound = 5 * time.Millisecond
	// lateLimit is how late the 99th percentile of sends may be, and stretchLimit by what part of the schedule's length its
	// last task may be behind, though not less than lateLimit, before the phase gives no latency. A task that is sent late
	// is bracketed: its latency counts from its sending at least and from its intended time at most. But tasks that were
	// held up are sent in a bunch and wait for each other, so that beyond these limits the load isn't the one that was asked
	// for, and neither end of the bracket says what that would have met.
	lateLimit    = 100 * time.Millisecond
	stretchLimit = 0.1
	// lateShare is how much of the median latency the median lateness may be before that is noted. It keeps no trial out:
	// it is in both sides' latencies, and so makes their ratio smaller, not larger.
	lateShare = 0.01
	// producerRatio is how many times faster than the workers a backlog must have been queued.
	producerRatio = 5
)

// pacedLatencies are the metrics that a schedule which wasn't kept spoils, separated by spaces.
func pacedLatencies() string { return strings.Join(metric.Latencies(), " ") }

// clockMetrics are those that subtract times of workers and harness.
func clockMetrics() string {
	return strings.Join(append(metric.Latencies(), metric.StartFirst, metric.StartAll), " ")
}

// theft computes, when the trial has ended, what was stolen from it.
func (r *recorder) theft() {
	r.machine.end()
	for i := range r.result.Phases {
		p, over := &r.result.Phases[i], r.stretches[i]
		t := r.machine.over(over...)
		p.Stolen, p.Still = t.stolen, t.still
		// Where workers start again and again there are no samples: what is known is of the whole.
		crowded, beside := crowdedOver(r.series, p.Name, over)
		p.Crowded, p.Beside = max(p.Crowded, crowded), max(p.Beside, beside)
		p.EnqueueStill = r.machine.over(stretch{p.EnqueueBegan, p.EnqueueEnded}).still
	}
	r.result.Still = r.machine.over(r.measured).still
}

// noise notes what was stolen and what other programs used. It keeps nothing out: analysis brackets what was measured by
// it.
func (r *recorder) noise() {
	const stolen = "stolen CPU time can have stopped it for up to %.1f %% of the time, more than %.0f %%"
	noted := false
	for _, p := range r.result.Phases {
		if p.Still > stillBound {
			noted = true
			r.addFlag(results.FlagThrottled, "", "phase %s: "+stolen+"; %.1f %% of the CPU time asked for was stolen",
				p.Name, 100*p.Still, 100*stillBound, 100*p.Stolen)
		}
		if p.Crowded > crowdedBound {
			r.addFlag(results.FlagDisturbed, "", "phase %s: other programs can have stopped it for up to %.0f %% of the time, more than %.0f %%; "+
				"they used %.0f %% of the machine's CPU time", p.Name, 100*p.Crowded, 100*crowdedBound, 100*p.Others)
		}
	}
	if r.result.Still > stillBound && !noted {
		r.addFlag(results.FlagThrottled, "", "the trial as a whole: "+stolen, 100*r.result.Still, 100*stillBound)
	}
}

// flag looks at the trial as a whole.
func (r *recorder) flag() {
	r.noise()
	c := r.result.Counts
	for _, f := range []struct {
		code, metrics, what string
		n                   int64
	}{
		{results.FlagLost, "*", "were lost: the broker took them and no worker ran them", c.Lost},
		{results.FlagDuplicated, "*", "ran more than once", c.Duplicated},
		{results.FlagFailed, "*", "failed, though none was meant to", c.Failed},
		{results.FlagRejected, "*", "were refused by the broker, or it gave no answer", c.Rejected},
	} {
		if f.n > 0 {
			r.addFlag(f.code, f.metrics, "%d of %d tasks %s", f.n, c.Sent+c.Rejected, f.what)
		}
	}
	if c.Unexpected > 0 {
		r.addFlag(results.FlagUnexpected, "*", "%d tasks came to the workers that this trial did not send: does somebody else write to its queue?", c.Unexpected)
	}
}
