package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// rttSetting is the delay between workers and broker.
func rttSetting(rtt time.Duration) results.Setting {
	return results.Setting{Name: "round-trip time added", Value: rtt.String(), Default: "none",
		Why: "--rtt asks for it: a proxy between the broker and the framework's workers and client, on both sides alike; tqbench's own connections are direct"}
}

// linkSetting is the proxy for a scenario's faults of connections.
func linkSetting() results.Setting {
	return results.Setting{Name: "proxy in front of the broker", Value: "on loopback", Default: "none",
		Why: "the scenario cuts connections or slows them: all senders and workers use a proxy, on both sides alike; tqbench itself observes the broker directly"}
}

// delayed puts the plan's delay in front of a broker and returns the URL through it. Without a delay or faults of connections, there is no
// proxy and the URL stays the same.
func (s *session) delayed(ctx context.Context, sc suite.Scenario, name, url string) (*netdelay.Link, string, error) {
	if s.plan.RTT == 0 && !sc.Linked() {
		return nil, url, nil
	}
	target, err := broker.Address(name, url)
	if err != nil {
		// With a delay, this was tried before the first trial.
		return nil, "", trial.NotRun("%w", err)
	}
	link, err := netdelay.Start(ctx, target, time.Duration(s.plan.RTT))
	if err != nil {
		return nil, "", fmt.Errorf("delay %s: %w", name, err)
	}
	return link, broker.Through(url, link.Address), nil
}
