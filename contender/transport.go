package contender

import (
	"strings"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
)

// How failed tasks are tried again, on both sides: so many attempts, so many seconds apart.
const (
	maxAttempts = 3
	retryDelay  = 1
)

// transport is what a framework does differently from broker to broker.
type transport struct {
	// environ, settings and guarantee go into the Setup, prepare, places and leftovers too.
	environ           map[string]string
	prepare           [][]string
	places, leftovers []broker.Place
	settings          []results.Setting
	// delivery is the class of the guarantee; guarantee says more.
	delivery, guarantee, caveat string
	// destination is where its messages go.
	destination broker.Destination
}

// add puts a transport's part into a setup.
func (s *Setup) add(t transport) {
	for k, v := range t.environ {
		s.Environ[k] = v
	}
	s.Prepare, s.Places, s.Leftovers = t.prepare, t.places, t.leftovers
	s.Settings = append(s.Settings, t.settings...)
	s.Delivery, s.Guarantee, s.Caveat = t.delivery, t.delivery+": "+t.guarantee, t.caveat
}

// literal quotes a string for SQL, as all of our databases read it: names of queues have neither control characters nor
// backslashes.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// withScheme replaces what a URL begins with.
func withScheme(scheme, url string) string {
	_, rest, _ := strings.Cut(url, "://")
	return scheme + "://" + rest
}
