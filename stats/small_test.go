package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Samples that are empty, of one value and constant give what the comments say, and no function panics.
func TestSmallSamplesGiveWhatIsDocumented(t *testing.T) {
	t.Parallel()
	none, one, same := []float64(nil), []float64{3}, []float64{3, 3, 3, 3, 3, 3}
	if Quantile(none, 0.5) != 0 || Median(none) != 0 || GeometricMean(none) != 0 || MomentsOf(none) != (Moments{}) || MomentsOf(none).CV() != 0 {
		t.Error("an empty sample has a middle")
	}
	if Quantile(one, -1) != 3 || Quantile(one, 2) != 3 || Median(same) != 3 || math.Abs(GeometricMean(same)-3) > 1e-12 || GeometricMean([]float64{1, 0}) != 0 {
		t.Error("a constant sample has another middle")
	}
	for _, few := range [][]float64{none, one} {
		for _, x := range []Test{PairedT(few), TOST(few, Margin), Welch(few, same), Welch(same, few), Student(few, same), WelchRatio(same, few, 1)} {
			if x.P != 1 || x.Statistic != 0 || x.Name == "" {
				t.Errorf("%v: %+v", few, x)
			}
		}
		if i := MeanInterval(few, Confidence); i.Confidence != 0 || i.Low != i.High {
			t.Errorf("%v: %+v", few, i)
		}
		if i, ok := LevelInterval(few, Confidence); ok {
			t.Errorf("%v: %+v", few, i)
		}
		if _, ok := Hedges(few, same); ok {
			t.Errorf("%v has a Hedges' g", few)
		}
		if _, ok := ShiftInterval(few, same, Confidence); ok {
			t.Errorf("%v has an interval of shifts", few)
		}
		if tau, p := Kendall(few); tau != 0 || p != 1 || TheilSen(few, few) != 0 {
			t.Errorf("%v has a trend: %g, %g", few, tau, p)
		}
	}
	for _, x := range []Test{Wilcoxon(none), Wilcoxon([]float64{0, 0}), MannWhitney(none, same), MannWhitney(same, none)} {
		if x.P != 1 {
			t.Errorf("%+v", x)
		}
	}
	if _, ok := Cliff(none, same); ok {
		t.Error("an empty side has a Cliff's delta")
	}
	if _, ok := HodgesLehmann(same, none); ok {
		t.Error("an empty side has a shift")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, i := range []Interval{MeanInterval(same, Confidence), BCaInterval(same, 100, Confidence, rng), Hull(3, Confidence), MedianOrRange(same, Confidence)} {
		if i.Low != 3 || i.Estimate != 3 || i.High != 3 {
			t.Errorf("a constant: %+v", i)
		}
	}
	if i := MedianOrRange(none, Confidence); i != (Interval{}) || BCaInterval(none, 100, Confidence, rng).High != 0 {
		t.Errorf("an empty sample: %+v", i)
	}
	if i := MedianOrRange([]float64{5, 1, 2}, Confidence); i.Method != IntervalRange || i.Low != 1 || i.Estimate != 2 || i.High != 5 {
		t.Errorf("three values: %+v", i)
	}
	if low, high := ShareInterval(0, 0, Confidence); low != 0 || high != 1 {
		t.Errorf("a share of nothing: %g to %g", low, high)
	}
}

// The level of three values has their range and Student's interval, the wider on each side.
func TestAFewValuesHaveTheWidestOfRangeAndStudent(t *testing.T) {
	t.Parallel()
	i, ok := LevelInterval([]float64{100, 101, 103}, Confidence)
	student := MeanInterval(Logs([]float64{100, 101, 103}), Confidence).Exp()
	if !ok || i.Method != IntervalHull || i.Low != student.Low || i.High != student.High || i.Estimate != 101 {
		t.Errorf("%+v, Student's is %+v", i, student)
	}
	i, ok = LevelInterval([]float64{-1, 0, 1}, Confidence)
	if plain := MeanInterval([]float64{-1, 0, 1}, Confidence); !ok || i.Low != plain.Low || i.High != plain.High {
		t.Errorf("%+v, Student's is %+v", i, plain)
	}
	if i, ok := LevelInterval([]float64{1, 2, 3, 4, 5, 6}, Confidence); !ok || i.Method != IntervalOrderStatistics || i.Low != 1 || i.High != 6 {
		t.Errorf("%+v", i)
	}
}

// What JSON can't hold is left out, or is the largest float.
func TestFiniteTestsAreThoseThatJSONHolds(t *testing.T) {
	t.Parallel()
	got := FiniteTests(Test{"a", math.Inf(-1), 0}, Test{"b", math.NaN(), 0.5}, Test{"c", 1, math.NaN()}, Test{"d", 1, 0.5})
	if want := []Test{{"a", -math.MaxFloat64, 0}, {"d", 1, 0.5}}; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// A sample that is handed in is as it was.
func TestNoFunctionChangesItsSample(t *testing.T) {
	t.Parallel()
	a, b := []float64{3, 1, 2, 5, 4, 9, 7}, []float64{2, 1, 6, 4, 8, 3, 5}
	x, y := slices.Clone(a), slices.Clone(b)
	Median(a)
	MedianOrRange(a, Confidence)
	BCaInterval(a, 10, Confidence, rand.New(rand.NewPCG(1, 2)))
	Wilcoxon(a)
	MannWhitney(a, b)
	HodgesLehmann(a, b)
	Cliff(a, b)
	Holm(a)
	Kendall(a)
	TheilSen(a, b)
	ShiftInterval(a, b, Confidence)
	WelchRatio(a, b, 0.9)
	if !slices.Equal(a, x) || !slices.Equal(b, y) {
		t.Errorf("%v and %v became %v and %v", x, y, a, b)
	}
}

// The interval of two values says little, and a wide one of six is a finding.
func TestAVagueIntervalIsOfFewValues(t *testing.T) {
	for _, tt := range []struct {
		low, estimate, high float64
		n                   int
		want                bool
	}{
		{0.3, 1, 2, 2, true}, {0.5, 1, 3.1, 5, true}, {0.4, 1, 2.9, 2, false}, {0.01, 1, 100, 6, false}, {-1, 0, 1, 2, false},
	} {
		if got := Vague(tt.low, tt.estimate, tt.high, tt.n); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}
