package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/realrun"
	"github.com/tqbench/tqbench/stats"
)

func TestEachDecidingVerdictIsALine(t *testing.T) {
	a := realrun.Read(t)
	var b bytes.Buffer
	if err := write(&b, a); err != nil {
		t.Fatal(err)
	}
	deciding := 0
	for _, c := range a.Comparisons {
		if c.Deciding {
			deciding++
			if !strings.Contains(b.String(), c.Metric+": "+c.Candidate.Arm+" against "+c.Baseline.Arm+" is "+c.Verdict) {
				t.Errorf("%s is missing: %s", c.Metric, b.String())
			}
		}
	}
	if n := strings.Count(b.String(), "\n"); n != deciding || n == 0 {
		t.Errorf("%d lines for %d verdicts", n, deciding)
	}
}

func TestARatioHasAnIntervalOnlyIfThereIsOne(t *testing.T) {
	for want, r := range map[string]stats.Interval{
		"": {}, ": ratio 2.00, no interval": {Estimate: 2, Low: 2, High: 2}, ": ratio 2.00 (1.50 to 2.50)": {Estimate: 2, Low: 1.5, High: 2.5, Confidence: 0.95},
	} {
		if got := ratio(r); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
