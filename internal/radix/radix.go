// Package radix sorts many whole numbers in time linear in their number.
package radix

import (
	"math/bits"
	"slices"
)

const (
	// digit is the size of a digit in bits: the counts of one digit's values fit into the first cache.
	digit   = 11
	buckets = 1 << digit
	// few are sorted faster by comparing.
	few = 512
)

// Sort puts values in ascending order. It needs the same room again, which it takes from spare if that is large enough. It returns the room
// for the next call.
//
// It sorts by the least significant digit first: Knuth, "The Art of Computer Programming" 3, 5.2.5, algorithm R. It only visits digits in
// which values differ from the smallest one.
func Sort(values, spare []int64) []int64 {
	if len(values) < few {
		slices.Sort(values)
		return spare
	}
	least, most, sorted := values[0], values[0], true
	for i, v := range values[1:] {
		least, most = min(least, v), max(most, v)
		sorted = sorted && values[i] <= v
	}
	if sorted {
		return spare
	}
	if cap(spare) < len(values) {
		spare = make([]int64, len(values))
	}
	from, to := values, spare[:len(values)]
	// The difference of two int64 fits a uint64, also where it overflows an int64.
	span := uint64(most) - uint64(least)
	for shift := 0; shift < bits.Len64(span); shift += digit {
		var at [buckets]int
		for _, v := range from {
			at[(uint64(v)-uint64(least))>>shift%buckets]++
		}
		next := 0
		for i, n := range at {
			at[i] = next
			next += n
		}
		for _, v := range from {
			d := (uint64(v) - uint64(least)) >> shift % buckets
			to[at[d]] = v
			at[d]++
		}
		from, to = to, from
	}
	if &from[0] != &values[0] {
		copy(values, from)
	}
	return spare
}
