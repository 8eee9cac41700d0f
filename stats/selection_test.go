package stats

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// kindsOfSamples are of several kinds: any numbers, few different ones, all alike, and in order.
func kindsOfSamples(rng *rand.Rand, n int) [][]float64 {
	out := make([][]float64, 5)
	for range n {
		out[0] = append(out[0], rng.NormFloat64())
		out[1] = append(out[1], float64(rng.IntN(3)-1))
		out[2] = append(out[2], 7)
		out[3] = append(out[3], math.Ldexp(rng.NormFloat64(), rng.IntN(600)-300))
		out[4] = append(out[4], float64(len(out[4])))
	}
	return out
}

// What is found without sorting is what sorting finds, to the bit.
func TestSelectionIsThatOfTheSortedSample(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 2))
	for _, n := range []int{1, 2, 3, 4, 5, 8, 31, 100} {
		for i, s := range kindsOfSamples(rng, n) {
			if got, want := middle(slices.Clone(s)), Median(s); got != want {
				t.Errorf("sample %d of %d: the middle is %v, want %v", i, n, got, want)
			}
			for j, o := range kindsOfSamples(rng, 1+rng.IntN(40)) {
				if got, want := medianShift(ascending(s), ascending(o)), Median(shifts(s, o)); got != want {
					t.Errorf("samples %d and %d of %d: the shift is %v, want %v", i, j, n, got, want)
				}
				if got, want := uStatistic(s, o), countedU(s, o); got != want {
					t.Errorf("samples %d and %d of %d: U is %v, want %v", i, j, n, got, want)
				}
			}
			if got, want := inversions(slices.Clone(s), make([]float64, n)), countedInversions(s); got != want {
				t.Errorf("sample %d of %d: %d inversions, want %d", i, n, got, want)
			}
		}
	}
}

// shifts are all differences of a second value to a first.
func shifts(first, second []float64) []float64 {
	out := make([]float64, 0, len(first)*len(second))
	for _, s := range second {
		for _, f := range first {
			out = append(out, s-f)
		}
	}
	return out
}

// The interval of Hodges and Lehmann has the ends that the sorted differences have, to the bit.
func TestShiftIntervalIsThatOfTheSortedDifferences(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(6, 3))
	for _, n := range []int{4, 5, 8, 31, 100} {
		for i, first := range kindsOfSamples(rng, n) {
			for j, second := range kindsOfSamples(rng, 4+rng.IntN(60)) {
				got, ok := ShiftInterval(first, second, Confidence)
				k, _ := shiftRank(len(first), len(second), Confidence)
				d := ascending(shifts(first, second))
				if !ok || got.Low != d[k-1] || got.High != d[len(d)-k] || got.Estimate != Median(d) {
					t.Errorf("samples %d and %d of %d: %+v, want %v to %v around %v", i, j, n, got, d[k-1], d[len(d)-k], Median(d))
				}
			}
		}
	}
}

// A tool may measure tens of thousands of times: a list of all differences would take 20 GB.
func TestShiftIntervalOfManyValues(t *testing.T) {
	t.Parallel()
	const n = 50_000
	first, second := make([]float64, n), make([]float64, n)
	for i := range n {
		first[i], second[i] = float64(i), float64(i)+7
	}
	if got, ok := ShiftInterval(first, second, Confidence); !ok || got.Estimate != 7 || !(got.Low < 7 && got.High > 7) {
		t.Errorf("%+v, %v", got, ok)
	}
}

// countedU looks at each pair.
func countedU(baseline, candidate []float64) float64 {
	var u float64
	for _, c := range candidate {
		for _, b := range baseline {
			switch {
			case c > b:
				u++
			case c == b:
				u += 0.5
			}
		}
	}
	return u
}

func countedInversions(values []float64) int {
	n := 0
	for i, v := range values {
		for _, w := range values[i+1:] {
			if v > w {
				n++
			}
		}
	}
	return n
}

func FuzzSelection(f *testing.F) {
	f.Add([]byte("0123456701234567012345670123456701234567"), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, at uint8) {
		var values []float64
		for ; len(data) >= 8 && len(values) < 64; data = data[8:] {
			// What is compared is logarithms: their differences are numbers.
			if v := math.Float64frombits(binary.LittleEndian.Uint64(data)); math.Abs(v) < 1e300 {
				values = append(values, v)
			}
		}
		if len(values) < 2 {
			return
		}
		cut := 1 + int(at)%(len(values)-1)
		a, b := values[:cut], values[cut:]
		if got, want := medianShift(ascending(a), ascending(b)), Median(shifts(a, b)); got != want {
			t.Fatalf("the shift is %v, want %v", got, want)
		}
		if got, want := middle(slices.Clone(values)), Median(values); got != want {
			t.Fatalf("the middle is %v, want %v", got, want)
		}
	})
}
