package contender

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// orderSetting is the setting for the order in which workers look into several queues.
const orderSetting = "order of queues"

// exampleURL is an example of a broker's URL.
func exampleURL(brokerName string) string {
	urls := map[string]string{
		"redis": "redis://127.0.0.1:6379/0", "postgres": "postgresql://user:password@127.0.0.1:5432/tqbench",
		"mysql": "mysql://user:password@127.0.0.1:3306/tqbench", "rabbitmq": "amqp://user:password@127.0.0.1:5672/",
		"sqs": "sqs://key:secret@127.0.0.1:9324/us-east-1",
	}
	return cmp.Or(urls[brokerName], "url://127.0.0.1")
}

// Nowhere is a URL of a broker's form at which nothing listens, for programs that must not reach any.
func Nowhere(brokerName string) string {
	u, err := url.Parse(exampleURL(brokerName))
	if err != nil {
		return ""
	}
	u.Host = "127.0.0.1:1"
	return u.String()
}

// try makes each set-up for a broker and returns what the first incomplete one lacks.
func (f folder) try(brokerName string) error {
	sides := []folder{f}
	if e, err := f.early(); err == nil {
		sides = append(sides, e.(folder))
	}
	for _, side := range sides {
		for _, t := range side.targets(brokerName) {
			if err := side.tryOn(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// targets differ in what a part can ask for, of what the contender offers.
func (f folder) targets(brokerName string) (out []Target) {
	plain := Target{Env: workers.Env{Python: "/python", Apps: "/apps", Packages: "/packages"}, Broker: brokerName, URL: exampleURL(brokerName), Queue: "a",
		Processes: 2, Concurrency: 10, CPUs: 2}
	for _, defaults := range []bool{false, true} {
		t := plain
		t.Defaults = defaults
		out = append(out, t)
		shared := t
		shared.Space, shared.Queue = "run-0", "run-0-a"
		out = append(out, shared)
		if f.lacks(suite.NeedQueues) == "" {
			shared.Queues = []string{"run-0-a", "run-0-b"}
			out = append(out, shared)
		}
		if f.lacks(suite.NeedOwn) == "" {
			own := t
			own.Own = &Own{App: "app", Path: "/own"}
			out = append(out, own)
		}
		if f.lacks(suite.NeedEvents) == "" && brokerName == "redis" {
			t.Events = suite.EventsConsumed
			out = append(out, t)
		}
	}
	if brokerName == "mysql" {
		plain.Product = broker.MariaDB
		out = append(out, plain)
	}
	return out
}

func (f folder) tryOn(t Target) error {
	s, err := f.Setup(t)
	if err == nil {
		err = s.incomplete(!t.Defaults)
	}
	switch {
	case err != nil:
		return err
	case len(t.Queues) > 1 && !slices.ContainsFunc(s.Settings, func(x results.Setting) bool { return x.Name == orderSetting }):
		return fmt.Errorf("setting %q is missing, for several queues", orderSetting)
	case t.Events != "" && s.Events == nil:
		return errors.New("it offers events, but no part says where workers publish them")
	case t.Own != nil && s.App == f.App:
		return errors.New("it offers own, but no part has the app that attaches the probe: when: {own: true}")
	}
	_, err = f.Encoder(t)
	return err
}

// quorumless is why the framework has no quorum queues on RabbitMQ, or "": its own reason, or that its queues aren't declared as such.
func (f folder) quorumless() string {
	if f.Quorumless != "" {
		return "no quorum queues: " + f.Quorumless
	}
	t := f.targets(brokername.RabbitMQ)[0]
	t.Quorum = true
	s, err := f.Setup(t)
	if err != nil || slices.ContainsFunc(s.Places, func(p broker.Place) bool { return !strings.Contains(p.Arguments, `"x-queue-type":"quorum"`) }) {
		return "no quorum queues: its contender.yaml doesn't declare them (when: {quorum: true})"
	}
	return ""
}

// incomplete returns what a set-up lacks.
func (s Setup) incomplete(matched bool) error {
	switch {
	case len(s.Commands[0]) == 0:
		return errors.New("command is missing")
	case s.Probing < 1:
		return errors.New("probing is missing: how many processes run tasks")
	case len(s.Places) == 0 && len(s.Client) == 0:
		return errors.New("places is missing: where tasks are on the broker")
	case s.Delivery != results.AtLeastOnce && s.Delivery != results.AtMostOnce:
		return fmt.Errorf("delivery %q: choose from %s, %s", s.Delivery, results.AtLeastOnce, results.AtMostOnce)
	case s.Guarantee == s.Delivery+": ":
		return errors.New("guarantee is missing: what happens to a killed worker's tasks")
	case matched && unkept(s.Settings) != "":
		return fmt.Errorf("no setting says how it keeps the policy's point %q, or why it can't", unkept(s.Settings))
	}
	return nil
}
