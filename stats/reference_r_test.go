package stats

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// testdata/reference.R says where the values are from.
func TestProceduresGiveTheValuesOfR(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/reference-r.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Samples map[string][]float64 `json:"samples"`
		One     []struct {
			Sample                                     string
			T, P, Low, High, V, Wilcoxon, Tau, Kendall float64
			At, Quantiles                              []float64
		} `json:"one"`
		Two []struct {
			A, B        string
			T, P, W     float64
			MannWhitney float64 `json:"mann_whitney"`
			Shift       float64
		} `json:"two"`
		Holm []struct {
			P, Want []float64
		} `json:"holm"`
		Shares []struct {
			K, N      int
			Low, High float64
		} `json:"shares"`
	}
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	c := &checker{t: t}
	for _, r := range ref.One {
		x := ref.Samples[r.Sample]
		student, i := PairedT(x), MeanInterval(x, 0.95).Exp()
		c.near("t of "+r.Sample, student.Statistic, r.T)
		c.near("p of "+r.Sample, student.P, r.P)
		c.near("t low of "+r.Sample, math.Log(i.Low), r.Low)
		c.near("t high of "+r.Sample, math.Log(i.High), r.High)
		w := Wilcoxon(x)
		c.near("V of "+r.Sample, w.Statistic, r.V)
		c.near("Wilcoxon's p of "+r.Sample, w.P, r.Wilcoxon)
		tau, p := Kendall(x)
		c.near("tau of "+r.Sample, tau, r.Tau)
		c.near("Kendall's p of "+r.Sample, p, r.Kendall)
		for k, at := range r.At {
			c.near("quantile of "+r.Sample, Quantile(ascending(x), at), r.Quantiles[k])
		}
	}
	for _, r := range ref.Two {
		name := r.A + " and " + r.B
		x, y := ref.Samples[r.A], ref.Samples[r.B]
		w, u := Welch(x, y), MannWhitney(x, y)
		c.near("Welch's t of "+name, w.Statistic, r.T)
		c.near("Welch's p of "+name, w.P, r.P)
		c.near("U of "+name, u.Statistic, r.W)
		c.near("Mann-Whitney's p of "+name, u.P, r.MannWhitney)
		e, ok := HodgesLehmann(x, y)
		if !ok {
			t.Errorf("no shift of %s", name)
		}
		c.near("shift of "+name, math.Log(e.Value), r.Shift)
	}
	for _, r := range ref.Holm {
		got, _ := Holm(r.P)
		for i := range got {
			c.near("Holm", got[i], r.Want[i])
		}
	}
	for _, r := range ref.Shares {
		low, high := ShareInterval(r.K, r.N, Confidence)
		c.near("low share", low, r.Low)
		c.near("high share", high, r.High)
	}
	if c.n < 150 {
		t.Errorf("only %d values were compared", c.n)
	}
}
