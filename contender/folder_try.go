package contender

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

// orderSetting is the setting that says in which order several queues are looked into.
const orderSetting = "order of queues"

// try makes each set-up for a broker, and tells what is wrong with the first that is incomplete.
func (f folder) try(brokerName string) error {
	sides := []folder{f}
	if e, err := f.early(); err == nil {
		sides = append(sides, e.(folder))
	}
	for _, side := range sides {
		for _, defaults := range []bool{false, true} {
			t := Target{Env: workers.Env{Python: "/python", Apps: "/apps"}, Broker: brokerName, URL: "url://host", Queue: "a", Processes: 2, Concurrency: 10, Defaults: defaults, CPUs: 2}
			if side.lacks("queues") == "" {
				t.Queues = []string{"a", "b"}
			}
			s, err := side.Setup(t)
			if err == nil {
				err = s.incomplete(!defaults)
			}
			if err == nil && len(t.Queues) > 1 && !slices.ContainsFunc(s.Settings, func(x results.Setting) bool { return x.Name == orderSetting }) {
				err = fmt.Errorf("no setting says the %q, where there are several", orderSetting)
			}
			if err == nil {
				_, err = side.Encoder(t)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// incomplete tells what a set-up says nothing of.
func (s Setup) incomplete(matched bool) error {
	switch {
	case len(s.Commands[0]) == 0:
		return errors.New("it says no command")
	case s.Probing < 1:
		return errors.New("it says no probing: how many processes run tasks")
	case len(s.Places) == 0 && len(s.Client) == 0:
		return errors.New("it says no places, where tasks stand on the broker")
	case s.Delivery != results.AtLeastOnce && s.Delivery != results.AtMostOnce:
		return fmt.Errorf("delivery %q: choose from %s, %s", s.Delivery, results.AtLeastOnce, results.AtMostOnce)
	case s.Guarantee == s.Delivery+": ":
		return errors.New("it says no guarantee: what becomes of a killed worker's tasks")
	case matched && unkept(s.Settings) != "":
		return fmt.Errorf("no setting says how it keeps the policy's point %q, or why it can't", unkept(s.Settings))
	}
	return nil
}
