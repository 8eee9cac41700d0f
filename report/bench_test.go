package report

import (
	"testing"
)

// BenchmarkWrite writes the report of as many cells as the suite has scenarios and brokers, two arms each.
func BenchmarkWrite(b *testing.B) {
	a := largest(11)
	out := b.TempDir()
	b.ReportMetric(float64(len(a.Cells)), "cells")
	for b.Loop() {
		if err := Write(out, a); err != nil {
			b.Fatal(err)
		}
	}
}
