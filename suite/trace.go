package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/suite/trace"
)

// MaxTrace is the maximum number of tasks of a trace: a plan holds all of them.
const MaxTrace = 1_000_000

// Arrival is one task of a trace.
type Arrival struct {
	// At is the due time, in seconds from the start.
	At float64 `json:"at"`
	// Kind is an index into the scenario's kinds.
	Kind int `json:"kind,omitempty"`
}

// largestTrace is the maximum size of a trace's text in bytes, and longestTrace its maximum time in seconds.
const (
	largestTrace = 1 << 30
	longestTrace = 1_000_000
)

// ParseTrace reads the arrivals of a file in any of the forms of package trace. They begin at the first one. If the file has a column kind,
// it names the scenario's kinds; otherwise each task gets one at random, in their shares.
func ParseTrace(data []byte, kinds []Share) ([]Arrival, error) {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	ctx := context.Background() // its size bounds how long it takes
	t, err := trace.Survey(ctx, open, trace.Options{MaxBytes: largestTrace})
	if err != nil {
		return nil, err
	}
	if t.Seconds > longestTrace {
		return nil, fmt.Errorf("its tasks come over %.0f s, and a trace has at most %d: take a part of it with tqbench trace --for, or let time pass faster with --speed", t.Seconds, longestTrace)
	}
	index := map[string]int{}
	for i, k := range kinds {
		index[k.Kind] = i
	}
	for _, k := range t.Kinds {
		if _, ok := index[k.Name]; !ok {
			return nil, fmt.Errorf("line %d: the scenario has no kind of task %q", k.Line, text.Clean(k.Name, 60))
		}
	}
	l, err := t.Load(ctx, trace.Whole(), MaxTrace)
	switch {
	case errors.Is(err, trace.ErrTooMany):
		return nil, fmt.Errorf("it has %d tasks, and a trace has at most %d: take a part of it with tqbench trace --for or --rate-scale", t.Tasks, MaxTrace)
	case err != nil:
		return nil, err
	}
	out := make([]Arrival, len(l.Arrivals))
	pick := picker(kinds)
	for i, a := range l.Arrivals {
		out[i].At = float64(a.At) / float64(time.Second)
		if t.HasKinds {
			out[i].Kind = index[l.Kinds[a.Kind].Name]
		} else {
			out[i].Kind = pick()
		}
	}
	return out, nil
}

// picker draws kinds in their shares, the same ones each time.
func picker(kinds []Share) func() int {
	total := 0
	for _, k := range kinds {
		total += k.Share
	}
	rng := rand.New(rand.NewPCG(1, 0x6b69_6e64_7300))
	return func() int {
		if len(kinds) < 2 {
			return 0
		}
		n := rng.IntN(total)
		for i, k := range kinds {
			if n -= k.Share; n < 0 {
				return i
			}
		}
		return 0
	}
}

// cut ends a trace at the limit of its phase.
func (p *Phase) cut(limit time.Duration) {
	n := slices.IndexFunc(p.Recorded, func(a Arrival) bool { return a.At > limit.Seconds() })
	if n < 0 {
		return
	}
	p.Cut = &Cut{Of: len(p.Recorded), Seconds: p.Recorded[len(p.Recorded)-1].At}
	p.Recorded = slices.Clip(p.Recorded[:n])
	p.Tasks = n
}

// shortened is a trace of a share of the time, at the rates of the whole.
func shortened(all []Arrival, scale float64) []Arrival {
	n := max(int(math.Round(float64(len(all))*scale)), 1)
	out := make([]Arrival, n)
	for i := range out {
		a := all[int(float64(i)*float64(len(all))/float64(n))]
		out[i] = Arrival{At: a.At * float64(n) / float64(len(all)), Kind: a.Kind}
	}
	return out
}
