package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A mean that rounds would give equal values a deviation of 1e-17, and t a value of 1e16 instead of none.
func TestConstantSamplesHaveNoDeviation(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{0.1, 0.3, 1.0 / 3, -0.7, 1e-300, math.MaxFloat64} {
		for n := 1; n < 40; n++ {
			if m := MomentsOf(slices.Repeat([]float64{v}, n)); m.SD != 0 || m.Mean != v || m.N != n {
				t.Errorf("%d times %v: %+v", n, v, m)
			}
		}
	}
}

// A correction for having looked more often can't make evidence stronger, nor change its order; with one look there
// is nothing to correct.
func TestHolmNeverLowersAP(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		p := make([]float64, 1+rng.IntN(30))
		for i := range p {
			p[i] = math.Pow(rng.Float64(), 4)
			if rng.IntN(4) == 0 {
				p[i] = p[rng.IntN(i+1)] // a tie
			}
		}
		corrected, factors := Holm(p)
		sorted := slices.Sorted(slices.Values(factors))
		for i := range p {
			if corrected[i] < p[i] || corrected[i] > 1 {
				t.Fatalf("%v became %v", p, corrected)
			}
			if sorted[i] != i+1 {
				t.Fatalf("factors %v", factors)
			}
			for j := range p {
				if p[i] < p[j] && corrected[i] > corrected[j] || p[i] == p[j] && corrected[i] != corrected[j] {
					t.Fatalf("the order of %v is not that of %v", p, corrected)
				}
			}
		}
		// Bonferroni's correction, which allows for the worst, is the upper limit.
		if least := slices.Min(p); slices.Min(corrected) != min(1, float64(len(p))*least) {
			t.Fatalf("the least of %v became %v", p, slices.Min(corrected))
		}
	}
	if got, _ := Holm([]float64{0.03}); got[0] != 0.03 {
		t.Errorf("one p-value became %v", got)
	}
	if got, _ := Holm(nil); len(got) != 0 {
		t.Errorf("no p-value became %v", got)
	}
}

// Six blocks that all say the same leave a chance of 2 in 64 under the null hypothesis. The signed ranks test and the
// interval of order statistics are two sides of this: p and the interval's uncertainty are the same number.
func TestSixUnanimousBlocksHaveOneChanceIn32(t *testing.T) {
	t.Parallel()
	logs := []float64{0.1, 0.4, 0.2, 0.3, 0.25, 0.7}
	k, coverage, ok := medianRanks(6, 0.95)
	if p := Wilcoxon(logs).P; p != 2.0/64 || !ok || k != 1 || !relativelyClose(1-coverage, p) {
		t.Errorf("p = %v, ranks %d and %d with coverage %v", p, k, 7-k, coverage)
	}
	if _, _, ok := medianRanks(5, 0.95); ok {
		t.Error("five values have an interval of 95 %")
	}
}

// Small enough to count by hand: each of the 64 assignments of signs is equally likely.
func TestWilcoxonSharesRanksAmongTies(t *testing.T) {
	t.Parallel()
	c := checker{t: t}
	// Sizes 1, 1, 2, 2, 2, 3 share the ranks 1.5, 1.5, 4, 4, 4, 6; the zero has none.
	got := Wilcoxon([]float64{1, -1, 2, 2, 2, 3, 0})
	c.near("V", got.Statistic, 19.5)
	// All ranks make 21: a sum of at least 19.5 has no minus, or one at either of the ranks of 1.5.
	c.near("p", got.P, 2*3.0/64)
}

// Beyond wilcoxonExact values the variance must still be right: for the signs of 101 values without ties the
// textbook gives n(n+1)/4 and n(n+1)(2n+1)/24.
func TestWilcoxonApproximatesBeyondTheExactRange(t *testing.T) {
	t.Parallel()
	c := checker{t: t}
	var x []float64
	v := 0.0
	for i := 1; i <= 101; i++ {
		if i%3 == 0 {
			x = append(x, -float64(i))
			continue
		}
		x = append(x, float64(i))
		v += float64(i)
	}
	z := (v - 101*102/4.0) / math.Sqrt(101*102*203/24.0)
	got := Wilcoxon(x)
	c.near("V", got.Statistic, v)
	c.near("p", got.P, math.Erfc(math.Abs(z)/math.Sqrt2))
}

// scipy.stats.binomtest(k, n).proportion_ci(method="exact"), SciPy 1.17.1.
func TestSharesHaveClopperAndPearsonsInterval(t *testing.T) {
	t.Parallel()
	c := checker{t: t}
	for _, x := range []struct {
		k, n      int
		low, high float64
	}{
		{0, 40, 0.0, 0.08809730287880335},
		{1, 40, 0.0006327449320901936, 0.13158585848276577},
		{2, 40, 0.006113646599346682, 0.16919686395941763},
		{40, 40, 0.9119026971211966, 1.0},
		{13, 250, 0.02797489245844044, 0.08728018493035454},
		{500, 10000, 0.045809942198770603, 0.054454527028358866},
		{9771, 10000, 0.973975466902022, 0.9799422102978496},
	} {
		low, high := ShareInterval(x.k, x.n, Confidence)
		c.near("low", low, x.low)
		c.near("high", high, x.high)
	}
}
