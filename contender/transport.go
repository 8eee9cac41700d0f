package contender

import (
	"slices"
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

// everyQueue is the transport of all of a target's queues: that of the first, with the others' places and what makes them.
func everyQueue(t Target, of func(Target) (transport, error)) (transport, error) {
	var out transport
	for i, q := range t.listened() {
		tr, err := of(t.on(q))
		if err != nil {
			return out, err
		}
		if i == 0 {
			out = tr
			continue
		}
		out.places = append(out.places, without(tr.places, out.places)...)
		out.leftovers = append(out.leftovers, without(tr.leftovers, out.leftovers)...)
		for _, argv := range tr.prepare {
			if !slices.ContainsFunc(out.prepare, func(have []string) bool { return slices.Equal(have, argv) }) {
				out.prepare = append(out.prepare, argv)
			}
		}
	}
	return out, nil
}

// without are the places that are not among those that are there.
func without(places, there []broker.Place) []broker.Place {
	return slices.DeleteFunc(slices.Clone(places), func(p broker.Place) bool { return slices.Contains(there, p) })
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
