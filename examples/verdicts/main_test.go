package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/realrun"
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
