package stats

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// oneSample and twoSamples are rows of testdata/reference.json, which testdata/reference.py wrote.
type oneSample struct {
	Sample    string    `json:"sample"`
	P         float64   `json:"p"`
	Statistic float64   `json:"statistic"`
	Want      float64   `json:"want"`
	Low       float64   `json:"low"`
	High      float64   `json:"high"`
	Boot      []float64 `json:"boot"`
}

type twoSamples struct {
	A         string  `json:"a"`
	B         string  `json:"b"`
	Statistic float64 `json:"statistic"`
	P         float64 `json:"p"`
	Want      float64 `json:"want"`
}

type reference struct {
	Samples     map[string][]float64 `json:"samples"`
	Quantile    []oneSample          `json:"quantile"`
	PairedT     []oneSample          `json:"paired_t"`
	TInterval   []oneSample          `json:"t_interval"`
	Wilcoxon    []oneSample          `json:"wilcoxon"`
	TOST        []oneSample          `json:"tost"`
	BCa         []oneSample          `json:"bca"`
	Welch       []twoSamples         `json:"welch"`
	MannWhitney []twoSamples         `json:"mann_whitney"`
	Hedges      []twoSamples         `json:"hedges"`
	Cliff       []twoSamples         `json:"cliff"`
	HL          []twoSamples         `json:"hodges_lehmann"`
	Ranks       []struct {
		N        int     `json:"n"`
		K        int     `json:"k"`
		Coverage float64 `json:"coverage"`
	} `json:"ranks"`
	Holm []struct {
		P    []float64 `json:"p"`
		Want []float64 `json:"want"`
	} `json:"holm"`
}

// checker compares with a tolerance of 1e-9, relative to values above 1, and counts.
type checker struct {
	t *testing.T
	n int
}

func (c *checker) near(what string, got, want float64) {
	c.t.Helper()
	c.n++
	if !(math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))) {
		c.t.Errorf("%s: got %.12g, want %.12g", what, got, want)
	}
}

func TestProceduresGiveThePublishedValues(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	c := &checker{t: t}
	for _, r := range ref.Quantile {
		c.near("quantile of "+r.Sample, Quantile(ascending(ref.Samples[r.Sample]), r.P), r.Want)
	}
	test := func(name string, got Test, statistic, p float64) {
		t.Helper()
		c.near(got.Name+" statistic of "+name, got.Statistic, statistic)
		c.near(got.Name+" p of "+name, got.P, p)
	}
	for _, r := range ref.PairedT {
		test(r.Sample, PairedT(ref.Samples[r.Sample]), r.Statistic, r.P)
	}
	for _, r := range ref.Wilcoxon {
		test(r.Sample, Wilcoxon(ref.Samples[r.Sample]), r.Statistic, r.P)
	}
	for _, r := range ref.TOST {
		c.near("TOST p of "+r.Sample, TOST(ref.Samples[r.Sample], 0.05).P, r.P)
	}
	for _, r := range ref.TInterval {
		i := MeanInterval(ref.Samples[r.Sample], 0.95).Exp()
		c.near("t low of "+r.Sample, math.Log(i.Low), r.Low)
		c.near("t high of "+r.Sample, math.Log(i.High), r.High)
	}
	for _, r := range ref.BCa {
		x := ref.Samples[r.Sample]
		low, high := bcaBounds(MomentsOf(x).Mean, r.Boot, jackknifeMeans(x), 0.95)
		c.near("BCa low of "+r.Sample, low, r.Low)
		c.near("BCa high of "+r.Sample, high, r.High)
	}
	for _, r := range ref.Welch {
		test(r.A+" and "+r.B, Welch(ref.Samples[r.A], ref.Samples[r.B]), r.Statistic, r.P)
	}
	for _, r := range ref.MannWhitney {
		test(r.A+" and "+r.B, MannWhitney(ref.Samples[r.A], ref.Samples[r.B]), r.Statistic, r.P)
	}
	for _, r := range ref.Hedges {
		e, ok := Hedges(ref.Samples[r.A], ref.Samples[r.B])
		if !ok {
			t.Errorf("no Hedges' g of %s and %s", r.A, r.B)
		}
		c.near("Hedges' g of "+r.A+" and "+r.B, e.Value, r.Want)
	}
	for _, r := range ref.Cliff {
		e, _ := Cliff(ref.Samples[r.A], ref.Samples[r.B])
		c.near("Cliff's delta of "+r.A+" and "+r.B, e.Value, r.Want)
	}
	for _, r := range ref.HL {
		e, _ := HodgesLehmann(ref.Samples[r.A], ref.Samples[r.B])
		c.near("Hodges-Lehmann of "+r.A+" and "+r.B, e.Value, r.Want)
	}
	for _, r := range ref.Ranks {
		k, coverage, ok := medianRanks(r.N, 0.95)
		if ok != (r.K > 0) || k != r.K {
			t.Errorf("n = %d: rank %d, want %d", r.N, k, r.K)
		}
		c.near("coverage of the order statistics", coverage, r.Coverage)
	}
	for _, r := range ref.Holm {
		got, _ := Holm(r.P)
		for i := range got {
			c.near("Holm", got[i], r.Want[i])
		}
	}
	if c.n < 120 {
		t.Errorf("only %d values were compared", c.n)
	}
}
