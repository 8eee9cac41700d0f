// Package fuzzfloats gives fuzz tests samples of numbers.
package fuzzfloats

import (
	"encoding/binary"
	"math"
	"testing"
)

// Of reads eight bytes a number: any bit pattern, so NaN, infinities and denormals too.
func Of(data []byte) []float64 {
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

// AddSeeds adds samples with what is hard for a statistic: ties, empty ones, signs, the ends of the range, and what is no number.
func AddSeeds(f *testing.F) {
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
