package stats

import (
	"encoding/json"
	"os"
	"testing"
)

// testdata/trend.py says where the values are from.
func TestTrendsAreThoseOfTheReference(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/trend.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Series []struct {
			Name  string    `json:"name"`
			X     []float64 `json:"x"`
			Y     []float64 `json:"y"`
			Tau   float64   `json:"tau"`
			P     float64   `json:"p"`
			Slope float64   `json:"slope"`
		} `json:"series"`
	}
	if err := json.Unmarshal(data, &ref); err != nil || len(ref.Series) < 8 {
		t.Fatalf("%d series (%v)", len(ref.Series), err)
	}
	c := checker{t: t}
	for _, s := range ref.Series {
		tau, p := Kendall(s.Y)
		c.near(s.Name+": tau", tau, s.Tau)
		c.near(s.Name+": p", p, s.P)
		c.near(s.Name+": slope", TheilSen(s.X, s.Y), s.Slope)
	}
	if tau, p := Kendall([]float64{2, 2, 2}); tau != 0 || p != 1 {
		t.Errorf("a constant has tau %g, p %g", tau, p)
	}
}
