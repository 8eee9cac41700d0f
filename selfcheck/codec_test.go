package selfcheck

import (
	"slices"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/trial"
)

// wasteful asks for memory twice a message.
type wasteful struct{ kept []*int }

func (w *wasteful) Destination() broker.Destination { return broker.Destination{} }
func (w *wasteful) Append(dst []byte, _ *broker.Properties, t contender.Task) ([]byte, error) {
	for range 2 {
		w.kept[0] = new(int)
	}
	return append(dst, byte(t.Seq)), nil
}

func TestAllocationsAreCounted(t *testing.T) {
	var clock int64
	ns, allocations, err := timeEncoder(func() int64 { clock += 1000; return clock }, &wasteful{kept: make([]*int, 1)}, 3, 1000)
	if err != nil || !slices.Equal(allocations, []float64{2, 2, 2}) || !slices.Equal(ns, []float64{1, 1, 1}) {
		t.Errorf("%v, %v, %v", ns, allocations, err)
	}
}

func TestTheClientsTimesAreReadInRounds(t *testing.T) {
	for out, want := range map[string][]float64{
		`{"encode_ns": [1, 2, 9, 4, 5, 6], "bytes": 3}`:    {2, 5},
		`{"encode_ns": [1, 2, 9, 4, 5, 6, 7], "bytes": 3}`: {2, 5},
		`{"encode_ns": [1]}`:                               nil,
		`{"encode_ns": [], "refused": "TypeError: no"}`:    nil,
		`Traceback (most recent call last):`:               nil,
	} {
		if got, err := readClientCodec([]byte(out), 2); !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%s: %v, %v, want %v", out, got, err, want)
		}
	}
}

// What is recorded of each task must not ask for memory, or the collector would stop the load to tidy up.
func TestRecordingAllocatesNothing(t *testing.T) {
	record := trial.Recorder(1000)
	if n := testing.AllocsPerRun(100, func() {
		for i := range 1000 {
			record(i, 1, 2, 3)
		}
	}); n != 0 {
		t.Errorf("%v allocations in 1000 records", n)
	}
}
