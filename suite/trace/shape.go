package trace

import (
	"errors"
	"math"
	"time"
)

// Shape is how tasks are spread over time.
type Shape struct {
	Tasks int64 `json:"tasks"`
	// Seconds is from the first task to the last, or to the end of its bucket.
	Seconds float64 `json:"seconds"`
	// MeanRate and PeakRate are in tasks per second. The peak is that of the busiest window of Rates.
	MeanRate float64 `json:"mean_rate"`
	PeakRate float64 `json:"peak_rate"`
	// Rates is the number of tasks over time.
	Rates Rates `json:"rates"`
	// Gap is the longest time without a task.
	Gap Gap `json:"longest_gap"`
	// Dispersion is the index of dispersion for counts: the variance of the number of tasks in a window, divided by its mean.
	Dispersion []Dispersion `json:"dispersion,omitempty"`
}

// Rates has the number of tasks in windows of equal length, one after another.
type Rates struct {
	WindowSeconds float64 `json:"window_seconds"`
	Tasks         []int64 `json:"tasks"`
}

// Gap is a time without tasks, to the length of a bin of the histogram.
type Gap struct {
	Seconds float64 `json:"seconds"`
	// AtSeconds is where it begins, in seconds after the first task.
	AtSeconds float64 `json:"at_seconds"`
}

// Dispersion is the index of one length of windows. It is 1 for a Poisson process at any length.
type Dispersion struct {
	WindowSeconds float64 `json:"window_seconds"`
	Index         float64 `json:"index"`
}

const (
	// maxBins bounds a histogram's memory to 1 MiB.
	maxBins = 1 << 17
	// columns is the maximum number of windows of Rates.
	columns = 60
	// leastWindows is the lowest number of windows that gives an index of dispersion, and leastMean the lowest mean of their tasks: where
	// almost no window has a second task, the index is near 1 for any process.
	leastWindows = 20
	leastMean    = 0.1
)

// ladder has the lengths of bins. Each is a multiple of the one before.
func ladder() []int64 {
	const s = int64(time.Second)
	return []int64{s / 1000, s / 100, s / 10, s, 10 * s, 60 * s, 600 * s, 3600 * s, 86400 * s, 10 * 86400 * s, 100 * 86400 * s}
}

// histogram counts tasks in bins that become longer when there are too many. Its zero value is empty.
type histogram struct {
	step int
	// bins[i] counts from (base+i) bins after 1970 or the start of the trace.
	base int64
	bins []int64
}

// add counts n tasks at a time, in any order of times.
func (h *histogram) add(at, n int64) error {
	steps := ladder()
	for {
		i := floor(at, steps[h.step])
		if len(h.bins) == 0 {
			h.base, h.bins = i, append(h.bins, 0)
		}
		before, after := h.base-i, i-h.base-int64(len(h.bins))+1
		if max(before, 0)+max(after, 0)+int64(len(h.bins)) <= maxBins {
			h.grow(before, after)
			h.bins[i-h.base] += n
			return nil
		}
		if h.step == len(steps)-1 {
			return errors.New("its times are too far apart")
		}
		h.merge(steps[h.step+1] / steps[h.step])
		h.step++
	}
}

// grow adds bins at both ends.
func (h *histogram) grow(before, after int64) {
	if before > 0 {
		// Many at once: rows in descending order would otherwise move all bins each time.
		before = min(max(before, int64(len(h.bins))), max(before, maxBins-int64(len(h.bins))))
		h.bins = append(make([]int64, before), h.bins...)
		h.base -= before
	}
	if after > 0 {
		h.bins = append(h.bins, make([]int64, after)...)
	}
}

// merge makes one bin of each n.
func (h *histogram) merge(n int64) {
	base := floor(h.base, n)
	for i := range h.bins {
		to := floor(h.base+int64(i), n) - base
		v := h.bins[i]
		h.bins[i] = 0
		h.bins[to] += v
	}
	h.bins = h.bins[:floor(h.base+int64(len(h.bins))-1, n)-base+1]
	h.base = base
}

