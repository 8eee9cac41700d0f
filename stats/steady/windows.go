package steady

import "slices"

// perWindow is the least number of tasks that a window has on average.
const perWindow = 10

// Tail is the share of a backlog's tasks at its end that are in no window: there, not all workers have work.
const Tail = 0.05

// Rates are the completions per second of a drain in windows of equal length, from the ascending times of
// completion in seconds since its begin. Seconds is a window's length. The last tasks, a share leftOut of all, are in no
// window. There are none of too few tasks.
//
// A window in which nothing was done counts as half a task: it is judged by ratios.
func Rates(ends []float64, leftOut float64) (rates []float64, seconds float64) {
	n := len(ends) - int(leftOut*float64(len(ends)))
	windows := min(MaxWindows, n/perWindow)
	if windows < MinWindows || ends[n-1] <= 0 {
		return nil, 0
	}
	seconds = ends[n-1] / float64(windows)
	rates = make([]float64, windows)
	for _, at := range ends[:n] {
		rates[min(windows-1, max(0, int(at/seconds)))]++
	}
	for i, count := range rates {
		rates[i] = max(count, 0.5) / seconds
	}
	return rates, seconds
}

// Medians are the medians of values in their order, in windows of equally many.
func Medians(values []float64) []float64 {
	windows := min(MaxWindows, len(values)/perWindow)
	if windows < MinWindows {
		return nil
	}
	out := make([]float64, windows)
	for i := range out {
		w := slices.Clone(values[i*len(values)/windows : (i+1)*len(values)/windows])
		slices.Sort(w)
		k := len(w) / 2
		out[i] = w[k]
		if len(w)%2 == 0 {
			out[i] = (w[k-1] + w[k]) / 2
		}
	}
	return out
}
