package suite

import (
	"errors"
	"strings"
	"testing"
)

func TestASwarmHasMachinesThatDoBoth(t *testing.T) {
	t.Parallel()
	all := options(t).Scenarios
	o := Options{Scenarios: all[:1], Brokers: []string{"redis"}, Contenders: []string{"a/x"}, Blocks: 1, Scale: 1, Hosts: &Hosts{Workers: 3, Load: 3, Swarm: true}}
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	if again := reread(t, p); again.Hosts == nil || *again.Hosts != *o.Hosts {
		t.Errorf("%+v", again.Hosts)
	}
	o.Hosts.Load = 2
	if _, err := NewPlan(o); !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), "those of a swarm do both") {
		t.Errorf("%v", err)
	}
}

func TestASwarmRefusesWhatNoClockHasTheTimesOf(t *testing.T) {
	t.Parallel()
	chain := Scenario{Chain: true}
	for _, tt := range []struct {
		hosts *Hosts
		s     Scenario
		want  string
	}{
		{nil, Scenario{Measure: Search}, ""},
		{&Hosts{}, chain, ""},
		{&Hosts{}, Scenario{Measure: Search}, "needs workers and harness on one machine"},
		{&Hosts{Swarm: true}, Scenario{}, ""},
		{&Hosts{Swarm: true}, chain, "the steps of a chain"},
	} {
		if got := tt.hosts.Refuses(tt.s); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%+v, %+v: %q, want %q", tt.hosts, tt.s, got, tt.want)
		}
	}
}
