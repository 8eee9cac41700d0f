package selfcheck

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/google/pprof/profile"

	"github.com/tqbench/tqbench/internal/flame"
)

// Hot is a function that the wire producer's CPU time went into, without what it called.
type Hot struct {
	Function string  `json:"function"`
	Percent  float64 `json:"percent"`
}

const (
	// hottest is how many functions are reported, shown how many of them in a table, and profiled how long the producer runs for
	// it: a profile has a hundred samples for each second of CPU time, of which a turn on a broker is a part, and a picture
	// wants some hundreds.
	hottest  = 5
	shown    = 3
	profiled = 15 * time.Second
)

// profile finds where the wire producer's CPU time goes, in separate turns: a profile would slow down those that are
// compared.
func (p *pair) profile(ctx context.Context, o Options) (hot []Hot, stacks *flame.Frame, err error) {
	var raw bytes.Buffer
	if err := pprof.StartCPUProfile(&raw); err != nil {
		return nil, nil, fmt.Errorf("profile the wire producer: %w", err)
	}
	limit := int64(float64(profiled) * o.Scale)
	var rates []float64
	for began := p.clock.Now(); err == nil && (len(rates) == 0 || p.clock.Now()-began < limit); {
		err = p.turn(ctx, way{rates: &rates, rate: p.wireRate})
	}
	pprof.StopCPUProfile()
	if err != nil {
		return nil, nil, fmt.Errorf("profile the wire producer: %w", err)
	}
	of, err := profile.Parse(&raw)
	if err != nil {
		return nil, nil, fmt.Errorf("read the profile: %w", err)
	}
	return hottestOf(of), fold(of), nil
}

const (
	// profiledFrames is how many functions the runtime notes of a stack, the innermost ones (maxCPUProfStack in runtime/cpuprof.go).
	profiledFrames = 64
	cutOff         = "(callers beyond the 64 that a profile tells)"
)

// fold counts the samples, which are the first of their values, by stack: a function that was inlined is one that was called.
func fold(of *profile.Profile) *flame.Frame {
	root := &flame.Frame{}
	for _, s := range of.Sample {
		var stack []string
		for _, l := range slices.Backward(s.Location) {
			for _, line := range slices.Backward(l.Line) {
				stack = append(stack, line.Function.Name)
			}
		}
		if len(stack) >= profiledFrames {
			stack = slices.Insert(stack, 0, cutOff)
		}
		if len(stack) > 0 && len(s.Value) > 0 {
			root.Add(stack, s.Value[0])
		}
	}
	return root
}

// hotShown are the functions that a table shows.
func (e Enqueue) hotShown() []Hot { return e.Hot[:min(shown, len(e.Hot))] }

// hottestOf sums up samples by the function that was running, inlined ones apart.
func hottestOf(of *profile.Profile) []Hot {
	byName, all := map[string]int64{}, int64(0)
	for _, s := range of.Sample {
		if len(s.Location) == 0 || len(s.Location[0].Line) == 0 || len(s.Value) == 0 {
			continue
		}
		spent := s.Value[len(s.Value)-1]
		byName[s.Location[0].Line[0].Function.Name] += spent
		all += spent
	}
	names := slices.SortedFunc(maps.Keys(byName), func(a, b string) int {
		return cmp.Or(cmp.Compare(byName[b], byName[a]), cmp.Compare(a, b))
	})
	var out []Hot
	for _, name := range names[:min(hottest, len(names))] {
		out = append(out, Hot{Function: name, Percent: 100 * float64(byName[name]) / float64(all)})
	}
	return out
}
