package view

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
)

func TestAKneeIsAPointWithARing(t *testing.T) {
	t.Parallel()
	r := New(fixture.ScalingRun())
	if len(r.Sweeps) != 2 || r.Sweeps[0].Scaling == nil || r.Sweeps[1].Scaling != nil {
		t.Fatalf("the throughput alone has knees: %+v", r.Sweeps)
	}
	for _, s := range r.Sweeps {
		if s.Along != "number of workers" {
			t.Errorf("the points of %s are called %q", s.Metric, s.Along)
		}
	}
	for _, s := range r.Sweeps[0].Series() {
		if s.Ring != 3 {
			t.Errorf("%s: the ring is around point %d, want that of 4 workers", s.Name, s.Ring)
		}
	}
	if knee, limit := r.KneeCell("scaling@1", "redis", fixture.BaseArm); knee != "4" || limit != analysis.LimitBroker {
		t.Errorf("knee %q, limit %q", knee, limit)
	}
	if knee, limit := r.KneeCell("throughput", "redis", fixture.BaseArm); knee+limit != "" {
		t.Errorf("another scenario has the knee %q and the limit %q", knee, limit)
	}
}

func TestAKneeIsSaidInWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		edit func(*analysis.Scaling)
		want string
	}{
		{func(*analysis.Scaling) {}, "the knee is at 4 workers. With 8, throughput grows by less than 20 % of linear growth. The broker is the limit: with 8 workers, it uses 94 %"},
		{func(s *analysis.Scaling) { s.Limit = analysis.LimitWorkers }, "The workers' CPUs are the limit: with 8 workers, they use 48 %"},
		{func(s *analysis.Scaling) { s.Limit = analysis.LimitMachine }, "together use 76 %"},
		{func(s *analysis.Scaling) { s.Limit = analysis.LimitLoad }, "it didn't keep the backlog up"},
		{func(s *analysis.Scaling) { s.Limit = analysis.LimitUnsure }, "The limit is not sure: CPU with 8 workers: broker 94 %"},
		{func(s *analysis.Scaling) { s.Knee = analysis.KneeOpen }, "throughput surely grows up to 4 workers. Whether throughput grows by more than 20 % of linear growth with 8 is undecided."},
		{func(s *analysis.Scaling) { s.Knee, s.Workers = analysis.KneeOpen, 1 }, "no growth is sure. Whether throughput grows by more than 20 % of linear growth with 2 is undecided."},
		{func(s *analysis.Scaling) { s.Knee, s.Workers, s.Limit = analysis.KneeBeyond, 8, "" }, "no knee was found up to 8 workers"},
		{func(s *analysis.Scaling) { s.Knee, s.Workers, s.Limit, s.Grade = analysis.KneeUnknown, 0, "", "" }, "no knee is known: that takes"},
		{func(s *analysis.Scaling) { s.Grade = analysis.GradeHere }, "as measured here"},
	} {
		s := fixture.ScalingRun().Scalings[0]
		tt.edit(&s)
		if got := kneeSentence(s); !strings.Contains(got, tt.want) {
			t.Errorf("%q lacks %q", got, tt.want)
		}
	}
}
