package main

import (
	"strings"
	"testing"
)

func TestTheDecidingVerdictsArePrinted(t *testing.T) {
	const analysis = `{"comparisons": [
		{"scenario": "io", "broker": "redis", "metric": "throughput", "deciding": true, "verdict": "faster", "baseline": {"arm": "celery/prefork"},
			"candidate": {"arm": "asynctasq/async"}, "ratio": {"estimate": 2, "low": 1.5, "high": 2.5, "confidence": 0.95}},
		{"scenario": "io", "broker": "redis", "metric": "cpu", "deciding": true, "verdict": "undecided", "baseline": {"arm": "b"}, "candidate": {"arm": "a"},
			"ratio": {"estimate": 2, "low": 2, "high": 2}},
		{"scenario": "io", "broker": "sqs", "metric": "cpu", "deciding": true, "verdict": "no data", "baseline": {"arm": "b"}, "candidate": {"arm": "a"}},
		{"scenario": "io", "broker": "redis", "metric": "pss", "deciding": false}]}`
	var b strings.Builder
	if err := write(&b, []byte(analysis)); err != nil {
		t.Fatal(err)
	}
	const want = "io on redis, throughput: asynctasq/async against celery/prefork is faster: ratio 2.00 (1.50 to 2.50)\n" +
		"io on redis, cpu: a against b is undecided: ratio 2.00, no interval\nio on sqs, cpu: a against b is no data\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	if err := write(&b, []byte("{")); err == nil {
		t.Error("half an analysis is read")
	}
}
