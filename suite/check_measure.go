package suite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// strikes are the faults of a recovery.
func strikes() []string {
	return []string{StrikeWorker, StrikeWorkers, StrikeBroker, StrikePause, StrikeCut, StrikeSlow}
}

// checkMeasure checks what each measure needs of the load.
func (s Scenario) checkMeasure() error {
	switch {
	case s.Strike != "" && s.measure() != Recovery:
		return fmt.Errorf("strike %q: only a scenario that measures recovery has one", s.Strike)
	case s.Strike != "" && !slices.Contains(strikes(), s.Strike):
		return fmt.Errorf("strike %q: allowed: %s", s.Strike, strings.Join(strikes(), ", "))
	case s.Wait != 0 && s.measure() != Recovery:
		return errors.New("wait: only a scenario that measures recovery has one")
	case s.Wait < 0:
		return errors.New("wait: must not be negative")
	}
	one := s.Task != "" && len(s.Args) == 0 && s.Service == ""
	switch s.measure() {
	case Start:
		if !one || len(s.Phases) != 1 || s.Phases[0].Arrivals != Cold || s.Phases[0].Producer != Wire {
			return errors.New("measure start: needs one task without arguments and one phase of cold arrivals by the wire producer")
		}
		return nil
	case Recovery:
		if len(s.Phases) != 1 || s.Phases[0].Rate == 0 || s.Phases[0].Producer != Wire {
			return errors.New("measure recovery: needs one phase of open arrivals by the wire producer")
		}
	case Web:
		open := len(s.Phases) == 2
		for _, p := range s.Phases {
			open = open && p.Arrivals == Open && p.Producer == Client
		}
		if !one || !open {
			return errors.New("measure web: needs one task without arguments and two phases of open arrivals by the client producer: " +
				"requests that enqueue nothing, then requests that do")
		}
	}
	for _, p := range s.Phases {
		if p.Arrivals == Cold {
			return errors.New("phases: only measure start has cold arrivals")
		}
	}
	return nil
}
