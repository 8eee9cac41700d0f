package stats

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// floats reads eight bytes a number: any bit pattern, so NaN, infinities and denormals too.
func floats(data []byte) []float64 {
	var out []float64
	for len(data) >= 8 && len(out) < 64 {
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(data)))
		data = data[8:]
	}
	return out
}

func bytesOf(values ...float64) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

func addSeeds(f *testing.F) {
	f.Helper()
	inf, nan, tiny, huge := math.Inf(1), math.NaN(), math.SmallestNonzeroFloat64, math.MaxFloat64
	for _, seed := range [][]float64{
		{},
		{1},
		{1121, 1098, 1143, 1075, 1130, 1109, 1702, 1611, 1744, 1650, 1688, 1597},
		{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		{3, 3, 3, 3, 3, 3, 6, 6, 6, 6, 6, 6},
		{nan, inf, -inf, 0, -1, 1, nan, inf, -inf, 0, -1, 1},
		{tiny, tiny, huge, huge, 1, 1, huge, tiny, tiny, huge, tiny, huge},
		{-huge, huge, -huge, huge, huge, -huge, -huge, huge},
		{-1, -2, -3, -4, -5, -6, -2, -4, -6, -8, -10, -12},
		{0, math.Copysign(0, -1), 0, 0, 0, 0, 0, 0},
		{1, math.Nextafter(1, 2), 1, math.Nextafter(1, 2), 1, 1, math.Nextafter(1, 2), 1},
		{2, 3, 2, 4, 2, 2, 3, 2, 4, 2, 3, 5},
	} {
		f.Add(bytesOf(seed...))
	}
}

// Each procedure keeps to its range for any numbers that it can meet: finite values, and logarithms of positive ones.
func FuzzStatisticsKeepToTheirRange(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		values := slices.DeleteFunc(floats(data), func(v float64) bool { return !IsFinite(v) })
		if len(values) == 0 {
			return
		}
		s := ascending(values)
		before := s[0]
		for p := 0.0; p <= 1; p += 1.0 / 16 {
			q := Quantile(s, p)
			// Interpolation may round beyond its ends by a last digit.
			slack := 1e-15 * math.Abs(q)
			if !(q >= before-slack && q <= s[len(s)-1]+slack) {
				t.Fatalf("quantile %v of %v is %v after %v", p, s, q, before)
			}
			before = q
		}
		logs := Logs(values)
		if len(logs) < 2 {
			return
		}
		base, cand := logs[:len(logs)/2], logs[len(logs)/2:]
		ps := []float64{}
		for _, x := range []Test{PairedT(logs), Wilcoxon(logs), MannWhitney(base, cand), TOST(logs, Margin)} {
			if !(x.P >= 0 && x.P <= 1) || math.IsNaN(x.Statistic) {
				t.Fatalf("%+v of %v", x, logs)
			}
			ps = append(ps, x.P)
		}
		corrected, _ := Holm(ps)
		for i := range ps {
			if !(corrected[i] >= ps[i] && corrected[i] <= 1) {
				t.Fatalf("%v became %v", ps, corrected)
			}
		}
		for _, i := range []Interval{MeanInterval(logs, Confidence).Exp(), BCaInterval(logs, 100, Confidence, rand.New(rand.NewPCG(1, 2))).Exp()} {
			if !(i.Low <= i.High && IsFinite(i.Low) && IsFinite(i.High) && IsFinite(i.Estimate)) {
				t.Fatalf("%+v of %v", i, logs)
			}
		}
		if i, ok := MedianInterval(logs, Confidence); ok && !(i.Low <= i.Estimate && i.Estimate <= i.High && i.Confidence >= Confidence) {
			t.Fatalf("%+v of %v", i, logs)
		}
		if e, ok := Cliff(base, cand); !ok || !(e.Value >= -1 && e.Value <= 1) {
			t.Fatalf("%+v of %v and %v", e, base, cand)
		}
		if e, ok := HodgesLehmann(base, cand); !ok || !(e.Value > 0 && IsFinite(e.Value)) {
			t.Fatalf("%+v of %v and %v", e, base, cand)
		}
		if e, ok := Hedges(base, cand); ok && !IsFinite(e.Value) {
			t.Fatalf("%+v of %v and %v", e, base, cand)
		}
	})
}
