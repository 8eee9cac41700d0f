package main

import (
	"strings"
	"testing"
)

func TestTheDecidingVerdictsArePrinted(t *testing.T) {
	const analysis = `{"comparisons": [
		{"scenario": "io", "broker": "redis", "metric": "throughput", "deciding": true, "verdict": "faster", "baseline": {"arm": "celery/prefork"},
			"candidate": {"arm": "asynctasq/async"}, "ratio": {"estimate": 2, "low": 1.5, "high": 2.5}},
		{"scenario": "io", "broker": "redis", "metric": "pss", "deciding": false}]}`
	var b strings.Builder
	if err := write(&b, []byte(analysis)); err != nil {
		t.Fatal(err)
	}
	const want = "io on redis, throughput: asynctasq/async against celery/prefork is faster: ratio 2.00 (1.50 to 2.50)\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	if err := write(&b, []byte("{")); err == nil {
		t.Error("half an analysis is read")
	}
}
