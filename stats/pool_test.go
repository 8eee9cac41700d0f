package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Two studies are simple enough to pool by hand.
func TestPoolOfTwoStudiesByHand(t *testing.T) {
	// y = 0, 1; v = 0.01 each: w = 100, mean 0.5, Q = 100*0.25*2 = 50, C = 200 - 20000/200 = 100, tau² = 49/100, I² = 49/50.
	p := Pool([]Study{{0, 0.1, 0}, {1, 0.1, 0}})
	if math.Abs(p.Tau*p.Tau-0.49) > 1e-12 || math.Abs(p.I2-0.98) > 1e-12 {
		t.Errorf("tau² %v, I² %v", p.Tau*p.Tau, p.I2)
	}
	// With tau²: w = 2 each, Q = 2*0.25*2 = 1, so the factor is 1, SE = sqrt(1/4), and t with 1 degree of freedom is 12.7062.
	if want := math.Exp(0.5 - 12.7062*0.5); math.Abs(p.Low-want) > 1e-6 || math.Abs(p.Estimate-math.Exp(0.5)) > 1e-12 {
		t.Errorf("%+v, want a low end of %v", p, want)
	}
	// Q is 50 at one degree of freedom.
	if p.P > 1e-11 || p.P <= 0 {
		t.Errorf("p of Q: %v", p.P)
	}
	if p := Pool([]Study{{0, 0.1, 0}}); p.Confidence != 0 || p.Studies != 1 {
		t.Errorf("one study: %+v", p)
	}
}

// The interval covers the mean in about 95 % of cases, whether machines differ or not.
func TestPoolCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, tau := range []float64{0, 0.1, 0.3} {
		const times = 2000
		covered := 0
		for range times {
			var s []Study
			for range 6 {
				se := 0.03 + 0.05*rng.Float64()
				s = append(s, Study{0.2 + tau*rng.NormFloat64() + se*rng.NormFloat64(), se, 0})
			}
			if p := Pool(s); p.Holds(math.Exp(0.2)) {
				covered++
			}
		}
		if share := float64(covered) / times; share < 0.935 {
			t.Errorf("tau %v: %.3f", tau, share)
		}
	}
}

func TestAStudyComesOfAnInterval(t *testing.T) {
	i := Interval{Estimate: 2, Low: 2 / math.Exp(2.5706*0.1), High: 2 * math.Exp(2.5706*0.1), Confidence: 0.95}
	if s, ok := StudyOf(i, 6); !ok || math.Abs(s.SE-0.1) > 1e-5 || math.Abs(s.Log-math.Log(2)) > 1e-12 {
		t.Errorf("%+v %v", s, ok)
	}
	for _, bad := range []Interval{{}, {Estimate: 1, Low: 1, High: 2}, {Estimate: 1, High: math.Inf(1), Low: 1, Confidence: 0.95}, {Estimate: 1, High: 1, Low: 2, Confidence: 0.95}} {
		if s, ok := StudyOf(bad, 6); ok {
			t.Errorf("%+v: %+v", bad, s)
		}
	}
}

func TestRepeatedStudiesScatter(t *testing.T) {
	if s := Together([]Study{{1, 0.1, 0}, {1, 0.1, 0}}); math.Abs(s.SE-0.1/math.Sqrt2) > 1e-12 {
		t.Errorf("equal: %+v", s)
	}
	// Q = 2*100*0.25 = 50 at one degree of freedom: the standard error is sqrt(50/200).
	if s := Together([]Study{{0, 0.1, 0}, {1, 0.1, 0}}); math.Abs(s.SE-0.5) > 1e-12 || s.Log != 0.5 {
		t.Errorf("apart: %+v", s)
	}
	// A difference of 2.1 standard errors is too much for the normal distribution, and not for Student's with 8 degrees of freedom.
	if d := 2.1 * 0.1 * math.Sqrt2; Agree(Study{0, 0.1, 0}, Study{d, 0.1, 0}) || !Agree(Study{0, 0.1, 4}, Study{d, 0.1, 4}) {
		t.Error("degrees of freedom don't count")
	}
	if Agree(Study{0, 0.1, 0}, Study{1, 0.1, 0}) || !Agree(Study{0, 0.5, 0}, Study{1, 0.5, 0}) {
		t.Error("agreement is not by the difference's standard error")
	}
}
