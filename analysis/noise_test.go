package analysis

import (
	"errors"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Noise that can't be measured isn't absent: with an attached broker, and over several machines, a verdict holds as measured here at most. No further block
// gives a better grade.
func TestVerdictsHoldHereWhereNoiseIsUnknown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		brokers     []results.Broker
		hosts       *suite.Hosts
		want, grade string
	}{
		{"a private broker", []results.Broker{{Name: "redis"}}, nil, "", GradeSure},
		{"another one is attached", []results.Broker{{Name: "redis"}, {Name: "sqs", Attached: true}}, nil, "", GradeSure},
		{"an attached broker", []results.Broker{{Name: "redis", Attached: true}}, nil, NoiseAttached, GradeHere},
		{"several machines", []results.Broker{{Name: "redis", Attached: true}}, &suite.Hosts{Workers: 2, Load: 1}, NoiseMachines, GradeHere},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t, []string{"a/a", "b/b", "c/c"}, 6)
			f.plan.Hosts = tt.hosts
			if err := errors.Join(suite.WritePlan(f.out, f.plan), results.WriteRun(f.out, results.Run{ID: "r", Brokers: tt.brokers})); err != nil {
				t.Fatal(err)
			}
			speeds := map[string]float64{"a/a": 1, "b/b": 2, "c/c": 4}
			for _, p := range f.plan.Trials {
				f.write(t, p, 200, (1+0.1*float64(p.Block))/speeds[p.Arm], 1, nil, "")
			}
			a := analyze(t, f)
			live, err := NewLive(f.out, f.plan).Add(f.plan.Trials[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			decided := 0
			for _, c := range append(live, a.Comparisons...) {
				if c.NoiseUnknown != tt.want {
					t.Errorf("%s: noise is unknown as %q, want %q", c.Metric, c.NoiseUnknown, tt.want)
				}
				if c.Metric == "throughput" || c.Metric == "latency_p99" { // twice as fast, and alike
					decided++
					if c.Grade != tt.grade || c.Verdict == Undecided {
						t.Errorf("%s: %s, grade %q, want %q", c.Metric, c.Verdict, c.Grade, tt.grade)
					}
				}
			}
			if decided != 8 || len(a.Orders) != 2 {
				t.Errorf("%d decided comparisons and %d orders, want 8 and 2", decided, len(a.Orders))
			}
			for _, o := range a.Orders {
				for _, p := range o.Pairs {
					if p.Grade != tt.grade {
						t.Errorf("%s of %s and %s: grade %q", o.Metric, p.First, p.Second, p.Grade)
					}
				}
			}
			if open := a.Open(); len(open) > 0 {
				t.Errorf("further blocks for %+v", open)
			}
			for _, c := range a.Cells {
				if c.NoiseUnknown != tt.want {
					t.Errorf("cell of %s: %q", c.Arm, c.NoiseUnknown)
				}
			}
		})
	}
}

// A verdict that noise may have made gets further blocks where noise is known: it comes and goes.
func TestNoiseThatIsKnownGetsFurtherBlocks(t *testing.T) {
	t.Parallel()
	a := Analysis{Comparisons: []Comparison{{Deciding: true, Verdict: Faster, Grade: GradeHere, Blocks: 6}}}
	if len(a.Open()) != 1 {
		t.Error("it is closed")
	}
	a.Comparisons[0].NoiseUnknown = NoiseAttached
	if len(a.Open()) != 0 {
		t.Error("it is open, and no block would help")
	}
	a.Comparisons[0].Verdict, a.Comparisons[0].Grade = Undecided, ""
	if len(a.Open()) != 1 {
		t.Error("an undecided one is closed")
	}
}

// A knee holds as a verdict does.
func TestAKneeHoldsHereWhereNoiseIsUnknown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ grade, noise, want string }{
		{GradeSure, "", GradeSure}, {GradeSure, NoiseMachines, GradeHere}, {GradeHere, NoiseAttached, GradeHere}, {"", NoiseAttached, ""},
	} {
		s := Scaling{Grade: tt.grade}
		if s.bound(tt.noise); s.Grade != tt.want {
			t.Errorf("%q with noise %q: %q, want %q", tt.grade, tt.noise, s.Grade, tt.want)
		}
	}
}
