package stats

import "math"

// middle is the median of values, of which there is at least one, and changes their order. It is the same as of the sorted
// sample, and is found in time that grows linearly: Hoare, "Algorithm 65: Find", Communications of the ACM 4 (1961).
func middle(values []float64) float64 {
	h := 0.5 * float64(len(values)-1)
	i := int(h)
	selected(values, i)
	if i == len(values)-1 {
		return values[i]
	}
	next := values[i+1]
	for _, v := range values[i+2:] {
		next = min(next, v)
	}
	return between(values[i], next, h-float64(i))
}

// selected puts the value of rank k, counted from 0, at its place: those before it are no larger, those behind no smaller.
func selected(values []float64, k int) {
	for from, to := 0, len(values)-1; from < to; {
		// The middle one of three as the pivot makes a sorted sample the best case and not the worst.
		a, b, c := values[from], values[(from+to)/2], values[to]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := from, to
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for pivot < values[j] {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			to = j
		case k >= i:
			from = i
		default:
			return
		}
	}
}

// medianShift is the median of all differences of a candidate's value to a baseline's, both ascending and none empty. It
// makes no list of the differences: how many are at most x is counted along both sides, and the x of a rank is found by
// halving the range of the floats.
func medianShift(baseline, candidate []float64) float64 {
	h := 0.5 * float64(len(baseline)*len(candidate)-1)
	k := int(h)
	low, upTo := shiftOfRank(baseline, candidate, k)
	if upTo > k+1 || k+1 == len(baseline)*len(candidate) {
		return between(low, low, h-float64(k))
	}
	high, _ := shiftOfRank(baseline, candidate, k+1)
	return between(low, high, h-float64(k))
}

// shiftOfRank is the difference of rank k, counted from 0, and how many are at most that.
func shiftOfRank(baseline, candidate []float64, k int) (shift float64, upTo int) {
	low, high := orderOf(candidate[0]-baseline[len(baseline)-1]), orderOf(candidate[len(candidate)-1]-baseline[0])
	for low < high {
		half := low + (high-low)/2
		if shiftsUpTo(baseline, candidate, inOrder(half)) > k {
			high = half
		} else {
			low = half + 1
		}
	}
	return inOrder(low), shiftsUpTo(baseline, candidate, inOrder(low))
}

// shiftsUpTo counts the differences of at most x. Rounding a difference keeps the order of its terms.
func shiftsUpTo(baseline, candidate []float64, x float64) int {
	count, i := 0, len(baseline)
	for j := range candidate {
		c := candidate[len(candidate)-1-j]
		for i > 0 && c-baseline[i-1] <= x {
			i--
		}
		count += len(baseline) - i
	}
	return count
}

// orderOf numbers the floats in their order, and inOrder is the float of a number.
func orderOf(x float64) uint64 {
	b := math.Float64bits(x + 0) // no negative nought
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func inOrder(n uint64) float64 {
	if n>>63 == 1 {
		return math.Float64frombits(n &^ (1 << 63))
	}
	return math.Float64frombits(^n)
}
