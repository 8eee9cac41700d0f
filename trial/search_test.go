package trial

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
)

// A rate that our own generator made fail says so; one that the workers failed, or that held anyway, doesn't.
func TestARateThatTheGeneratorMissedIsMarked(t *testing.T) {
	const hold = 250 * time.Millisecond
	for name, tt := range map[string]struct {
		late, latency time.Duration
		waiting       int64
		held          bool
		ours          results.Fact
	}{
		"held":                      {0, 200 * time.Millisecond, 0, true, results.Fact{}},
		"held though it was late":   {150 * time.Millisecond, 200 * time.Millisecond, 0, true, results.Fact{}},
		"too slow":                  {0, 300 * time.Millisecond, 0, false, results.Fact{}},
		"its queue grows":           {0, 200 * time.Millisecond, 300, false, results.Fact{}},
		"late, and slow either way": {60 * time.Millisecond, 400 * time.Millisecond, 0, false, results.Fact{}},
		"slow by its lateness":      {60 * time.Millisecond, 300 * time.Millisecond, 0, false, results.Fact{Check: results.CheckSearchSent, Value: 0.06, Limit: 0.25}},
		"another load":              {150 * time.Millisecond, time.Second, 300, false, results.Fact{Check: results.CheckSearchLateness, Value: 0.15, Limit: 0.1}},
	} {
		o := judge(offered(1000, 1, tt.late, tt.latency), 1000, tt.waiting, hold)
		if o.held != tt.held || o.rate != 1000 || !reflect.DeepEqual(o.ours, tt.ours) {
			t.Errorf("%s: %+v, want held %v, %+v", name, o, tt.held, tt.ours)
		}
		r := &recorder{}
		r.found(900, o)
		if r.result.Values[metric.MaxRate] != 900 || len(r.result.Flags) != min(len(tt.ours.Check), 1) {
			t.Errorf("%s: %v, %+v", name, r.result.Values, r.result.Flags)
		}
		for _, f := range r.result.Flags {
			if f.Code != results.FlagProducerBound || f.Rate != 1000 || !slices.Equal(f.Metrics, []string{metric.MaxRate}) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	// A chain takes as long as all its steps, from the sending of its first.
	if o := judge(offered(1000, 3, 0, 100*time.Millisecond), 1000, 0, hold); o.held {
		t.Errorf("a chain of 300 ms is held: %+v", o)
	}
}

// Each rate of a search is a phase, with its noise noted as for any other.
func TestEachRateOfASearchNotesNoise(t *testing.T) {
	const ms = int64(time.Millisecond)
	r := &recorder{machine: &sampler{readings: readings([3]int64{100, 0, 100}, [3]int64{100, 40, 60}, [3]int64{100, 0, 100})}}
	for i, name := range []string{"rate at 200", "rate at 400", "soak"} {
		from := int64(i) * 100 * ms
		r.keep(loaded{Phase: results.Phase{Name: name}, stretches: []stretch{{from, from + 100*ms}}})
	}
	r.series = []results.Sample{
		{Phase: "rate at 200", At: 0}, {Phase: "rate at 200", At: 100 * ms, Crowded: 60 * ms, Beside: 80 * ms},
		{Phase: "rate at 400", At: 100 * ms, Crowded: 60 * ms}, {Phase: "rate at 400", At: 200 * ms, Crowded: 65 * ms},
		{Phase: "soak", At: 200 * ms, Crowded: 65 * ms}, {Phase: "soak", At: 300 * ms, Crowded: 85 * ms},
	}
	r.theft()
	r.noise()
	var got []string
	for _, f := range r.result.Flags {
		got = append(got, f.Code+" in "+f.Phase)
	}
	want := []string{"disturbed in rate at 200", "throttled in rate at 400", "disturbed in soak"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if p := r.result.Phases[0]; p.Crowded != 0.6 || p.Beside != 0.8 || p.Still != 0 {
		t.Errorf("%+v", p)
	}
}
