// Package shift finds where the level of a series changed that is looked at again after each new value, with a bound on false alarms over
// the whole life of the series.
//
// At each look, the newest values are compared with those since the last change, for a few numbers of newest values. A shift is sure
// when the p-value of one of these comparisons is below its share of the level. The shares of all looks that can ever come add up to the
// level, so the bound holds however long the series gets (Bonferroni; spending an error rate over looks: Lan and DeMets, "Discrete
// sequential boundaries for clinical trials", Biometrika 70, 1983).
//
// Values that follow each other are alike where a machine drifts. A test that takes them as independent then finds changes that are
// none. So the variance of each mean is that of an autoregressive series of order one (Priestley, "Spectral Analysis and Time Series",
// 1981, section 5.3), whose correlation is estimated from the series itself at the upper end of its uncertainty. A short series doesn't
// tell its correlation, so there is a second test for large steps, which needs none: see gap.
package shift

import (
	"math"
	"slices"

	"github.com/tqbench/tqbench/stats"
)

// Shift is a change of level.
type Shift struct {
	// At is the index of the first value of the new level, where a step divides the values best.
	At int
	// Sure is the index of the value with which the change became sure: the last one of the look that found it.
	Sure int
	// P is the p-value of that look's comparison. Level is the share of the error rate that it had to be below.
	P, Level float64
}

const (
	// minSide is the least number of values on each side of a shift: fewer don't show how they vary.
	minSide = 4
	// slowness is how slowly the shares of the looks fall: the first slowness looks get about the same.
	slowness = 100
	// caution is by how many standard errors the correlation is taken to be higher than its estimate.
	caution = 2.5
	// mostCorrelated is the highest correlation: at 1, a series has no level.
	mostCorrelated = 0.95
	// unusual is how many deviations a value may be away from the median before it counts as an outlier.
	unusual = 3
	// persistent is how many values in a row make a level.
	persistent = 3
	// least is a t that is far from any share.
	least = 3
	// normalQuartiles is how many deviations the quartiles of a normal distribution are apart.
	normalQuartiles = 1.349
)

// newest are the numbers of newest values that are compared with those before them.
var newest = []int{4, 5, 6, 7, 8, 10, 13, 17, 22, 30, 40, 55, 75, 100}

// Find looks at a series after each of its values and gives the shifts that became sure, in order. Level is how often a series
// without a change may have a shift over its whole life. The values are on a scale on which their noise is about normal, such as
// logarithms. Values that aren't finite are an error of the caller and find nothing.
func Find(values []float64, level float64) []Shift {
	if slices.ContainsFunc(values, func(v float64) bool { return !stats.IsFinite(v) }) {
		return nil
	}
	var out []Shift
	var past []noise
	from := 0
	w := newWindow(values, from)
	for n := 2 * minSide; n <= len(values); n++ {
		if n-from < 2*minSide {
			continue
		}
		w.upTo(n)
		// Half of a look's share is for large steps, half for all others.
		half := level * spent(n-from-2*minSide) / 2
		share, at := half, n-minSide
		p := w.gap()
		if p >= half {
			share = half / float64(len(newest))
			var ok bool
			if p, ok = w.look(past, share); !ok {
				continue
			}
			at = w.divides()
		}
		out = append(out, Shift{At: at, Sure: n - 1, P: p, Level: share})
		past = append(past, w.sums.noise(0, at-from))
		from = at
		w = newWindow(values, from)
	}
	return out
}

// spent is the share of the level for a look, the first being 0. All shares add up to 1: they are 1/(k(k+1)) = 1/k - 1/(k+1) from
// k = slowness on, times slowness.
func spent(look int) float64 {
	k := float64(look + slowness)
	return slowness / (k * (k + 1))
}

// noise sums up how the values of a stretch vary around its level.
type noise struct {
	n int
	// squares is the sum of the squared residuals, products that of each residual and the next.
	squares, products float64
}

// pooled is the noise of several stretches, each around its level.
type pooled struct {
	noise
	stretches []noise
}

func pool(stretches []noise) pooled {
	p := pooled{stretches: stretches}
	for _, s := range stretches {
		p.n, p.squares, p.products = p.n+s.n, p.squares+s.squares, p.products+s.products
	}
	return p
}

