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

// rttSetting tells of the delay between workers and broker.
func rttSetting(rtt time.Duration) results.Setting {
	return results.Setting{Name: "round-trip time added", Value: rtt.String(), Default: "none",
		Why: "asked for (--rtt): a proxy between the broker and the framework's workers and client, on both sides alike; tqbench's own connections are direct"}
}

// linkSetting tells of a proxy that stands there for what befalls the connections.
func linkSetting() results.Setting {
	return results.Setting{Name: "proxy before the broker", Value: "on loopback", Default: "none",
		Why: "the scenario cuts connections or makes them slow: whatever sends to the broker or works for it goes through a proxy, on both sides alike; tqbench's own look at it is direct"}
}

// delayed puts the plan's delay before a broker and returns the URL that leads through it; without a delay, and where
// nothing befalls the scenario's connections, the URL stays as it is and there is no proxy.
func (s *session) delayed(ctx context.Context, sc suite.Scenario, name, url string) (*netdelay.Link, string, error) {
	if s.plan.RTT == 0 && !sc.Linked() {
		return nil, url, nil
	}
	target, err := broker.Address(name, url)
	if err != nil {
		// With a delay, this was tried before the first trial.
		return nil, "", fmt.Errorf("%w: %w", trial.ErrNotRun, err)
	}
	link, err := netdelay.Start(ctx, target, time.Duration(s.plan.RTT))
	if err != nil {
		return nil, "", fmt.Errorf("delay %s: %w", name, err)
	}
	return link, broker.Through(url, link.Address), nil
}
