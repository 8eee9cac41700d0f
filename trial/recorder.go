package trial

import (
	"strings"

	"github.com/tqbench/tqbench/results"
)

// recorder keeps a trial's findings: phases, samples, figures and flags.
type recorder struct {
	result   results.Trial
	progress func(Progress)
	// pace is the progress's.
	pace float64
	// machine is read from the trial's start. measured is from the start of the first measurement to the end of the last, stretches are
	// those of the result's phases.
	machine   *sampler
	measured  stretch
	stretches [][]stretch
	series    []results.Sample
	// drains are the tallies of the phases.
	drains []*tally
}

func (r *recorder) tell(stage string, done, total int64) {
	if r.progress != nil {
		r.progress(Progress{Stage: stage, Done: done, Total: total, Pace: r.pace})
	}
}

// value keeps a figure of the scenario's measure.
func (r *recorder) value(name string, v float64) {
	if r.result.Values == nil {
		r.result.Values = map[string]float64{}
	}
	r.result.Values[name] = v
}

// addFlag adds a flag that excludes the trial from the given metrics, separated by spaces; "*" means all.
func (r *recorder) addFlag(code, metrics string, f results.Fact) { r.addFlagOf(code, metrics, "", f) }

// addFlagOf adds a flag with what a log or a check says.
func (r *recorder) addFlagOf(code, metrics, detail string, f results.Fact) {
	r.result.Flags = append(r.result.Flags, results.Flag{Code: code, Detail: detail, Metrics: strings.Fields(metrics), Fact: f})
}

// keep keeps a phase. Its stolen time is computed at the trial's end.
func (r *recorder) keep(out loaded) {
	r.result.Phases = append(r.result.Phases, out.Phase)
	r.stretches = append(r.stretches, out.stretches)
}

// drained notes how a phase's drain ended.
func (r *recorder) drained(t *tally, out *loaded) {
	out.Drained, out.ClockHalfWidth = t.lastFinished(), t.halfWidth()
	r.drains = append(r.drains, t)
	if missing := out.Count - t.done.Load(); missing > 0 {
		r.addFlag(results.FlagNotDrained, "*", results.Fact{Check: results.CheckDrain, Phase: out.Name, Count: missing, Of: out.Count})
	}
}

// redrained notes the last ends of the phases again: workers end some tasks of an abandoned drain while they are being stopped, and a failed
// task of the user's may succeed later, when it is tried again.
func (r *recorder) redrained() {
	for _, t := range r.drains {
		for i := range r.result.Phases {
			if p := &r.result.Phases[i]; p.Name == t.name && p.First == t.spans[0].first {
				p.Drained = t.lastFinished()
			}
		}
	}
}

// backlogCost notes the harness's own use while a backlog drained.
func (r *recorder) backlogCost(out *loaded) {
	u := out.HarnessUsage
	if u.WallSeconds > 0 {
		r.result.Harness.CPUShare = max(r.result.Harness.CPUShare, u.CPUSeconds/u.WallSeconds)
	}
	r.result.Harness.PSSMiB = max(r.result.Harness.PSSMiB, u.PSSMiB)
}
