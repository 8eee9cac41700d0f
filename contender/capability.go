package contender

import (
	"slices"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/suite"
)

// capabilityEarly is that tasks can be acknowledged before they run.
const capabilityEarly = "early"

// Capabilities are what a contender may offer besides running tasks.
func Capabilities() []string {
	return append(suite.Needs(), capabilityEarly)
}

// limited is a contender that doesn't offer everything.
type limited interface {
	// cannot is why the contender doesn't offer what a scenario needs, or "".
	cannot(s suite.Scenario) string
	// quorumless is why it has no quorum queues on RabbitMQ, or "".
	quorumless() string
}

// Lacks is why a contender can't run a scenario on a broker, or "".
func Lacks(c Contender, brokerName string, s suite.Scenario) string {
	if !slices.Contains(c.Brokers(), brokername.Family(brokerName)) {
		return onlyBrokers(c)
	}
	l, ok := c.(limited)
	if ok && brokername.Quorum(brokerName) {
		if why := l.quorumless(); why != "" {
			return why
		}
	}
	if ok {
		return l.cannot(s)
	}
	return ""
}
