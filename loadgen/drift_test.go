package loadgen

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// sends is how far to check a schedule: at 20,000 per second, about fourteen hours.
const sends = 1_000_000_000

// within checks that task i of rate tasks per period is due less than a nanosecond before the exact time, i x period / rate, and never
// after it.
func within(t *testing.T, i, rate uint64, period time.Duration) {
	t.Helper()
	exact := new(big.Rat).SetFrac(
		new(big.Int).Mul(new(big.Int).SetUint64(i), big.NewInt(int64(period))), new(big.Int).SetUint64(rate))
	if exact.Cmp(new(big.Rat).SetInt64(1<<62)) > 0 {
		return // centuries away
	}
	c := Constant{Rate: rate, Period: period}
	early := exact.Sub(exact, new(big.Rat).SetInt64(c.At(i)))
	if early.Sign() < 0 || early.Cmp(big.NewRat(1, 1)) >= 0 {
		t.Fatalf("task %d at %d per %s is %s ns from its time", i, rate, period, early.FloatString(3))
	}
}

func TestNoRateDriftsInABillionSends(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		rate, period := 1+rng.Uint64N(1_000_000), time.Duration(1+rng.Int64N(int64(time.Hour)))
		for _, i := range []uint64{0, 1, sends - 1, sends, rng.Uint64N(sends)} {
			within(t, i, rate, period)
		}
	}
}

// Next counts like At, so that the millionth call is as exact as the first.
func TestNextIsAtOfTheNextIndex(t *testing.T) {
	t.Parallel()
	c := Constant{Rate: 30_011, Period: 7 * time.Second}
	for i := range uint64(100_000) {
		if got, want := c.Next(), c.At(i); got != want {
			t.Fatalf("call %d is %d, want %d", i, got, want)
		}
	}
}

func FuzzNoRateDrifts(f *testing.F) {
	f.Add(uint64(sends), uint64(3), int64(time.Second))
	f.Add(uint64(sends-1), uint64(999_983), int64(time.Hour))
	f.Add(uint64(1), uint64(1), int64(1))
	f.Fuzz(func(t *testing.T, i, rate uint64, period int64) {
		if rate == 0 || period <= 0 {
			return // neither is a schedule
		}
		within(t, i, rate, time.Duration(period))
	})
}
