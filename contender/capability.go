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
	// cannot is why the contender doesn't offer what a scenario needs, "" where it does.
	cannot(s suite.Scenario) string
}

// Lacks is why a contender can't run a scenario on a broker, "" where it can.
func Lacks(c Contender, brokerName string, s suite.Scenario) string {
	if !slices.Contains(c.Brokers(), brokerName) {
		return noTransport(c, brokerName)
	}
	if l, ok := c.(limited); ok {
		return l.cannot(s)
	}
	return ""
}
