package trace

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// surveyed is a file's trace.
func surveyed(t testing.TB, content string, o Options) *Trace {
	t.Helper()
	tr, err := Survey(t.Context(), source(content), o)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func loaded(t testing.TB, tr *Trace, c Choice) *Load {
	t.Helper()
	l, err := tr.Load(t.Context(), c, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// poisson is a file of arrivals of a Poisson process.
func poisson(n int, rate float64) string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("at\n")
	at := 0.0
	for range n {
		at += rng.ExpFloat64() / rate
		fmt.Fprintf(&b, "%.9f\n", at)
	}
	return b.String()
}

func TestALoadStartsAtItsFirstRowAndIsInOrder(t *testing.T) {
	t.Parallel()
	l := loaded(t, surveyed(t, "at,kind\n5000,b\n3600.5,a\n3600,a\n", Options{}), Whole())
	if want := []Arrival{{0, 0}, {5e8, 0}, {1400e9, 1}}; !slices.Equal(l.Arrivals, want) {
		t.Errorf("%v, want %v", l.Arrivals, want)
	}
	if l.Kinds[0].Name != "a" || l.Kinds[0].Tasks != 2 || l.Kinds[1].Tasks != 1 {
		t.Errorf("%+v", l.Kinds)
	}
}

// At a very low speed, times would no longer be countable.
func TestATooSlowSpeedIsRefused(t *testing.T) {
	t.Parallel()
	tr := surveyed(t, "at\n0\n20000\n", Options{})
	c := Whole()
	c.Speed = 1e-6
	if l, err := tr.Load(t.Context(), c, 10); err == nil || !strings.Contains(err.Error(), "choose a higher one") {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestAPartOfATrace(t *testing.T) {
	t.Parallel()
	tr := surveyed(t, "at,kind\n10,a\n11,a\n12,b\n13,c\n14,a\n", Options{})
	for name, tt := range map[string]struct {
		change func(*Choice)
		want   []Arrival
		kinds  string
	}{
		"from":              {func(c *Choice) { c.From = 2 * time.Second }, []Arrival{{0, 1}, {1e9, 2}, {2e9, 0}}, "a b c"},
		"for":               {func(c *Choice) { c.For = 2 * time.Second }, []Arrival{{0, 0}, {1e9, 0}}, "a"},
		"within":            {func(c *Choice) { c.From, c.For = time.Second, 2*time.Second }, []Arrival{{0, 0}, {1e9, 1}}, "a b"},
		"longer than it":    {func(c *Choice) { c.From, c.For = 3*time.Second, time.Hour }, []Arrival{{0, 1}, {1e9, 0}}, "a c"},
		"faster":            {func(c *Choice) { c.Speed = 4 }, []Arrival{{0, 0}, {25e7, 0}, {5e8, 1}, {75e7, 2}, {1e9, 0}}, "a b c"},
		"slower":            {func(c *Choice) { c.Speed, c.For = 0.5, 2*time.Second }, []Arrival{{0, 0}, {2e9, 0}}, "a"},
		"two kinds at most": {func(c *Choice) { c.Kinds = 2 }, []Arrival{{0, 0}, {1e9, 0}, {2e9, 1}, {3e9, 1}, {4e9, 0}}, "a other"},
	} {
		c := Whole()
		tt.change(&c)
		l := loaded(t, tr, c)
		got := l.Arrivals
		var kinds []string
		for _, k := range l.Kinds {
			kinds = append(kinds, k.Name)
		}
		// A part may lack kinds, so numbers are compared by name.
		if strings.Join(kinds, " ") != tt.kinds || len(got) != len(tt.want) {
			t.Errorf("%s: %v of %q, want %v of %q", name, got, kinds, tt.want, tt.kinds)
			continue
		}
		for i := range got {
			if got[i].At != tt.want[i].At {
				t.Errorf("%s: %v, want %v", name, got, tt.want)
				break
			}
		}
	}
	for _, from := range []time.Duration{-1, 4 * time.Second, time.Hour} {
		c := Whole()
		c.From = from
		if _, err := tr.Load(t.Context(), c, 10); err == nil || !strings.Contains(err.Error(), "is outside it") {
			t.Errorf("from %s: err = %v", from, err)
		}
	}
	if _, err := tr.Load(t.Context(), Whole(), 4); !errors.Is(err, ErrTooMany) {
		t.Errorf("err = %v", err)
	}
}

// The tasks of a bucket are spread over all of it, the same way each time.
func TestCountsAreSpreadInTheirBuckets(t *testing.T) {
	t.Parallel()
	tr := surveyed(t, "minute,count\n0,3000\n60,0\n120,6000\n", Options{Bucket: time.Minute})
	l := loaded(t, tr, Whole())
	if again := loaded(t, tr, Whole()); !slices.Equal(l.Arrivals, again.Arrivals) {
		t.Error("another run gives another load")
	}
	c := Whole()
	c.Seed = 2
	if second := loaded(t, tr, c); slices.Equal(l.Arrivals, second.Arrivals) {
		t.Error("another seed gives the same load")
	}
	var tenths [18]int
	offset := 0.0 // the first task is a little after the start of its bucket
	for _, a := range l.Arrivals {
		tenths[int((seconds(a.At)+offset)/10)]++
	}
	for i, n := range tenths {
		want := []float64{500, 0, 1000}[i/6]
		if math.Abs(float64(n)-want) > 5*math.Sqrt(want)+10 {
			t.Errorf("%d tasks in tenths %d, want about %v", n, i, want)
		}
	}
	// Arrivals of a Poisson process have a variation of 1, and so have those in one bucket.
	c = Whole()
	c.For = time.Minute
	if one := loaded(t, tr, c); one.Tasks != 3000 || math.Abs(one.Variation-1) > 0.1 {
		t.Errorf("%d tasks, variation %v", one.Tasks, one.Variation)
	}
	c.From, c.For = 30*time.Second, 15*time.Second
	if part := loaded(t, tr, c); math.Abs(float64(part.Tasks)-750) > 150 || part.Seconds > 15 {
		t.Errorf("a quarter of a bucket has %d tasks in %v s", part.Tasks, part.Seconds)
	}
}

func TestThinningKeepsItsShare(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"single tasks": poisson(20_000, 100), "counts": "minute,count\n0,7000\n60,13000\n"} {
		tr := surveyed(t, content, Options{})
		for _, keep := range []float64{0.001, 0.1, 0.5, 0.99} {
			c := Whole()
			c.Keep = keep
			l := loaded(t, tr, c)
			want := 20_000 * keep
			if math.Abs(float64(l.Tasks)-want) > 5*math.Sqrt(want*(1-keep))+1 {
				t.Errorf("%s: %v of 20000 are %d", name, keep, l.Tasks)
			}
			if again := loaded(t, tr, c); !slices.Equal(l.Arrivals, again.Arrivals) {
				t.Errorf("%s: another run keeps others", name)
			}
		}
	}
}

// Counts that no memory could hold as tasks are thinned without drawing each.
func TestHugeCountsAreThinned(t *testing.T) {
	t.Parallel()
	tr := surveyed(t, "minute,count\n0,1000000000000\n60,500000000000\n", Options{})
	c := Whole()
	c.Keep = 1e-9
	if l := loaded(t, tr, c); math.Abs(float64(l.Tasks)-1500) > 200 {
		t.Errorf("%d tasks", l.Tasks)
	}
}

func TestBurstinessIsThatOfTheProcess(t *testing.T) {
	t.Parallel()
	even := "at\n"
	for i := range 20_000 {
		even += fmt.Sprintf("%.2f\n", float64(i)/100)
	}
	var bursts strings.Builder
	bursts.WriteString("at\n")
	for i := range 2000 {
		for range 10 {
			fmt.Fprintf(&bursts, "%.2f\n", float64(i)/10+0.05)
		}
	}
	for name, tt := range map[string]struct {
		content           string
		variation, index  float64
		tolerance, window float64
	}{
		"even":    {even, 0, 0, 0.05, 1},
		"Poisson": {poisson(20_000, 100), 1, 1, 0.35, 1},
		"bursts":  {bursts.String(), 3, 0, 0.05, 1}, // 9 gaps of 0 and one of 10 means: the square root of 9
	} {
		tr := surveyed(t, tt.content, Options{})
		l := loaded(t, tr, Whole())
		if math.Abs(l.Variation-tt.variation) > max(tt.tolerance/10, 0.02) {
			t.Errorf("%s: variation %v, want %v", name, l.Variation, tt.variation)
		}
		for what, s := range map[string]Shape{"trace": tr.Shape, "load": l.Shape} {
			found := false
			for _, d := range s.Dispersion {
				if d.WindowSeconds == tt.window {
					found = true
					if math.Abs(d.Index-tt.index) > tt.tolerance {
						t.Errorf("%s: %s: index %v at %v s, want %v", name, what, d.Index, d.WindowSeconds, tt.index)
					}
				}
			}
			if !found {
				t.Errorf("%s: %s: %+v", name, what, s.Dispersion)
			}
		}
	}
}

func TestShapeHasRatesAndGaps(t *testing.T) {
	t.Parallel()
	tr := surveyed(t, "at\n0\n1\n2\n40\n41\n42\n60\n", Options{})
	if math.Abs(tr.Gap.Seconds-38) > 0.01 || math.Abs(tr.Gap.AtSeconds-2) > 0.01 {
		t.Errorf("%+v", tr.Gap)
	}
	sum := int64(0)
	for _, n := range tr.Rates.Tasks {
		sum += n
	}
	if sum != 7 || len(tr.Rates.Tasks) > columns || math.Abs(tr.Rates.WindowSeconds*float64(len(tr.Rates.Tasks))-60) > 2 {
		t.Errorf("%+v", tr.Rates)
	}
	if math.Abs(tr.MeanRate-7.0/60) > 1e-9 || tr.PeakRate < tr.MeanRate {
		t.Errorf("mean %v, peak %v", tr.MeanRate, tr.PeakRate)
	}
	if one := surveyed(t, "at\n5\n", Options{}); one.Seconds != 0 || one.MeanRate != 0 || math.IsInf(one.PeakRate, 0) {
		t.Errorf("%+v", one.Shape)
	}
}

// Bins that are merged while rows come, in whatever order, count as if they had been long from the start.
func TestAHistogramKeepsItsCountsInAnyOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var times []int64
	for range 20_000 {
		times = append(times, rng.Int64N(40*86400*1e9)-5*86400*1e9)
	}
	descending := slices.Sorted(slices.Values(times))
	slices.Reverse(descending)
	var first *histogram
	for _, order := range [][]int64{times, slices.Sorted(slices.Values(times)), descending} {
		h := &histogram{}
		for _, at := range order {
			if err := h.add(at, 1); err != nil {
				t.Fatal(err)
			}
		}
		h.trim()
		if len(h.bins) > maxBins {
			t.Errorf("%d bins", len(h.bins))
		}
		if first == nil {
			first = h
		} else if h.step != first.step || h.base != first.base || !slices.Equal(h.bins, first.bins) {
			t.Errorf("step %d, base %d, %d bins; want %d, %d, %d", h.step, h.base, len(h.bins), first.step, first.base, len(first.bins))
		}
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Survey(ctx, source(poisson(10, 1)), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestAPlotShowsAnyTask(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := surveyed(t, azure("o,a,f,http,1,60,600"), Options{}).Plot(&b); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{"    10 |  #", "       |  #", "       |  #", "       |  #", "       |  #", "       |###", "     0 +---", "        0 180 s", ""}, "\n")
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

// Any file is read, or refused in one line; what is read makes a load whose numbers are finite and in order.
func FuzzSurvey(f *testing.F) {
	for _, seed := range []string{"at,kind\n0,io\n0.5,heavy\n", "\ufeff\"time\";\"n\"\n1,5;2\n", log1 + log2, azure("o,a,f,http,0,2,0"), "app,func,end_timestamp,duration\na,f,10.5,2\n",
		"600000000,,1,0,,0,u,0,0,,,,\n", `{"time":"600000000","type":"SUBMIT","collection_id":"1"}`, "en Main_Page 12 0\n", "en.wikipedia A 12 desktop 8 B3X5\n",
		"x\t2026-01-31T12:00:00.1+02:00\n", "1700000000000\n", "time,count\n0,1000000000000\n9e9,1\n"} {
		f.Add(seed, "", "", uint8(0))
	}
	f.Add("a,b\n1,2\n", "2", "1", uint8(3))
	f.Fuzz(func(t *testing.T, content, at, kind string, flags uint8) {
		o := Options{Time: at, Kind: kind, SkipBad: flags&1 != 0, Unit: []string{"", "ms", "ns", hourly}[flags>>1&3], Bucket: []time.Duration{0, -1, time.Minute, 0}[flags>>3&3],
			MaxBytes: 1 << 20}
		tr, err := Survey(t.Context(), source(content), o)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("err = %q", err)
			}
			return
		}
		c := Whole()
		c.Kinds, c.Speed, c.Keep = 3, 60, min(1, 1000/float64(tr.Tasks))
		l, err := tr.Load(t.Context(), c, 10_000)
		if err != nil {
			return
		}
		last := int64(0)
		for _, a := range l.Arrivals {
			if a.At < last || a.Kind < 0 || a.Kind >= max(len(l.Kinds), 1) {
				t.Fatalf("%+v after %d", a, last)
			}
			last = a.At
		}
		for _, s := range []Shape{tr.Shape, l.Shape} {
			for _, v := range []float64{s.Seconds, s.MeanRate, s.PeakRate, s.Gap.Seconds, s.Gap.AtSeconds, l.Variation} {
				if !(v >= 0) || math.IsInf(v, 0) {
					t.Fatalf("%+v", s)
				}
			}
			if err := s.Plot(&strings.Builder{}); err != nil || len(s.Rates.Tasks) > columns {
				t.Fatalf("%v, %d columns", err, len(s.Rates.Tasks))
			}
		}
	})
}

// A date that is read is the same instant when it is written and read again.
func FuzzDates(f *testing.F) {
	for _, s := range []string{"2026-01-31T12:00:00Z", "2026-01-31 12:00:00,5 +0200", "20260131T120000Z", "2026/01/31", "01/Jul/1995:00:00:01 -0400", "[01/Jul/1995:00:00:01 +05]", "2016-12-31T23:59:60Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := parseDate(s)
		if !ok {
			return
		}
		again, ok := parseDate(time.Unix(0, at).UTC().Format(time.RFC3339Nano))
		if !ok || again != at {
			t.Fatalf("%q is %d, then %d (%t)", s, at, again, ok)
		}
	})
}
