package clock_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/cluster/clock"
)

// host is a clock that has an offset and drifts, read in simulated time.
type host struct {
	base   time.Time
	offset int64
	ppm    float64
}

func (h host) now() int64 { return h.at(int64(time.Since(h.base))) }

func (h host) at(local int64) int64 { return local + h.offset + int64(float64(local)*h.ppm/1e6) }

// exchange lets two messages cross, which take the given times.
func exchange(local, remote host, there, answer, back time.Duration) clock.Exchange {
	var e clock.Exchange
	e.T0 = local.now()
	time.Sleep(there)
	e.T1 = remote.now()
	time.Sleep(answer)
	e.T2 = remote.now()
	time.Sleep(back)
	e.T3 = local.now()
	return e
}

func TestAnExchangeBoundsTheOffset(t *testing.T) {
	for _, c := range []struct {
		name string
		e    clock.Exchange
		want clock.Interval
	}{
		{"one clock, 3 there and 5 back", clock.Exchange{T0: 100, T1: 103, T2: 104, T3: 109}, clock.Interval{Low: -5, High: 3}},
		{"the remote clock is 1000 ahead", clock.Exchange{T0: 100, T1: 1103, T2: 1104, T3: 109}, clock.Interval{Low: 995, High: 1003}},
		{"it is 50 behind", clock.Exchange{T0: 100, T1: 53, T2: 54, T3: 109}, clock.Interval{Low: -55, High: -47}},
	} {
		if got := c.e.Interval(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// The true offset is always inside, at any asymmetry of the network and any drift that is allowed, and so is each converted time.
func TestTheTrueOffsetIsAlwaysInside(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			local := host{base: time.Now()}
			remote := host{base: local.base, offset: rng.Int64N(2e12) - 1e12, ppm: clock.DriftPPM * (2*rng.Float64() - 1)}
			latency := func() time.Duration { return 5*time.Microsecond + time.Duration(rng.ExpFloat64()*50e3) }
			var tracker clock.Tracker
			if _, ok := tracker.At(0); ok {
				t.Error("an offset is known before any exchange")
			}
			for range 300 {
				if err := tracker.Add(exchange(local, remote, latency(), latency(), 4*latency())); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
				now := local.now()
				at := now - rng.Int64N(now) // between exchanges, and after the last
				i, ok := tracker.At(at)
				if truth := remote.at(at) - at; !ok || truth < i.Low || truth > i.High {
					t.Fatalf("seed %d: at %d: the offset %d is not in %+v", seed, at, truth, i)
				}
				r, ok := tracker.Local(remote.at(at))
				if off := max(r.At-at, at-r.At); !ok || off > r.HalfWidth {
					t.Fatalf("seed %d: %d became %+v", seed, at, r)
				}
				if there, ok := tracker.Remote(at); !ok || max(there-remote.at(at), remote.at(at)-there) > i.HalfWidth() {
					t.Fatalf("seed %d: %d is at %d there, not at %d", seed, at, there, remote.at(at))
				}
			}
			if n := tracker.Contradictions(); n != 0 {
				t.Errorf("seed %d: %d contradictions", seed, n)
			}
			if r, _ := tracker.Local(remote.now()); r.HalfWidth > 150_000 {
				t.Errorf("seed %d: half a width of %d ns", seed, r.HalfWidth)
			}
		})
	}
}

// Many exchanges give a narrower interval than each alone.
func TestTheTightestExchangesCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		local := host{base: time.Now()}
		remote := host{base: local.base, offset: 1e12}
		var tracker clock.Tracker
		for _, d := range []time.Duration{time.Millisecond, 10 * time.Microsecond, time.Millisecond} {
			for _, e := range []clock.Exchange{exchange(local, remote, d, 0, time.Millisecond), exchange(local, remote, time.Millisecond, 0, d)} {
				if err := tracker.Add(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if i, _ := tracker.At(local.now()); i.High-i.Low > 25_000 {
			t.Errorf("the width is %d ns", i.High-i.Low)
		}
	})
}

// A clock that is slewed faster than the bound is noticed, and later times are bounded again.
func TestASlewIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		local := host{base: time.Now()}
		remote := host{base: local.base}
		var tracker clock.Tracker
		add := func() {
			if err := tracker.Add(exchange(local, remote, 10*time.Microsecond, 0, 10*time.Microsecond)); err != nil {
				t.Fatal(err)
			}
		}
		add()
		remote.offset = 1e6
		time.Sleep(100 * time.Millisecond)
		add()
		if n := tracker.Contradictions(); n != 1 {
			t.Errorf("%d contradictions, not 1", n)
		}
		if i, _ := tracker.At(local.now()); i.Low > 1e6 || i.High < 1e6 {
			t.Errorf("the new offset is not in %+v", i)
		}
	})
}

func TestExchangesOutOfOrderAreRefused(t *testing.T) {
	for _, e := range []clock.Exchange{
		{T0: 10, T1: 0, T2: 0, T3: 9},
		{T0: 0, T1: 10, T2: 9, T3: 5},
		{T0: 0, T1: 0, T2: 500, T3: 100}, // a longer stay there than the round trip
	} {
		if err := new(clock.Tracker).Add(e); !errors.Is(err, clock.ErrExchange) {
			t.Errorf("%+v: %v", e, err)
		}
	}
}