// floor is the quotient, rounded down also below zero.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// shape describes tasks from first to end, each of which may have come up to bucket after its time.
func (h *histogram) shape(tasks, first, end, bucket int64) Shape {
	steps := ladder()
	s := Shape{Tasks: tasks, Seconds: seconds(end - first)}
	if s.Seconds > 0 {
		s.MeanRate = float64(tasks) / s.Seconds
	}
	// Bins shorter than a bucket would be full and empty in turn.
	for steps[h.step] < bucket && h.step < len(steps)-1 {
		h.merge(steps[h.step+1] / steps[h.step])
		h.step++
	}
	h.trim()
	s.rates(h, end)
	s.Gap = h.gap(first)
	for {
		if index, ok := h.dispersion(first, end); ok {
			s.Dispersion = append(s.Dispersion, Dispersion{seconds(steps[h.step]), index})
		}
		if h.step == len(steps)-1 {
			return s
		}
		h.merge(steps[h.step+1] / steps[h.step])
		h.step++
	}
}

// trim drops empty bins at both ends.
func (h *histogram) trim() {
	for len(h.bins) > 1 && h.bins[0] == 0 {
		h.bins, h.base = h.bins[1:], h.base+1
	}
	for len(h.bins) > 1 && h.bins[len(h.bins)-1] == 0 {
		h.bins = h.bins[:len(h.bins)-1]
	}
}

// rates sums the bins up to columns.
func (s *Shape) rates(h *histogram, end int64) {
	step := ladder()[h.step]
	each := (len(h.bins) + columns - 1) / columns
	s.Rates.WindowSeconds = seconds(int64(each) * step)
	for i := 0; i < len(h.bins); i += each {
		sum := int64(0)
		for _, n := range h.bins[i:min(i+each, len(h.bins))] {
			sum += n
		}
		s.Rates.Tasks = append(s.Rates.Tasks, sum)
		window := s.Rates.WindowSeconds
		if whole := seconds(end - h.base*step); whole < window {
			window = max(whole, seconds(step)) // there is less than one window
		}
		s.PeakRate = max(s.PeakRate, float64(sum)/window)
	}
}

// gap is the longest row of empty bins.
func (h *histogram) gap(first int64) Gap {
	step := ladder()[h.step]
	longest, at, run := 0, 0, 0
	for i, n := range h.bins {
		if n > 0 {
			run = 0
			continue
		}
		if run++; run > longest {
			longest, at = run, i+1-run
		}
	}
	if longest == 0 {
		return Gap{}
	}
	return Gap{seconds(int64(longest) * step), max(seconds((h.base+int64(at))*step-first), 0)}
}

// dispersion is the index of the bins that are wholly between the first task and the end.
func (h *histogram) dispersion(first, end int64) (float64, bool) {
	step := ladder()[h.step]
	from, to := 0, len(h.bins)
	if h.base*step < first {
		from++
	}
	if (h.base+int64(to))*step > end {
		to--
	}
	if to-from < leastWindows {
		return 0, false
	}
	mean, squares := 0.0, 0.0
	for i, n := range h.bins[from:to] {
		d := float64(n) - mean
		mean += d / float64(i+1)
		squares += d * (float64(n) - mean)
	}
	if mean < leastMean {
		return 0, false
	}
	return squares / float64(to-from-1) / mean, true
}

// variation is the coefficient of variation of the times between arrivals, which are in order.
func variation(arrivals []Arrival) float64 {
	mean, squares := 0.0, 0.0
	for i := 1; i < len(arrivals); i++ {
		gap := float64(arrivals[i].At - arrivals[i-1].At)
		d := gap - mean
		mean += d / float64(i)
		squares += d * (gap - mean)
	}
	n := len(arrivals) - 1
	if n < 2 || mean == 0 {
		return 0
	}
	return math.Sqrt(squares/float64(n-1)) / mean
}

func seconds(ns int64) float64 { return float64(ns) / float64(time.Second) }
