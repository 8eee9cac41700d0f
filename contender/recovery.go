package contender

import (
	"errors"
	"fmt"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// Recovery is what a framework says of the tasks that a killed worker held.
type Recovery struct {
	// After is how long it takes at the latest until they are back, such as 60s; 0s means at once.
	After string `yaml:"after"`
	// Never is why they don't come back, by design.
	Never string `yaml:"never"`
	// Process says that this is so where only the process that runs the task is killed: those of a whole worker come back.
	Process bool `yaml:"process"`
	// Knob is the setting that brings them back sooner, or at all.
	Knob string `yaml:"knob"`
}

// check returns what is wrong with it. A missing one is right.
func (r *Recovery) check() error {
	switch {
	case r == nil:
		return nil
	case (r.After == "") == (r.Never == ""):
		return errors.New("recovery: set after, such as 60s, or never, with the reason")
	case r.Never != "":
		return nil
	case r.Process:
		return errors.New("recovery: process is about never")
	}
	if d, err := time.ParseDuration(r.After); err != nil || d < 0 {
		return fmt.Errorf("recovery: after %q: write a time, such as 60s", r.After)
	}
	return nil
}

// filled is it with its templates filled in.
func (r *Recovery) filled(v values) (*results.Recovery, error) {
	out := results.Recovery{Process: r.Process}
	if r.After != "" {
		d, err := time.ParseDuration(r.After)
		if err != nil {
			return nil, err
		}
		out.AfterSeconds = d.Seconds()
	}
	var err error
	if out.Never, err = v.text(r.Never); err != nil {
		return nil, err
	}
	out.Knob, err = v.text(r.Knob)
	return &out, err
}

// Recovers is what a contender says of the tasks that a killed worker held, on a broker in a scenario; nil if it says nothing of its fault.
func Recovers(c Contender, brokerName string, s suite.Scenario, defaults bool) (*results.Recovery, error) {
	t := Target{Env: workers.Env{Python: "python"}, Broker: brokerName, URL: exampleURL(brokerName), Queue: "tqbench", Processes: max(s.Processes, 1),
		Concurrency: max(s.Concurrency, 1), CPUs: 1, Defaults: defaults}
	if s.Own != nil {
		t.Own = &Own{}
	}
	setup, err := c.Setup(t)
	return s.Said(setup.Recovery), err
}

// recoverySentence says it in Markdown.
func recoverySentence(r *results.Recovery) string {
	if r == nil {
		return "When a killed worker's tasks come back is not stated."
	}
	out := "A killed worker's tasks come back at once"
	if r.AfterSeconds > 0 {
		out = fmt.Sprintf("A killed worker's tasks come back after at most %s", time.Duration(r.AfterSeconds*float64(time.Second)))
	}
	switch {
	case r.Process:
		out = "If only the process that runs a task is killed, the task never comes back: " + r.Never
	case r.Never != "":
		out = "A killed worker's tasks never come back: " + r.Never
	}
	switch {
	case r.Knob == "":
		return out + "."
	case r.Never != "":
		return fmt.Sprintf("%s. What changes that: %s.", out, r.Knob)
	}
	return fmt.Sprintf("%s; with %s, sooner.", out, r.Knob)
}
