package runner

import (
	"fmt"
	"net"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/suite"
)

// hostsWanted refuses a plan that is run as if it were of the other kind.
func hostsWanted(p suite.Plan) error {
	if p.Hosts == nil {
		return fmt.Errorf("%w: the plan is for one machine: run it with tqbench run, or plan again with --worker-hosts and --load-hosts, or as a swarm", ErrInput)
	}
	return fmt.Errorf("%w: the plan is for many machines: run it with tqbench collect, and tqbench agent on the others", ErrInput)
}

// brokerOptions are how to open a broker. One that is started for other machines listens where these reach it.
func (s *session) brokerOptions(name string) (broker.Options, error) {
	o := broker.Options{URL: s.URLs[name], Bin: s.Bins[name]}
	if s.Hosts == nil || o.URL != "" || s.BrokerHost == "" {
		return o, nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(s.BrokerHost, "0"))
	if err != nil {
		return o, fmt.Errorf("%w: start %s for other machines: %w", ErrInput, name, err)
	}
	o.Listen = l.Addr().String()
	return o, l.Close()
}
