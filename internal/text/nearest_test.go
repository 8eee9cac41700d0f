package text

import "testing"

func TestTheNearestNameIsASlipAway(t *testing.T) {
	known := []string{"throughput", "io", "cpu", "celery/prefork"}
	for name, want := range map[string]string{
		"thruput": "throughput", "througput": "throughput", "throughputs": "throughput", "celery/prefrok": "celery/prefork", "oi": "", "gpu": "cpu", "xyz": "", "": "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := DidYouMean("celery/prefrok", known); got != " (did you mean celery/prefork?)" {
		t.Error(got)
	}
}
