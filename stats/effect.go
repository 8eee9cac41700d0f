package stats

import (
	"fmt"
	"math"
)

// Effect is an effect size and its name in words.
type Effect struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Words string  `json:"words"`
}

// The names of the effect sizes. Positive values, and ratios above 1, say that the candidate's values are the
// larger; whether that is good depends on what was measured.
const (
	EffectHedges        = "Hedges' g"
	EffectCliff         = "Cliff's delta"
	EffectHodgesLehmann = "Hodges-Lehmann ratio"
)

// Hedges is Cohen's d, the difference of the means in units of the pooled standard deviation, made free of its
// bias in small samples by the exact factor of Hedges, "Distribution theory for Glass's estimator of effect size
// and related estimators", Journal of Educational Statistics 6 (1981): with 6 trials a side d is 8 % too large.
// The words are Cohen's, "Statistical Power Analysis for the Behavioral Sciences" (2nd ed. 1988): small from 0.2,
// medium from 0.5, large from 0.8. They were made for people, who differ more than trials do.
//
// There is none of fewer than two values on a side, and where neither side varies but they differ.
func Hedges(baseline, candidate []float64) (Effect, bool) {
	b, c := MomentsOf(baseline), MomentsOf(candidate)
	if b.N < 2 || c.N < 2 {
		return Effect{}, false
	}
	pooled, df := pooledDeviation(b, c)
	g := over(c.Mean-b.Mean, pooled) * hedgesFactor(df)
	return Effect{EffectHedges, g, sizeWord(g, 0.2, 0.5, 0.8)}, IsFinite(g)
}

// pooledDeviation is the standard deviation that both sides are taken to share, and its degrees of freedom.
func pooledDeviation(a, b Moments) (sd, df float64) {
	df = float64(a.N + b.N - 2)
	return math.Sqrt((float64(a.N-1)*a.SD*a.SD + float64(b.N-1)*b.SD*b.SD) / df), df
}

// hedgesFactor is J(df) = G(df/2) / (sqrt(df/2) G((df-1)/2)) with the gamma function G.
func hedgesFactor(df float64) float64 {
	a, _ := math.Lgamma(df / 2)
	b, _ := math.Lgamma((df - 1) / 2)
	return math.Exp(a-b) / math.Sqrt(df/2)
}

// Cliff is the share of pairs in which the candidate is larger less the share in which it is smaller: Cliff,
// "Dominance statistics: ordinal analyses to answer ordinal questions", Psychological Bulletin 114 (1993). The
// words are those of Romano et al., "Appropriate statistics for ordinal level data", Florida Association of
// Institutional Research (2006): small from 0.147, medium from 0.33, large from 0.474.
// There is none of an empty side.
func Cliff(baseline, candidate []float64) (Effect, bool) {
	pairs := float64(len(baseline) * len(candidate))
	if pairs == 0 {
		return Effect{}, false
	}
	d := 2*uStatistic(baseline, candidate)/pairs - 1
	return Effect{EffectCliff, d, sizeWord(d, 0.147, 0.33, 0.474)}, true
}

// HodgesLehmann is the median of all ratios of a candidate's value to a baseline's: the shift estimate of Hodges
// and Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics 34 (1963), on
// logarithms, which it takes. It has no published thresholds; its words are the ratio as a percentage. There is none of an empty
// side.
func HodgesLehmann(baselineLogs, candidateLogs []float64) (Effect, bool) {
	if len(baselineLogs) == 0 || len(candidateLogs) == 0 {
		return Effect{}, false
	}
	r := Ratio(medianShift(ascending(baselineLogs), ascending(candidateLogs)))
	return Effect{EffectHodgesLehmann, r, percentWords(r)}, true
}

// sizeWord names a size by the thresholds of its measure.
func sizeWord(x, small, medium, large float64) string {
	switch x = math.Abs(x); {
	case x < small:
		return "negligible"
	case x < medium:
		return "small"
	case x < large:
		return "medium"
	}
	return "large"
}

// percentWords says a ratio as a percentage.
func percentWords(r float64) string {
	switch p := 100 * (r - 1); {
	case math.Abs(p) < 0.05:
		return "the same"
	case p > 0:
		return fmt.Sprintf("%.1f %% higher", p)
	default:
		return fmt.Sprintf("%.1f %% lower", -p)
	}
}
