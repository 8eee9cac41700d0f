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
)

// Hot is a function that the wire producer's CPU time went into, without what it called.
type Hot struct {
	Function string  `json:"function"`
	Percent  float64 `json:"percent"`
}

const (
	// hottest is how many functions are told, and profiled how long the producer runs for it: a profile has a hundred
	// samples a second.
	hottest  = 5
	profiled = time.Second
)

// profile tells what the wire producer's CPU time goes into, in turns of its own: a profile would slow down those that are
// compared.
func (p *pair) profile(ctx context.Context, o Options) (hot []Hot, err error) {
	var raw bytes.Buffer
	if err := pprof.StartCPUProfile(&raw); err != nil {
		return nil, fmt.Errorf("profile the wire producer: %w", err)
	}
	limit := int64(float64(profiled) * o.Scale)
	var rates []float64
	for began := p.clock.Now(); err == nil && (len(rates) == 0 || p.clock.Now()-began < limit); {
		err = p.turn(ctx, way{rates: &rates, rate: p.wireRate})
	}
	pprof.StopCPUProfile()
	if err != nil {
		return nil, fmt.Errorf("profile the wire producer: %w", err)
	}
	of, err := profile.Parse(&raw)
	if err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	return hottestOf(of), nil
}

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
