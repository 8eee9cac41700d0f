package trial

import (
	"math"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// readings are those of a machine from time 0 on, in ms: each sample's length, stolen and busy time.
func readings(samples ...[3]int64) []reading {
	const ms = int64(time.Millisecond)
	out := []reading{{}}
	for _, s := range samples {
		last := out[len(out)-1]
		out = append(out, reading{last.at + s[0]*ms, process.Machine{Stolen: last.Stolen + time.Duration(s[1]*ms), Busy: last.Busy + time.Duration(s[2]*ms)}})
	}
	return out
}

func TestTheft(t *testing.T) {
	quiet := [3]int64{100, 0, 100}
	for name, tt := range map[string]struct {
		samples       [][3]int64
		from, to      int64 // ms
		still, stolen float64
	}{
		"quiet":                                 {[][3]int64{quiet, quiet}, 0, 200, 0, 0},
		"in one sample":                         {[][3]int64{{100, 30, 70}, quiet}, 0, 200, 0.15, 0.15},
		"idle CPUs don't dilute it":             {[][3]int64{{100, 20, 20}}, 0, 100, 0.2, 0.5},
		"on many CPUs at once":                  {[][3]int64{{100, 400, 1200}, quiet}, 0, 200, 0.5, 400.0 / 1700},
		"no more than the cap":                  {[][3]int64{{100, 190, 10}}, 0, 100, 0.9, 0.95},
		"a sample straddles the beginning":      {[][3]int64{{100, 40, 60}, quiet}, 50, 150, 0.2, 0.2},
		"a sample straddles the end":            {[][3]int64{quiet, {100, 40, 60}}, 50, 125, 10.0 / 75, 10.0 / 75},
		"a sample straddles both":               {[][3]int64{{100, 40, 60}}, 25, 75, 0.4, 0.4},
		"a late sample may be all still":        {[][3]int64{{300, 250, 50}, quiet}, 0, 400, 0.625, 0.625},
		"a late sample is capped by its length": {[][3]int64{{300, 500, 100}, {700, 0, 700}}, 0, 1000, 0.3, 500.0 / 1300},
		"before and after are left out":         {[][3]int64{{100, 90, 10}, quiet, {100, 90, 10}}, 100, 200, 0, 0},
		"beyond the readings":                   {[][3]int64{{100, 50, 50}}, 0, 200, 0.25, 0.5},
		"no time":                               {[][3]int64{{100, 50, 50}}, 50, 50, 0, 0},
		"an end that never came":                {[][3]int64{{100, 50, 50}}, 50, 0, 0, 0},
		"readings at one moment":                {[][3]int64{{0, 0, 0}, {100, 10, 90}}, 0, 100, 0.1, 0.1},
		"no readings":                           {nil, 0, 100, 0, 0},
	} {
		got := theftOf(readings(tt.samples...), []stretch{{tt.from * int64(time.Millisecond), tt.to * int64(time.Millisecond)}})
		if math.Abs(got.still-tt.still) > 1e-12 || math.Abs(got.stolen-tt.stolen) > 1e-12 {
			t.Errorf("%s: %+v, want still %g, stolen %g", name, got, tt.still, tt.stolen)
		}
	}
}
