package analysis

import (
	"slices"
	"testing"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
)

// Noise can make a rate fail, and not hold: the highest rate is bracketed by the rates that failed without it.
func TestTheHighestRateIsBracketedByWhatFailed(t *testing.T) {
	t.Parallel()
	at := func(rate, still float64) results.Phase { return results.Phase{Rate: rate, Still: still} }
	for name, tt := range map[string]struct {
		failed []failedRate
		high   float64
	}{
		"a quiet machine":             {[]failedRate{{at(440, 0), true}}, 400},
		"slowed a little":             {[]failedRate{{at(440, 0.04), true}}, 400 / 0.95},
		"not by more than what fails": {[]failedRate{{at(440, 0.4), true}}, 440},
		"the next fails for sure":     {[]failedRate{{at(440, 0.4), false}, {at(800, 0.1), true}}, 800},
		"none fails for sure":         {[]failedRate{{at(440, 0.4), false}, {at(800, 0.4), false}}, 4000},
	} {
		got := heldBracket(&measured{failed: tt.failed}, 400)
		near(t, name+", low", got.Low, 400)
		near(t, name+", high", got.High, tt.high)
	}
}

// A rate whose tasks were late only by a standstill may have held; one that they were late at without it has failed.
func TestARateFailsForSureWhereNoiseIsTooLittle(t *testing.T) {
	t.Parallel()
	const ms = int64(time.Millisecond)
	s := &scratch{}
	s.tasks.Outcome.List = []string{results.OutcomeFinished}
	trial := results.Trial{Values: map[string]float64{metric.MaxRate: 200}}
	// The phases follow each other, a second each. In each, CPUs are stolen for cost in the second stretch.
	phase := func(name string, rate float64, latency, cost int64) {
		k, from := uint8(len(s.tasks.Phase.List)), int64(len(s.tasks.Phase.List))*1000*ms
		s.tasks.Phase.List = append(s.tasks.Phase.List, name)
		s.series.Phase.List = append(s.series.Phase.List, name)
		for i := range 100 {
			sent := from + int64(100+i)*ms
			s.tasks.Phase.Index, s.tasks.Outcome.Index = append(s.tasks.Phase.Index, k), append(s.tasks.Outcome.Index, 0)
			s.tasks.Intended, s.tasks.Sent, s.tasks.Started = append(s.tasks.Intended, sent), append(s.tasks.Sent, sent), append(s.tasks.Started, sent)
			s.tasks.Finished = append(s.tasks.Finished, sent+latency)
		}
		stolen := int64(0)
		for i := range int64(4) {
			if i == 2 {
				stolen = cost
			}
			s.series.Phase.Index, s.series.At = append(s.series.Phase.Index, k), append(s.series.At, from+i*300*ms)
			s.series.Stolen = append(s.series.Stolen, stolen)
		}
		trial.Phases = append(trial.Phases, results.Phase{Name: name, Rate: rate, Still: float64(cost) / float64(1000*ms)})
	}
	phase("rate at 200", 200, 100*ms, 0)
	phase("rate at 800", 800, 900*ms, 0)
	phase("rate at 400", 400, 400*ms, 200*ms)
	phase("rate at 300", 300, 260*ms, 200*ms)
	phase("rate at 250", 250, 260*ms, 200*ms)
	phase("other", 210, 900*ms, 0)
	var rates []float64
	var sure []bool
	for _, f := range s.failedRates(trial, 250*time.Millisecond) {
		rates, sure = append(rates, f.phase.Rate), append(sure, f.sure)
	}
	// 200 ms that are stolen cost 250 ms at most, and 400 ms less that is within the bound.
	if !slices.Equal(rates, []float64{250, 300, 400, 800}) || !slices.Equal(sure, []bool{false, false, false, true}) {
		t.Errorf("%v, %v", rates, sure)
	}
	for _, f := range s.failedRates(trial, 100*time.Millisecond) {
		if want := f.phase.Rate == 400; f.sure != want {
			t.Errorf("within 100 ms: %v is sure: %v", f.phase.Rate, f.sure)
		}
	}
	delete(trial.Values, metric.MaxRate)
	if failed := s.failedRates(trial, time.Second); failed != nil {
		t.Errorf("without a search: %v", failed)
	}
}