// correlation is that of a residual with the next, at the upper end of its uncertainty, from 0 to mostCorrelated. The plain estimate
// is too low by about (1+4r)/n for each stretch, as the level is estimated, too: Marriott and Pope, "Bias in the estimation of
// autocorrelations", Biometrika 41 (1954). Its standard error is sqrt((1-r^2)/n): Bartlett, Supplement to JRSS 8 (1946).
func (a pooled) correlation() float64 {
	if a.squares == 0 {
		return 0
	}
	n, s := float64(a.n), float64(len(a.stretches))
	if n <= 4*s {
		return mostCorrelated
	}
	r := (a.products/a.squares + s/n) / (1 - 4*s/n)
	r = min(max(r, -mostCorrelated), mostCorrelated)
	return min(max(r+caution*math.Sqrt((1-r*r)/n), 0), mostCorrelated)
}

// inflated is by how much correlation r makes the variance of a mean of n values larger than that of independent ones.
func inflated(n int, r float64) float64 {
	if r == 0 {
		return 1
	}
	// 1 + 2 sum of (1-k/n) r^k for k from 1 to n-1, in closed form.
	x := float64(n)
	return (1+r)/(1-r) - 2*r*(1-math.Pow(r, x))/(x*(1-r)*(1-r))
}

// t is Student's statistic of the difference of the means of before and after values.
func (a pooled) t(shift float64, before, after int, r float64) float64 {
	free := 0.0
	for _, s := range a.stretches {
		free += float64(s.n) - inflated(s.n, r)
	}
	if free <= 0 {
		return 0
	}
	variance := a.squares / free * (inflated(before, r)/float64(before) + inflated(after, r)/float64(after))
	if variance == 0 {
		return math.Inf(1)
	}
	return shift / math.Sqrt(variance)
}

// freedom is the number of degrees of freedom of the variance.
func (a pooled) freedom(r float64) float64 {
	return max(1, float64(a.n-len(a.stretches))*(1-r*r)/(1+r*r))
}

// sums are running sums over values, around the first.
type sums struct{ x, square, product []float64 }

func (s *sums) add(d float64) {
	n := len(s.x)
	if n == 0 {
		*s = sums{[]float64{0, d}, []float64{0, d * d}, []float64{0, 0}}
		return
	}
	before := s.x[n-1] - s.x[n-2]
	s.x, s.square, s.product = append(s.x, s.x[n-1]+d), append(s.square, s.square[n-1]+d*d), append(s.product, s.product[n-1]+d*before)
}

// cut leaves the sums over the first n values.
func (s *sums) cut(n int) { s.x, s.square, s.product = s.x[:n+1], s.square[:n+1], s.product[:n+1] }

func (s *sums) mean(from, to int) float64 { return (s.x[to] - s.x[from]) / float64(to-from) }

// noise is that of one stretch.
func (s *sums) noise(from, to int) noise {
	n, m := float64(to-from), s.mean(from, to)
	squares := s.square[to] - s.square[from] - n*m*m
	products := s.product[to] - s.product[from+1] - m*(s.x[to-1]-s.x[from]+s.x[to]-s.x[from+1]) + (n-1)*m*m
	if squares < 1e-12*(s.square[to]-s.square[from]) { // rounding
		squares, products = 0, 0
	}
	return noise{n: to - from, squares: squares, products: products}
}

// window has the values since the last shift, as far as they were looked at.
type window struct {
	values []float64
	from   int
	// sums are those of the values within bounds of those before them: an outlier counts as one that is just unusual.
	sums sums
	// sorted are the values that were looked at, ascending.
	sorted []float64
}

func newWindow(values []float64, from int) *window { return &window{values: values, from: from} }

// upTo takes in the values up to an index.
func (w *window) upTo(to int) {
	for {
		have := w.from + max(len(w.sums.x)-1, 0)
		if have >= to {
			return
		}
		next := min(max(have+1, w.from+2*minSide), to)
		if have == w.from || len(w.sorted) == 0 { // the first have only each other
			w.keep(w.values[have:next])
			w.take(have, next)
			continue
		}
		w.take(have, next)
		w.keep(w.values[have:next])
	}
}

// take adds values to the sums, outliers at the bounds. Three in a row beyond one bound are no outliers: they count as far as all of them go.
func (w *window) take(from, to int) {
	low, high := w.bounds()
	for i := from; i < to; i++ {
		l, h := low, high
		if first := i - persistent + 1; first >= w.from {
			last := w.values[first : i+1]
			l, h = min(l, slices.Max(last)), max(h, slices.Min(last))
			if l < low || h > high {
				w.sums.cut(first - w.from)
				for _, v := range last {
					w.sums.add(min(max(v, l), h) - w.values[w.from])
				}
				continue
			}
		}
		w.sums.add(min(max(w.values[i], l), h) - w.values[w.from])
	}
}

