package trace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Arrival is a task of a load: when it is due, in nanoseconds after the first, and an index into the load's kinds.
type Arrival struct {
	At   int64
	Kind int
}

// Choice is the part of a trace that becomes a load, and how.
type Choice struct {
	// From is where the part begins, after the start of the trace, and For how long it lasts; 0 is to the end.
	From, For time.Duration
	// Speed divides all times, and so multiplies all rates. Keep is the share of tasks to keep.
	Speed, Keep float64
	// Seed drives what is kept and where tasks are within their buckets.
	Seed uint64
	// Kinds is the maximum number of kinds; the rarest become one called other. 0 keeps all.
	Kinds int
}

// Whole is the choice of everything as it is.
func Whole() Choice { return Choice{Speed: 1, Keep: 1, Seed: 1} }

// other is the kind of the rarest.
const other = "other"

// Load is a part of a trace, ready to be sent.
type Load struct {
	Shape
	// Variation is the coefficient of variation of the times between arrivals: 0 at an even rate, 1 for a Poisson process.
	Variation float64 `json:"cv_between_arrivals"`
	// Kinds are the kinds of task, the most frequent first; none if the trace has none.
	Kinds []Kind `json:"kinds,omitempty"`
	// Arrivals are in order of time.
	Arrivals []Arrival `json:"-"`
}

// ErrTooMany marks a load of more tasks than allowed.
var ErrTooMany = errors.New("too many tasks")

// MaxSpeed is the largest factor of time.
const MaxSpeed = 1e6

// Load reads the chosen part of the trace: at most that many tasks.
func (t *Trace) Load(ctx context.Context, c Choice, most int) (*Load, error) {
	whole := t.last + t.bucket - t.first
	if c.From < 0 || c.From > 0 && int64(c.From) >= max(whole, 1) {
		return nil, fmt.Errorf("the trace lasts %s: a part from %s is outside it", time.Duration(whole), c.From)
	}
	from, to := t.first+int64(c.From), t.last+max(t.bucket, 1)
	if c.For > 0 && int64(c.For) < to-from {
		to = from + int64(c.For)
	}
	l := &Load{Kinds: t.kept(c.Kinds)}
	index := map[string]int{}
	for i, k := range l.Kinds {
		l.Kinds[i].Tasks = 0
		index[k.Name] = i
	}
	d := drawer{rng: rand.New(rand.NewPCG(c.Seed, 0x7472_6163_6500)), bucket: t.bucket, from: from, to: to, keep: c.Keep}
	var s *scanner
	err := t.scan(ctx, func(opened *scanner) { s = opened }, func(e event) error {
		kind := 0
		if len(l.Kinds) > 0 {
			var ok bool
			if kind, ok = index[s.kinds[e.kind].Name]; !ok {
				kind = len(l.Kinds) - 1
			}
		}
		return d.each(e, func(at int64) error {
			if len(l.Arrivals) == most {
				return fmt.Errorf("%w: the chosen part has more than %d", ErrTooMany, most)
			}
			l.Arrivals = append(l.Arrivals, Arrival{at, kind})
			return nil
		})
	})
	switch {
	case err != nil:
		return nil, err
	case len(l.Arrivals) == 0:
		return nil, errors.New("the chosen part has no tasks")
	}
	if span := l.span() / c.Speed; span > longestLoad {
		return nil, fmt.Errorf("at that speed, the chosen part lasts %.0f days, which is too long: choose a higher one", span/float64(24*time.Hour))
	}
	l.finish(t, c)
	return l, nil
}

// longestLoad is the longest load in nanoseconds: a century, whose times can be counted.
const longestLoad = 100 * 365.25 * 24 * float64(time.Hour)

// span is the time from the first arrival to the last in nanoseconds.
func (l *Load) span() float64 {
	byTime := func(a, b Arrival) int { return cmp.Compare(a.At, b.At) }
	return float64(slices.MaxFunc(l.Arrivals, byTime).At) - float64(slices.MinFunc(l.Arrivals, byTime).At)
}

// kept are the kinds of a load: the most frequent, and other if there are more.
func (t *Trace) kept(most int) []Kind {
	if most < 1 || len(t.Kinds) <= most {
		return slices.Clone(t.Kinds)
	}
	return append(slices.Clone(t.Kinds[:most-1]), Kind{Name: other, Line: t.Kinds[most-1].Line})
}

// finish puts a load in order and describes it.
func (l *Load) finish(t *Trace, c Choice) {
	// The rows of one time keep their order.
	slices.SortStableFunc(l.Arrivals, func(a, b Arrival) int { return cmp.Compare(a.At, b.At) })
	first := l.Arrivals[0].At
	var h histogram
	for i := range l.Arrivals {
		a := &l.Arrivals[i]
		if a.At -= first; c.Speed != 1 {
			a.At = int64(float64(a.At) / c.Speed)
		}
		if len(l.Kinds) > 0 {
			l.Kinds[a.Kind].Tasks++
		}
		// The whole trace has fewer bins at the same speed.
		_ = h.add(a.At, 1)
	}
	l.compact()
	l.Shape = h.shape(int64(len(l.Arrivals)), 0, l.Arrivals[len(l.Arrivals)-1].At, int64(float64(t.bucket)/c.Speed))
	l.Variation = variation(l.Arrivals)
}

// compact drops the kinds that the chosen part has no tasks of.
func (l *Load) compact() {
	to := make([]int, len(l.Kinds))
	var kinds []Kind
	for i, k := range l.Kinds {
		to[i] = len(kinds)
		if k.Tasks > 0 {
			kinds = append(kinds, k)
		}
	}
	l.Kinds = kinds
	for i := range l.Arrivals {
		if len(kinds) > 0 {
			l.Arrivals[i].Kind = to[l.Arrivals[i].Kind]
		}
	}
}

// drawer draws which tasks of a bucket are kept, and when each is due.
type drawer struct {
	rng              *rand.Rand
	bucket, from, to int64
	keep             float64
}

// each calls emit with the times of the tasks that are kept and due in the part. Given their number, the arrivals of a Poisson process in a
// bucket are independent and uniform, so sorting the drawn times gives uniform order statistics.
func (d *drawer) each(e event, emit func(at int64) error) error {
	low, high := e.at, e.at+1
	share := d.keep
	if d.bucket > 0 {
		low, high = max(e.at, d.from), min(e.at+d.bucket, d.to)
		// A task is in the part of its bucket that was chosen with that part's share of the bucket.
		share *= float64(high-low) / float64(d.bucket)
	}
	if low < d.from || high > d.to || high <= low {
		return nil
	}
	for left := d.skip(e.count, share); left > 0; left = d.skip(left-1, share) {
		at := low
		if d.bucket > 0 {
			at += d.rng.Int64N(high - low)
		}
		if err := emit(at); err != nil {
			return err
		}
	}
	return nil
}

// skip is how many tasks of n are left from the next one that is kept: the number of those before it is geometric, so that a draw for each
// task isn't needed. It is 0 if none is kept.
func (d *drawer) skip(n int64, share float64) int64 {
	if n <= 0 || share >= 1 {
		return max(n, 0)
	}
	dropped := math.Floor(math.Log(1-d.rng.Float64()) / math.Log1p(-share))
	if dropped >= float64(n) {
		return 0
	}
	return n - int64(dropped)
}
