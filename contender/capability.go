package contender

import (
	"slices"

	"github.com/tqbench/tqbench/suite"
)

// capabilityEarly is that tasks can be acknowledged before they are run.
const capabilityEarly = "early"

// Capabilities are what a contender may offer beside running tasks.
func Capabilities() []string {
	return append(suite.Needs(), capabilityEarly)
}

// limited is a contender that doesn't offer everything.
type limited interface {
	// lacks is why the contender doesn't offer a capability, "" where it does.
	lacks(capability string) string
}

// Lacks is why a contender can't run a scenario on a broker, "" where it can.
func Lacks(c Contender, brokerName string, s suite.Scenario) string {
	if !slices.Contains(c.Brokers(), brokerName) {
		return noTransport(c, brokerName)
	}
	l, ok := c.(limited)
	if !ok {
		return ""
	}
	if t, ok := c.(interface {
		without(tasks []suite.Share) string
	}); ok {
		if why := t.without(s.Kinds()); why != "" {
			return why
		}
	}
	for _, need := range s.Needs() {
		if why := l.lacks(need); why != "" {
			return why
		}
	}
	return ""
}