func (w *window) keep(values []float64) {
	for _, v := range values {
		i, _ := slices.BinarySearch(w.sorted, v)
		w.sorted = slices.Insert(w.sorted, i, v)
	}
}

// bounds are the median plus and minus unusual deviations, by the quartiles. Where half of all values are one, none is an outlier.
func (w *window) bounds() (low, high float64) {
	spread := (stats.Quantile(w.sorted, 0.75) - stats.Quantile(w.sorted, 0.25)) / normalQuartiles
	if spread == 0 {
		return math.Inf(-1), math.Inf(1)
	}
	middle := stats.Quantile(w.sorted, 0.5)
	return middle - unusual*spread, middle + unusual*spread
}

// look compares the newest values with those before. It gives the smallest p-value if that is below the share.
func (w *window) look(past []noise, share float64) (p float64, sure bool) {
	p = 1
	n := len(w.sums.x) - 1
	room := append(slices.Clone(past), noise{}, noise{})
	for _, m := range newest {
		at := n - m
		if at < minSide {
			break
		}
		if x := w.compare(at, room); x < share && x < p && w.most(at) {
			p, sure = x, true
		}
	}
	return p, sure
}

// gap is the p-value of the gap between the newest minSide values and as many before, where all of them are on one side of all of these; else
// 1. The gap is at most the jump from one value to the next, so it is tested as one: against the other jumps, whose mean is 0. Correlation
// of the values makes jumps smaller and doesn't make them alike: independent values have jumps with a correlation of -1/2, which leaves
// their variance two thirds of its degrees of freedom (Bartlett, JRSS Supplement 8, 1946).
func (w *window) gap() float64 {
	n := len(w.sums.x) - 1
	values := w.values[w.from : w.from+n]
	before, after := values[n-2*minSide:n-minSide], values[n-minSide:]
	gap := max(slices.Min(after)-slices.Max(before), slices.Min(before)-slices.Max(after))
	if gap <= 0 {
		return 1
	}
	squares := 0.0
	for i := 1; i < n; i++ {
		if d := values[i] - values[i-1]; i != n-minSide {
			squares += d * d
		}
	}
	free := float64(n - 2)
	if squares == 0 {
		return 0
	}
	t := gap / math.Sqrt(squares/free)
	if t < least {
		return 1
	}
	return stats.StudentTwoSided(t, 2*free/3)
}

// compare is the p-value of the difference of the levels before and from at. room has the noise of earlier stretches, and place for two.
func (w *window) compare(at int, room []noise) float64 {
	n := len(w.sums.x) - 1
	shift := math.Abs(w.sums.mean(at, n) - w.sums.mean(0, at))
	if shift == 0 {
		return 1
	}
	room[len(room)-2], room[len(room)-1] = w.sums.noise(0, at), w.sums.noise(at, n)
	all := pool(room)
	// Correlation only makes t smaller, and takes time.
	if all.t(shift, at, n-at, 0) < least {
		return 1
	}
	r := all.correlation()
	t := all.t(shift, at, n-at, r)
	if t < least {
		return 1
	}
	return stats.StudentTwoSided(t, all.freedom(r))
}

// most reports whether more than half of the values from at on are on the new level's side of the median before: a few outliers are no level.
func (w *window) most(at int) bool {
	before, after := w.values[w.from:w.from+at], w.values[w.from+at:w.from+len(w.sums.x)-1]
	median := stats.Median(before)
	up := w.sums.mean(at, len(w.sums.x)-1) > w.sums.mean(0, at)
	beyond := 0
	for _, v := range after {
		if up && v > median || !up && v < median {
			beyond++
		}
	}
	return 2*beyond > len(after)
}

// divides is where a step leaves the least squares.
func (w *window) divides() int {
	s, n := &w.sums, len(w.sums.x)-1
	best, most := minSide, -1.0
	for at := minSide; at < n; at++ {
		a, b := float64(at), float64(n-at)
		d := s.mean(at, n) - s.mean(0, at)
		if between := a * b / (a + b) * d * d; between > most {
			best, most = at, between
		}
	}
	return w.from + best
}
