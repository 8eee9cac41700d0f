package sequential

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// The bounds of five equally spaced looks at 5 %, two-sided, are those that Reboussin, DeMets, Kim and Lan give in
// "Computations for group sequential boundaries using the Lan-DeMets spending function method", Controlled Clinical Trials
// 21 (2000). Their function spends half of the rate on each side by itself.
func TestBoundsAreTheOnesOfLanAndDeMets(t *testing.T) {
	t.Parallel()
	fractions := []float64{0.2, 0.4, 0.6, 0.8, 1}
	var spent []float64
	for _, f := range fractions {
		spent = append(spent, 2*Spent(0.025, f))
	}
	for k, bound := range bounds(fractions, spent, 400) {
		if want := []float64{4.8769, 3.3569, 2.6803, 2.2898, 2.0310}[k]; math.Abs(bound-want) > 2e-4 { // theirs are rounded, and worked out on a coarser grid
			t.Errorf("look %d: bound %.5f, want %.4f", k+1, bound, want)
		}
	}
}

func TestOneLookAtAllIsAPlainTest(t *testing.T) {
	t.Parallel()
	levels, err := Levels(0.05, []float64{1})
	if err != nil || math.Abs(levels[0]-0.05) > 1e-12 {
		t.Error(levels, err)
	}
	s, err := NewScale([]float64{1})
	if err != nil || s.P(0.03) != 0.03 || s.Level(0.05) != 0.05 {
		t.Error(s, err)
	}
}

func TestTheScaleTurnsLevelsIntoErrorRatesAndBack(t *testing.T) {
	t.Parallel()
	for _, fractions := range [][]float64{{0.5, 1}, {0.15, 0.2, 0.3, 0.45, 0.675, 1}, {0.5}, {0.15}} {
		s, err := NewScale(fractions)
		if err != nil {
			t.Fatal(err)
		}
		for _, rate := range []float64{0.05, 0.05 / 3, 0.05 / 40} {
			levels, err := Levels(rate, fractions)
			if err != nil {
				t.Fatal(err)
			}
			level := levels[len(levels)-1]
			if got := s.Level(rate); math.Abs(math.Log(got/level)) > 0.02 {
				t.Errorf("%v at %g: level %g, want %g", fractions, rate, got, level)
			}
			if got := s.P(level); math.Abs(math.Log(got/rate)) > 0.02 {
				t.Errorf("%v: the p-value %g becomes %g, want %g", fractions, level, got, rate)
			}
		}
		for _, p := range []float64{0, 1e-280, 1e-20, 1e-6, 0.01, 0.3, 0.9999, 1} {
			if got := s.P(p); got < p-1e-3 || got > 1 || math.IsNaN(got) {
				t.Errorf("%v: the p-value %g becomes %g", fractions, p, got)
			}
		}
	}
}

// A guess of how much data there will be changes what looks spend, and not how often any of them stops a motion without drift.
func TestWrongGuessesKeepTheRate(t *testing.T) {
	t.Parallel()
	for name, looks := range map[string][]Look{
		"as guessed":     {{0.2, 8}, {0.3, 12}, {0.45, 18}, {0.675, 27}, {1, 40}},
		"far too little": {{0.8, 8}, {0.857, 12}, {0.87, 18}, {0.9, 27}, {1, 40}},
		"far too much":   {{0.2, 8}, {0.3, 12}, {1, 13}},
	} {
		levels, err := LevelsAt(Power(2), 0.05, looks)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(3, 4))
		const runs = 40_000
		stopped := 0
		for range runs {
			x, last := 0.0, 0.0
			for k, l := range looks {
				x += math.Sqrt(l.Data-last) * rng.NormFloat64()
				last = l.Data
				if 2*tail(math.Abs(x)/math.Sqrt(l.Data)) < levels[k] {
					stopped++
					break
				}
			}
		}
		if rate := float64(stopped) / runs; math.Abs(rate-0.05) > 0.004 {
			t.Errorf("%s: %.4f", name, rate)
		}
	}
	for _, bad := range [][]Look{{{0.5, 0}}, {{0.5, 8}, {0.7, 8}}, {{0.5, 8}, {0.5, 9}}} {
		if _, err := NewScaleAt(Spent, bad); !errors.Is(err, ErrLooks) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// A motion without drift is stopped by any of the looks in alpha of all cases, however the looks lie.
func TestLooksTogetherKeepTheRate(t *testing.T) {
	t.Parallel()
	fractions := []float64{0.15, 0.2, 0.3, 0.45, 0.675, 1}
	levels, err := Levels(0.05, fractions)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	const runs = 40_000
	stopped := 0
	for range runs {
		x, last := 0.0, 0.0
		for k, f := range fractions {
			x += math.Sqrt(f-last) * rng.NormFloat64()
			last = f
			if 2*tail(math.Abs(x)/math.Sqrt(f)) < levels[k] {
				stopped++
				break
			}
		}
	}
	if share := float64(stopped) / runs; math.Abs(share-0.05) > 3*math.Sqrt(0.05*0.95/runs) {
		t.Errorf("%d of %d runs were stopped", stopped, runs)
	}
}

func TestWhatIsNoSequenceIsRefused(t *testing.T) {
	t.Parallel()
	for _, fractions := range [][]float64{nil, {0}, {0.5, 0.5}, {0.6, 0.4}, {1.1}, {math.NaN()}} {
		if _, err := Levels(0.05, fractions); !errors.Is(err, ErrLooks) {
			t.Errorf("%v: %v", fractions, err)
		}
		if _, err := NewScale(fractions); !errors.Is(err, ErrLooks) {
			t.Errorf("%v: %v", fractions, err)
		}
	}
	if _, err := Levels(0, []float64{1}); !errors.Is(err, ErrLooks) {
		t.Error(err)
	}
}

func BenchmarkNewScale(b *testing.B) {
	for b.Loop() {
		if _, err := NewScale([]float64{0.15, 0.2, 0.3, 0.45, 0.675, 1}); err != nil {
			b.Fatal(err)
		}
	}
}

// The grid is fine enough: a coarser or finer one gives the same levels.
func TestLevelsDontDependOnTheGrid(t *testing.T) {
	t.Parallel()
	fractions := []float64{0.15, 0.2, 0.3, 0.45, 0.675, 1}
	spent := make([]float64, len(fractions))
	for k, f := range fractions {
		spent[k] = Spent(0.05, f)
	}
	fine := bounds(fractions, spent, 8*gridSteps)
	for k, b := range bounds(fractions, spent, gridSteps) {
		if math.Abs(b-fine[k]) > 1e-5 {
			t.Errorf("look %d: %.7f, on a finer grid %.7f", k+1, b, fine[k])
		}
	}
}
