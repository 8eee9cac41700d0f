package main

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// soFar is what a run has measured so far, for its live.json. Several goroutines may use it.
type soFar struct {
	mu sync.Mutex
	// kept has the trials that ended, by number, and whether each counts.
	kept   map[int]bool
	ratios []results.LiveRatio
}

// newSoFar begins with the trials of earlier parts of the run.
func newSoFar(out string) *soFar {
	s := &soFar{kept: map[int]bool{}}
	trials, _ := results.ReadTrials(out) // the run reports what can't be read
	for _, t := range trials {
		s.ended(t.ID, t)
	}
	return s
}

// ended takes the result of a trial.
func (s *soFar) ended(id int, t results.Trial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[id] = t.Done() && t.Valid()
}

// compared takes the deciding comparisons of a place; each replaces its earlier one.
func (s *soFar) compared(all []analysis.Comparison) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range all {
		if c.Blocks == 0 || c.NotCounted.Differ() {
			continue
		}
		r := liveRatio(c)
		i := slices.IndexFunc(s.ratios, func(x results.LiveRatio) bool {
			return x.Scenario == r.Scenario && x.Broker == r.Broker && x.Metric == r.Metric && x.Candidate == r.Candidate && x.Baseline == r.Baseline
		})
		if i < 0 {
			s.ratios = append(s.ratios, r)
		} else {
			s.ratios[i] = r
		}
	}
}

// fill writes it into a live.json.
func (s *soFar) fill(l *results.Live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.Ended, l.Kept = len(s.kept), 0
	for _, kept := range s.kept {
		if kept {
			l.Kept++
		}
	}
	l.Ratios = slices.Clone(s.ratios)
}

func liveRatio(c analysis.Comparison) results.LiveRatio {
	r := results.LiveRatio{Scenario: c.Scenario, Broker: c.Broker, Metric: c.Metric, Title: c.Title, HigherIsBetter: c.HigherIsBetter,
		Candidate: cmp.Or(c.Candidate.Arm, c.Candidate.Contender), Baseline: cmp.Or(c.Baseline.Arm, c.Baseline.Contender),
		Ratio: c.Ratio.Estimate, Blocks: c.Blocks, Noisy: noisyBlocks(c)}
	if hasInterval(c) {
		r.Low, r.High = c.Ratio.Low, c.Ratio.High
	}
	return r
}

// hasInterval reports whether enough blocks have a ratio for an interval that says something.
func hasInterval(c analysis.Comparison) bool {
	return c.Blocks > 1 && !stats.Vague(c.Ratio.Low, c.Ratio.Estimate, c.Ratio.High, c.Blocks)
}

// noisyBlocks is in how many blocks other programs or stolen CPU time can have changed a value.
func noisyBlocks(c analysis.Comparison) int { return max(c.Noisy, c.Disturbed) }

// now is what the run is doing.
func (w *watcher) now() results.Live {
	var l results.Live
	l.Trial, l.Ends = w.line.current(time.Now())
	w.soFar.fill(&l)
	return l
}
