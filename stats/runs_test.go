package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// madeRuns are runs of trials with these deviations between runs and between trials.
func madeRuns(rng *rand.Rand, runs, trials int, between, within float64) Runs {
	out := make(Runs, runs)
	for i := range out {
		level := between * rng.NormFloat64()
		for range trials {
			out[i] = append(out[i], math.Exp(level+within*rng.NormFloat64()))
		}
	}
	return out
}

// The interval over runs is the textbook's t interval of the runs' means, and the deviations are those of an analysis of variance.
func TestRunsAreTheSamplingUnits(t *testing.T) {
	t.Parallel()
	first := Runs{{math.Exp(0.01), math.Exp(0.03)}, {math.Exp(0.05), math.Exp(0.07)}}
	second := Runs{{math.Exp(0.11), math.Exp(0.13)}, {math.Exp(0.15), math.Exp(0.17)}}
	u, d, err := CompareRuns(first, second)
	if err != nil || d == nil {
		t.Fatal(err)
	}
	// Means 0.02, 0.06 and 0.12, 0.16: variance 0.0008 with 2 degrees of freedom; trials have 0.0002.
	if math.Abs(d.Between-math.Sqrt(0.0008-0.0002/2)) > 1e-12 || math.Abs(d.Within-math.Sqrt(0.0002)) > 1e-12 || d.Freedom != 2 {
		t.Errorf("%+v", d)
	}
	half := 4.302652729911275 * math.Sqrt(0.0008)
	i := u.Intervals[len(u.Intervals)-1]
	if i.Method != IntervalRuns || math.Abs(math.Log(i.Low)-(0.1-half)) > 1e-9 || math.Abs(math.Log(i.High)-(0.1+half)) > 1e-9 || math.Abs(math.Log(u.Ratio.Estimate)-0.1) > 1e-12 {
		t.Errorf("%+v of %+v", i, u.Ratio)
	}
	if u.Ratio.Low > i.Low || u.Ratio.High < i.High {
		t.Errorf("the interval %+v isn't the widest", u.Ratio)
	}
	// At an end of the interval, the test has 5 %.
	if p := RunsRatio(first, second, i.Low); math.Abs(p.P-0.05) > 1e-9 || p.Name != TestRuns {
		t.Errorf("%+v", p)
	}
	// More runs of one thing make it narrower, as they have more degrees of freedom.
	with, d, err := CompareRuns(first, second, Runs{{1, 1.01}, {1.02, 1.03}, {1, 1.02}, {1, 1.01}})
	if err != nil || d.Freedom != 5 || with.Ratio.HalfWidth() >= u.Ratio.HalfWidth() {
		t.Errorf("%+v %+v %v", with.Ratio, d, err)
	}
}

func TestOneRunASideShowsNoDeviation(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	first, second := madeRuns(rng, 1, 7, 0, 0.03), madeRuns(rng, 1, 7, 0, 0.03)
	u, d, err := CompareRuns(first, second)
	plain, _ := CompareUnpaired(first[0], second[0])
	if err != nil || d != nil || u.Ratio != plain.Ratio || NeedRuns(first, second, 1.05) != 0 || RunsRatio(first, second, 1) != WelchRatio(first[0], second[0], 1) {
		t.Errorf("%+v %+v %v", u, d, err)
	}
	if _, d, err := CompareRuns(first, second, madeRuns(rng, 3, 7, 0.01, 0.03)); err != nil || d == nil || d.Freedom != 2 {
		t.Errorf("with three runs of one thing: %+v %v", d, err)
	}
	if _, _, err := CompareRuns(Runs{{1}}, second); !errors.Is(err, ErrTooFew) {
		t.Errorf("one value: %v", err)
	}
	if _, _, err := CompareRuns(Runs{{1, 0}, {2, 3}}, second); !errors.Is(err, ErrNoRatio) {
		t.Errorf("a value of nought: %v", err)
	}
	if u, d, err := CompareRuns(Runs{{0, 0}, {0, 0}}, Runs{{0, 0}, {0, 0}}); err != nil || u.Ratio.Estimate != 1 || u.Ratio.Low != 1 || d.Between != 0 {
		t.Errorf("nothing but nought: %+v %+v %v", u.Ratio, d, err)
	}
}

// Counts that never vary within a side have a ratio all the same.
func TestConstantSidesHaveTheirRatio(t *testing.T) {
	t.Parallel()
	five, six := Runs{{5, 5}, {5, 5}}, Runs{{6, 6}, {6, 6}}
	u, d, err := CompareRuns(five, six)
	if err != nil || d == nil || math.Abs(u.Ratio.Estimate-1.2) > 1e-12 || u.Ratio.Low < 1.19 || u.Ratio.High > 1.21 {
		t.Errorf("5 and 6: %+v %v", u.Ratio, err)
	}
	if p := RunsRatio(five, six, 1.05).P; p > 1e-6 {
		t.Errorf("5 and 6 against 1.05: p = %g", p)
	}
	u, _, err = CompareRuns(Runs{{1000, 1000}, {1000, 1000}}, Runs{{1000, 1000}, {1001, 1001}})
	if err != nil || u.Ratio.Estimate < 1 || u.Ratio.Estimate > 1.001 || u.Ratio.High > 1.1 {
		t.Errorf("1000 and hardly more: %+v %v", u.Ratio, err)
	}
	if u, d, err := CompareRuns(five, Runs{{5, 5}, {5, 5}}, Runs{{0, 0}, {0, 0}}); err != nil || u.Ratio.Estimate != 1 || d.Between != 0 {
		t.Errorf("equal sides, and runs of nought: %+v %+v %v", u.Ratio, d, err)
	}
}

func TestTheRunsNeededDecide(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	first, second := madeRuns(rng, 3, 7, 0.01, 0.03), madeRuns(rng, 3, 7, 0.01, 0.03)
	few, more := NeedRuns(first, second, 0.9), NeedRuns(first, second, 0.97)
	if few == 0 || more <= few {
		t.Errorf("-10 %% takes %d runs, and -3 %% takes %d", few, more)
	}
}
