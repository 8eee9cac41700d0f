package view

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/stats"
)

// Scaling says where more workers stop helping, on one broker.
type Scaling struct {
	Title string
	// Knees has a sentence for each arm.
	Knees []string
	Arms  []analysis.Scaling
}

// scalingsOf groups the run's scalings by scenario and broker, in the analysis' order.
func scalingsOf(a analysis.Analysis) []Scaling {
	known := productsOf(a)
	var out []Scaling
	for _, s := range a.Scalings {
		if n := len(out); n == 0 || out[n-1].Arms[0].Scenario != s.Scenario || out[n-1].Arms[0].Broker != s.Broker {
			out = append(out, Scaling{Title: known.Place(s.Scenario, s.Broker)})
		}
		last := &out[len(out)-1]
		last.Arms, last.Knees = append(last.Arms, s), append(last.Knees, kneeSentence(s))
	}
	return out
}

// scalingOf is the scaling of a sweep's scenario; false if it has none.
func (r *Report) scalingOf(s sweep) (Scaling, bool) {
	i := slices.IndexFunc(r.Scalings, func(x Scaling) bool {
		return x.Arms[0].Scenario == s.Scenario && x.Arms[0].Broker == s.Broker
	})
	if i < 0 {
		return Scaling{}, false
	}
	return r.Scalings[i], true
}

// kneeAt is the number of workers at an arm's knee, 0 if there is none.
func (s Scaling) kneeAt(arm string) int {
	for _, x := range s.Arms {
		if x.Arm == arm && (x.Knee == analysis.KneeFound || x.Knee == analysis.KneeOpen) {
			return x.Workers
		}
	}
	return 0
}

// kneeSentence says where an arm's throughput stops to grow, and what the limit is.
func kneeSentence(s analysis.Scaling) string {
	var words []string
	next := 0
	for i, x := range s.Steps {
		if x.Workers == s.Workers && i+1 < len(s.Steps) {
			next = i + 1
		}
	}
	share := number.Percent(s.Share)
	switch s.Knee {
	case analysis.KneeFound:
		words = append(words, fmt.Sprintf("the knee is at %s. With %d, throughput grows by less than %s of linear growth.", workersWord(s.Workers), s.Steps[next].Workers, share))
	case analysis.KneeOpen:
		sure := fmt.Sprintf("throughput surely grows up to %s.", workersWord(s.Workers))
		if s.Workers == s.Steps[0].Workers {
			sure = "no growth is sure."
		}
		words = append(words, fmt.Sprintf("%s Whether throughput grows by more than %s of linear growth with %d is undecided.", sure, share, s.Steps[next].Workers))
	case analysis.KneeBeyond:
		words = append(words, fmt.Sprintf("no knee was found up to %s: throughput surely grows on the last step.", workersWord(s.Workers)))
	default:
		words = append(words, fmt.Sprintf("no knee is known: that takes %d blocks.", stats.MinBlocks))
	}
	if s.Limit != "" {
		words = append(words, limitSentence(s.Limit, s.Steps[next]))
	}
	if s.Grade == analysis.GradeHere {
		words = append(words, "This holds as measured here: noise of the machine may have changed it.")
	}
	return Name(s.Arm) + ": " + strings.Join(words, " ")
}

func workersWord(n int) string { return number.Plural(n, "worker") }

// limitSentence names what was full on a step.
func limitSentence(limit string, x analysis.ScalingStep) string {
	with := "with " + workersWord(x.Workers)
	switch limit {
	case analysis.LimitLoad:
		return fmt.Sprintf("The load is the limit: %s, it didn't keep the backlog up.", with)
	case analysis.LimitBroker:
		return fmt.Sprintf("The broker is the limit: %s, it uses %s of the CPU time that it can use.", with, CPUShare(x.BrokerCPU))
	case analysis.LimitWorkers:
		return fmt.Sprintf("The workers' CPUs are the limit: %s, they use %s of them.", with, CPUShare(x.WorkersCPU))
	case analysis.LimitMachine:
		return fmt.Sprintf("The machine's CPUs are the limit: %s, workers, broker and load together use %s of them.", with, CPUShare(x.MachineCPU))
	}
	var parts []string
	for _, p := range []struct {
		name  string
		share *float64
	}{{"broker", x.BrokerCPU}, {"workers", x.WorkersCPU}, {"load", x.LoadCPU}, {"all of the machine", x.MachineCPU}} {
		if p.share != nil {
			parts = append(parts, p.name+" "+CPUShare(p.share))
		}
	}
	if len(parts) == 0 {
		return "The limit is not sure: no CPU time is known."
	}
	return fmt.Sprintf("The limit is not sure: CPU %s: %s.", with, text.List(parts))
}

// CPUShare is a share of CPU time, or a dash if it isn't known.
func CPUShare(share *float64) string {
	if share == nil {
		return "-"
	}
	return number.Percent(math.Round(100**share) / 100)
}

// KneeCell is the number of workers at an arm's knee and its limit, for data; empty if a scenario has none.
func (r *Report) KneeCell(scenario, broker, arm string) (knee, limit string) {
	of := scenario
	for _, sc := range r.Analysis.Scenarios {
		if sc.Name == scenario && sc.Of != "" {
			of = sc.Of
		}
	}
	for _, s := range r.Analysis.Scalings {
		if s.Scenario != of || s.Broker != broker || s.Arm != arm {
			continue
		}
		if s.Knee == analysis.KneeFound || s.Knee == analysis.KneeOpen {
			knee = fmt.Sprint(s.Workers)
		}
		return knee, s.Limit
	}
	return "", ""
}

// StepGain is a step's throughput over that of the one before.
func StepGain(i *stats.Interval) string {
	if i == nil {
		return "-"
	}
	return number.Short(i.Estimate) + " (" + number.Span(i.Low, i.High) + ")"
}

// StepWords are a step's figure with its interval.
func StepWords(e analysis.Estimate) string {
	if len(Shown(e)) == 0 {
		return "-"
	}
	return SideWords(e) + " (" + number.Span(e.Low, e.High) + ")"
}
