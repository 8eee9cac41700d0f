package results

import "testing"

// A flag of a metric keeps out that of each kind of task as well, and no other.
func TestAFlagKeepsOutTheKindsOfItsMetric(t *testing.T) {
	t.Parallel()
	f := Flag{Metrics: []string{"latency_p95", "throughput"}}
	for metric, want := range map[string]bool{"latency_p95": true, "latency_p95:mail": true, "latency_p99:mail": false, "latency": false, "throughput": true} {
		if got := f.Invalidates(metric); got != want {
			t.Errorf("%s is kept out: %v, want %v", metric, got, want)
		}
	}
	if all := (Flag{Metrics: []string{"*"}}); !all.Invalidates("latency_p95:mail") || (Flag{}).Invalidates("throughput") {
		t.Error("all and none are mistaken")
	}
}
