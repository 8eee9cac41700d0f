package suite

import (
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/results"
)

// Wait is how long a recovery waits, from the kill of a worker on, for the tasks that were sent before it.
type Wait struct {
	Scenario string   `json:"scenario"`
	Broker   string   `json:"broker"`
	Arm      string   `json:"arm"`
	Limit    Duration `json:"limit"`
}

// KillsWorkers reports whether its fault is the kill of workers.
func (s Scenario) KillsWorkers() bool {
	return s.measure() == Recovery && slices.Contains([]string{"", StrikeWorker, StrikeWorkers}, s.Strike)
}

// Said is what is said of the tasks that its fault leaves in a killed worker's hands. What is about the kill of a process alone says nothing of
// whole workers: their tasks come back, and when isn't known.
func (s Scenario) Said(r *results.Recovery) *results.Recovery {
	if r != nil && r.Process && s.Strike == StrikeWorkers {
		return nil
	}
	return r
}

// await sets how long to wait for the tasks of killed workers.
func (p *Plan) await(said func(contender, broker string, s Scenario) (*results.Recovery, error)) error {
	for _, s := range p.Scenarios {
		if said == nil || !s.KillsWorkers() {
			continue
		}
		for _, b := range p.Brokers {
			for _, a := range p.Sides(s, b) {
				r, err := said(a.Contender, b, s)
				if err != nil {
					return err
				}
				p.Waits = append(p.Waits, Wait{s.Name, b, a.Name, Duration(s.For(b).Waits(r))})
			}
		}
	}
	return nil
}

// faultAfter is the share of a recovery's load that is sent before its fault.
const faultAfter = 1.0 / 3

// FaultAfter is how long after the first task a recovery's fault comes.
func (s Scenario) FaultAfter() time.Duration {
	load, _ := s.Phases[0].Expected()
	return time.Duration(faultAfter * float64(load))
}

// Waits is how long after a kill to wait: until the drain's limit after the load, and longer for tasks that should be back within the
// scenario's own bound. A machine under load is late, so they get a quarter more and some seconds.
func (s Scenario) Waits(said *results.Recovery) time.Duration {
	load, _ := s.Phases[0].Expected()
	limit := load - s.FaultAfter() + time.Duration(s.Limit)
	if said != nil && said.Never == "" {
		if after := time.Duration(said.AfterSeconds * float64(time.Second)); after <= time.Duration(s.Wait) {
			limit = max(limit, after+after/4+10*time.Second)
		}
	}
	return limit.Round(time.Second)
}

// WaitOf is how long a trial waits after a kill; 0 if the plan doesn't say.
func (p Plan) WaitOf(t Trial) time.Duration {
	for _, w := range p.Waits {
		if w.Scenario == t.Scenario && w.Broker == t.Broker && w.Arm == t.Arm {
			return time.Duration(w.Limit)
		}
	}
	return 0
}

// checkWaits checks them: each is of one of the plan's cells and has a limit.
func (p Plan) checkWaits() error {
	for i, w := range p.Waits {
		s, ok := p.Scenario(w.Scenario)
		switch {
		case !ok || !slices.Contains(s.Arms, w.Arm) || !slices.Contains(p.Brokers, w.Broker):
			return fmt.Errorf("%w: waits[%d]: the plan has no cell of %s, %s and %s", ErrPlan, i, w.Scenario, w.Broker, w.Arm)
		case !s.KillsWorkers():
			return fmt.Errorf("%w: waits[%d]: scenario %s kills no workers", ErrPlan, i, w.Scenario)
		case w.Limit <= 0:
			return fmt.Errorf("%w: waits[%d]: limit: must be above 0", ErrPlan, i)
		}
	}
	return nil
}
