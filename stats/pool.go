package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Study is a ratio that was measured independently of others, such as on another machine: its logarithm and that one's standard error, with
// its degrees of freedom; 0 if it is known exactly.
type Study struct{ Log, SE, DF float64 }

// StudyOf is a ratio with Student's interval over n blocks; false without such an interval.
func StudyOf(i Interval, n int) (Study, bool) {
	if n < 2 || !(i.Confidence > 0 && i.Confidence < 1) || !(i.Low > 0) || !(i.High >= i.Low) || math.IsInf(i.High, 0) || !(i.Estimate > 0) {
		return Study{}, false
	}
	se := (math.Log(i.High) - math.Log(i.Low)) / 2 / studentQuantile(1-(1-i.Confidence)/2, float64(n-1))
	return Study{math.Log(i.Estimate), max(se, leastSE), float64(n - 1)}, true
}

// leastSE is the least standard error: one of 0 would outweigh all others.
const leastSE = 1e-6

// Pooled is what studies say together.
type Pooled struct {
	// Interval is of the mean ratio over studies like these, 95 %.
	Interval
	// I2 is the share of the variance between estimates that isn't chance, 0 to 1. Tau is the standard deviation of the studies' true log ratios.
	I2, Tau float64
	// P is the p-value of Cochran's Q: how probable such differences are where the studies have one true ratio.
	P       float64
	Studies int
}

// Pool pools studies by random effects: the variance between them by DerSimonian and Laird (1986, doi:10.1016/0197-2456(86)90046-2), the
// interval by Hartung and Knapp (2001, doi:10.1002/sim.1009), never narrower than without their factor (Röver, Knapp and Friede 2015,
// doi:10.1186/s12874-015-0091-1). I² is Higgins' and Thompson's (2002, doi:10.1002/sim.1186). One study has no interval of the mean.
func Pool(studies []Study) Pooled {
	k := float64(len(studies))
	p := Pooled{Studies: len(studies), Interval: Interval{Method: "random effects, Hartung-Knapp"}}
	if len(studies) < 2 {
		return p
	}
	_, q, w, w2 := weighted(studies, 0)
	p.P = distuv.ChiSquared{K: k - 1}.Survival(q)
	if c := w - w2/w; c > 0 {
		p.Tau = math.Sqrt(max(0, (q-(k-1))/c))
	}
	if q > 0 {
		p.I2 = max(0, (q-(k-1))/q)
	}
	mean, q, w, _ := weighted(studies, p.Tau*p.Tau)
	half := studentQuantile(1-(1-Confidence)/2, k-1) * math.Sqrt(max(1, q/(k-1))/w)
	p.Interval = Interval{Method: p.Method, Estimate: mean, Low: mean - half, High: mean + half, Confidence: Confidence}.Exp()
	return p
}

// weighted is the mean by inverse variances with that variance between studies, Cochran's Q, and the sums of weights and of their squares.
func weighted(studies []Study, between float64) (mean, q, w, w2 float64) {
	weight := func(s Study) float64 { return 1 / (s.SE*s.SE + between) }
	for _, s := range studies {
		w += weight(s)
		w2 += weight(s) * weight(s)
		mean += weight(s) * s.Log
	}
	mean /= w
	for _, s := range studies {
		q += weight(s) * (s.Log - mean) * (s.Log - mean)
	}
	return mean, q, w, w2
}

// Together are repeated studies of one thing, such as runs on one machine, as one study: the mean by inverse variances, with a standard error that
// grows with their scatter (Birge 1932, doi:10.1103/PhysRev.40.207).
func Together(studies []Study) Study {
	mean, q, w, _ := weighted(studies, 0)
	birge, df := 1.0, 0.0
	for _, s := range studies {
		df += s.DF
	}
	if n := len(studies); n > 1 {
		birge = max(1, q/float64(n-1))
	}
	return Study{mean, math.Sqrt(birge / w), df}
}

// Agree reports whether two studies differ by no more than chance would at the 95 % level, by Welch's test (1947, doi:10.1093/biomet/34.1-2.28).
func Agree(a, b Study) bool {
	va, vb := a.SE*a.SE, b.SE*b.SE
	limit := distuv.UnitNormal.Quantile(1 - (1-Confidence)/2)
	if a.DF > 0 && b.DF > 0 {
		limit = studentQuantile(1-(1-Confidence)/2, (va+vb)*(va+vb)/(va*va/a.DF+vb*vb/b.DF))
	}
	return math.Abs(a.Log-b.Log) <= limit*math.Sqrt(va+vb)
}
