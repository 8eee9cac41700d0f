package view

import (
	"fmt"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// clockSentence says how far latencies can be wrong that clocks of several hosts measured; nothing where one clock did.
func clockSentence(a analysis.Analysis) string {
	var least, most int64
	for _, t := range a.Trials {
		for _, p := range t.Phases {
			if w := p.ClockHalfWidth; w > 0 && (suite.Phase{Arrivals: p.Arrivals}).Scheduled() {
				if least == 0 || w < least {
					least = w
				}
				most = max(most, w)
			}
		}
	}
	if most == 0 {
		return ownSentence(a)
	}
	say := func(ns int64) string { return lasting(float64(ns)/1e9, time.Microsecond) }
	wrong := "±" + say(most)
	if least < most {
		wrong = fmt.Sprintf("±%s to ±%s", say(least), say(most))
	}
	return fmt.Sprintf("Clocks of several hosts measured the latencies: each is within %s, by the phase, and none below %d times that is reported. "+
		"Throughput and the account of tasks need no common clock.", wrong, results.ClockWidths)
}

// ownSentence says which share of the tasks latencies are of, if those of others crossed clocks; nothing if they are of all.
func ownSentence(a analysis.Analysis) string {
	var own, of int64
	for _, t := range a.Trials {
		for _, p := range t.Phases {
			own, of = own+p.OwnTasks, of+p.OwnOf
		}
	}
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("Latencies are of the %s of tasks (%s of %s) that ran on the machine that sent them: one clock took all of their times. "+
		"Throughput and the account of tasks are of all.", number.Percent(float64(own)/float64(of)), number.Count(own), number.Count(of))
}
