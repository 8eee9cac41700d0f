package analysis

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
)

// Of three sides, the one that promises less is compared and shown, and doesn't decide; the others do.
func TestOnlySidesThatPromiseTheSameDecide(t *testing.T) {
	t.Parallel()
	arms := []string{"celery/threads", "celery/threads+early", "asynctasq/async"}
	f := newFolder(t, arms, 6)
	f.writeAll(t)
	run := results.Run{ID: "r"}
	for _, arm := range arms {
		s := results.Setup{Contender: arm, Broker: "redis", Scenario: "throughput", Delivery: results.AtLeastOnce}
		if strings.HasSuffix(arm, "+early") {
			s.Delivery = results.AtMostOnce
		}
		run.Contenders = append(run.Contenders, s)
	}
	if err := results.WriteRun(f.out, run); err != nil {
		t.Fatal(err)
	}
	decides := map[string]bool{}
	for _, c := range analyze(t, f).Comparisons {
		if c.Metric != "throughput" {
			continue
		}
		decides[c.Candidate.Arm] = c.Deciding
		if c.Baseline.Arm != arms[0] || c.Verdict == NoData || (!c.NotCounted.Differ()) != c.Deciding {
			t.Errorf("%s against %s: %s, deciding %v, %+v", c.Candidate.Arm, c.Baseline.Arm, c.Verdict, c.Deciding, c.NotCounted)
		}
		if c.NotCounted.Differ() && c.NotCounted.Candidate != results.AtMostOnce {
			t.Errorf("it doesn't count since %+v", c.NotCounted)
		}
	}
	live, err := NewLive(f.out, f.plan).Add(f.plan.Trials[0].ID)
	if err != nil || len(live) == 0 {
		t.Fatalf("%d live comparisons, %v", len(live), err)
	}
	for _, c := range live {
		if early := strings.HasSuffix(c.Candidate.Arm, "+early"); c.NotCounted.Differ() != early {
			t.Errorf("live, %s: %+v", c.Candidate.Arm, c.NotCounted)
		}
	}
	if len(decides) != 2 || decides[arms[1]] || !decides[arms[2]] {
		t.Errorf("deciding: %v", decides)
	}
}
