package stats

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
)

// exactCase is a case of testdata/exact.json, which testdata/exact.py wrote.
type exactCase struct {
	Of     string             `json:"of"`
	Source string             `json:"source"`
	X      []float64          `json:"x"`
	Y      []float64          `json:"y"`
	Args   map[string]float64 `json:"args"`
	Want   map[string]float64 `json:"want"`
}

// exactly computes what a case wants, under the names that the case has for it. X is the baseline, Y the candidate.
var exactly = map[string]func(c exactCase) map[string]float64{
	"quantile":   func(c exactCase) map[string]float64 { return value(Quantile(ascending(c.X), c.Args["p"])) },
	"paired t":   func(c exactCase) map[string]float64 { return testValues(PairedT(c.X)) },
	"tost":       func(c exactCase) map[string]float64 { return testValues(TOST(c.X, 0.05)) },
	"welch":      func(c exactCase) map[string]float64 { return testValues(Welch(c.X, c.Y)) },
	"wilcoxon":   func(c exactCase) map[string]float64 { return testValues(Wilcoxon(c.X)) },
	"t interval": func(c exactCase) map[string]float64 { return bounds(MeanInterval(c.X, 0.95).Exp()) },
	"t tail": func(c exactCase) map[string]float64 {
		return map[string]float64{"p": StudentTwoSided(c.Args["t"], c.Args["df"])}
	},
	"t quantile": func(c exactCase) map[string]float64 {
		return value(studentQuantile(1-0.05/c.Args["family"]/2, c.Args["n"]-1))
	},
	"mann-whitney": func(c exactCase) map[string]float64 { return testValues(MannWhitney(c.X, c.Y)) },
	"bca": func(c exactCase) map[string]float64 {
		// Y is the bootstrap distribution, drawn by SciPy.
		low, high := bcaBounds(MomentsOf(c.X).Mean, c.Y, jackknifeMeans(c.X), 0.95)
		return map[string]float64{"low": low, "high": high, "acceleration": acceleration(jackknifeMeans(c.X))}
	},
	"hedges factor": func(c exactCase) map[string]float64 { return value(hedgesFactor(c.Args["df"])) },
	"hedges":        func(c exactCase) map[string]float64 { return effectValue(Hedges(c.X, c.Y)) },
	"cliff":         func(c exactCase) map[string]float64 { return effectValue(Cliff(c.X, c.Y)) },
	"hodges-lehmann": func(c exactCase) map[string]float64 {
		return effectValue(HodgesLehmann(c.X, c.Y))
	},
	"holm": func(c exactCase) map[string]float64 {
		out := map[string]float64{}
		corrected, _ := Holm(c.X)
		for i, p := range corrected {
			out[strconv.Itoa(i)] = p
		}
		return out
	},
	"ranks": func(c exactCase) map[string]float64 {
		k, coverage, _ := medianRanks(int(c.Args["n"]), 0.95)
		return map[string]float64{"k": float64(k), "coverage": coverage}
	},
}

func value(v float64) map[string]float64 { return map[string]float64{"value": v} }

func testValues(t Test) map[string]float64 {
	return map[string]float64{"statistic": t.Statistic, "p": t.P}
}

func bounds(i Interval) map[string]float64 { return map[string]float64{"low": i.Low, "high": i.High} }

// effectValue has nothing where there is no effect to speak of, which no case wants.
func effectValue(e Effect, ok bool) map[string]float64 {
	if !ok {
		return nil
	}
	return value(e.Value)
}

// relativelyClose allows 1e-9 of the wanted value: a tolerance that is absolute would let any small p-value pass.
// Only next to 0 there is nothing to be relative to.
func relativelyClose(got, want float64) bool {
	if want == 0 {
		return math.Abs(got) <= 1e-12
	}
	return math.Abs(got-want) <= 1e-9*math.Abs(want)
}

func TestValuesAgreeToTheNinthDigitOfEach(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/exact.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Values int         `json:"values"`
		Cases  []exactCase `json:"cases"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	compared, tried := 0, map[string]bool{}
	for _, c := range file.Cases {
		compute := exactly[c.Of]
		if compute == nil {
			t.Fatalf("nothing computes a %s", c.Of)
		}
		tried[c.Of] = true
		got := compute(c)
		for name, want := range c.Want {
			compared++
			if v, ok := got[name]; !ok || !relativelyClose(v, want) {
				t.Errorf("%s (%s) %v: %s is %.15g, want %.15g", c.Of, c.Source, c.Args, name, v, want)
			}
		}
	}
	if compared < 200 || compared != file.Values || len(tried) != len(exactly) {
		t.Errorf("%d values of %d, of %d procedures of %d", compared, file.Values, len(tried), len(exactly))
	}
}

// The examples that a reader finds printed elsewhere, to the digits that are printed there.
func TestPrintedExamplesComeOut(t *testing.T) {
	t.Parallel()
	// R's data set sleep: Student, "The probable error of a mean", Biometrika 6 (1908).
	sleep1 := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	sleep2 := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	// R's example(wilcox.test): Hollander and Wolfe, "Nonparametric Statistical Methods" (1973), p. 29 and p. 69.
	before := []float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	term := []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}
	early := []float64{1.15, 0.88, 0.90, 0.74, 1.21}
	minus := func(a, b []float64) []float64 {
		out := make([]float64, len(a))
		for i := range a {
			out[i] = a[i] - b[i]
		}
		return out
	}
	paired := PairedT(minus(sleep1, sleep2))
	twoSamples := Welch(sleep2, sleep1)
	ranks := Wilcoxon(minus(before, after))
	u := MannWhitney(early, term)
	for _, tt := range []struct {
		what      string
		got, want float64
		printed   float64 // half a unit of the last printed digit
	}{
		{"t.test(extra ~ group, paired = TRUE): t", paired.Statistic, -4.0621, 5e-5},
		{"t.test(extra ~ group, paired = TRUE): p", paired.P, 0.002833, 5e-7},
		{"t.test(extra ~ group): t", twoSamples.Statistic, -1.8608, 5e-5},
		{"t.test(extra ~ group): p", twoSamples.P, 0.07939, 5e-6},
		{"depression: V", ranks.Statistic, 40, 0},
		{"depression: p, of one side printed as 0.01953", ranks.P / 2, 0.01953, 5e-6},
		{"permeability: W", u.Statistic, 35, 0},
		{"permeability: p, of one side printed as 0.1272", u.P / 2, 0.1272, 5e-5},
		// Closed forms of J(df), from G(1/2) = sqrt(pi).
		{"Hedges' factor of 2", hedgesFactor(2), 1 / math.Sqrt(math.Pi), 1e-12},
		{"Hedges' factor of 4", hedgesFactor(4), math.Sqrt(2 / math.Pi), 1e-12},
	} {
		if !(math.Abs(tt.got-tt.want) <= tt.printed) {
			t.Errorf("%s is %.8g, want %v", tt.what, tt.got, tt.want)
		}
	}
}
