package suite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/results"
)

// Hosts are the other machines of a run.
type Hosts struct {
	// Workers is how many run workers, each the scenario's processes of them. Those of scaling are spread over them.
	Workers int `json:"workers"`
	// Load is how many send the load. Of each phase, machine i sends each task whose number is i modulo Load, at its time.
	Load int `json:"load"`
	// Swarm says that each machine does both. Latencies are then those of the tasks that run on the machine that sent them: one clock takes all
	// of their times.
	Swarm bool `json:"swarm,omitempty"`
}

// maxHosts is what a task's record can tell apart.
const maxHosts = 1<<(31-results.HostShift) - 1

// checkHosts refuses a plan that other machines can't run.
func (p Plan) checkHosts() error {
	h := p.Hosts
	switch {
	case h == nil:
		return nil
	case h.Workers < 1 || h.Workers > maxHosts || h.Load < 1 || h.Load > maxHosts:
		return fmt.Errorf("%w: %d machines for workers and %d for load: must be from 1 to %d each", ErrPlan, h.Workers, h.Load, maxHosts)
	case h.Swarm && h.Workers != h.Load:
		return fmt.Errorf("%w: %d machines for workers and %d for load: those of a swarm do both", ErrPlan, h.Workers, h.Load)
	case p.Gate != nil:
		return fmt.Errorf("%w: a change and its base are compared on one machine", ErrPlan)
	case p.RTT > 0:
		return fmt.Errorf("%w: a round-trip time can't be added between many machines: leave it out", ErrPlan)
	case p.Profile != "":
		return fmt.Errorf("%w: workers on other machines can't be profiled: leave it out", ErrPlan)
	case slices.ContainsFunc(p.Arms, func(a Arm) bool { return strings.Contains(a.Contender, ReleaseMark) }):
		return fmt.Errorf("%w: another release of a queue can't run on many machines: leave out %sVERSION", ErrPlan, ReleaseMark)
	case len(p.Folders) > 0:
		return fmt.Errorf("%w: a contender from a folder can't run on many machines", ErrPlan)
	}
	return nil
}

// OneMachine is why a scenario can't run on many machines, or "".
func (s Scenario) OneMachine() string {
	switch {
	case s.Measure != "" && s.Measure != Load:
		return fmt.Sprintf("it is measured by %q, which needs workers and harness on one machine", s.Measure)
	case s.Own != nil:
		return "your application is on one machine"
	case s.Service != "":
		return fmt.Sprintf("its tasks call the service %q on the workers' machine", s.Service)
	case s.Events == EventsConsumed:
		return "the age of events needs one clock"
	case slices.ContainsFunc(s.Phases, byClient):
		return "the framework's own client sends some of its load"
	}
	return ""
}

// Refuses is why a scenario can't run on these machines, or "".
func (h *Hosts) Refuses(s Scenario) string {
	switch {
	case h == nil:
		return ""
	case h.Swarm && s.Chain:
		return "the steps of a chain run on any machine of a swarm, so no clock has the times of a whole chain"
	}
	return s.OneMachine()
}

func byClient(p Phase) bool { return p.Producer == Client }

// clientPhase is why a phase can't run on many machines.
const clientPhase = "the framework's own client sends it, and is measured, on one machine"

// onHosts is the scenario without the phases that a framework's own client sends, and the names of these, unless there are no others.
func (s Scenario) onHosts(h *Hosts) (_ Scenario, omitted []string) {
	wire := slices.DeleteFunc(slices.Clone(s.Phases), byClient)
	if h == nil || len(wire) == 0 {
		return s, nil
	}
	for _, p := range s.Phases {
		if byClient(p) {
			omitted = append(omitted, p.Name)
		}
	}
	s.Phases = wire
	return s, omitted
}

// Spread are the numbers of worker processes on each of the first hosts, of as many as there are for workers: the scenario's number on each. Of
// a scenario that doubles them, they share that number evenly, and hosts without any are left out.
func (s Scenario) Spread(hosts int) []int {
	var out []int
	for i := range hosts {
		n := s.Processes
		if s.Doubling {
			n = (s.Processes + hosts - 1 - i) / hosts
		}
		if n > 0 {
			out = append(out, n)
		}
	}
	return out
}
