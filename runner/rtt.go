package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// rttSetting tells of the delay between workers and broker.
func rttSetting(rtt time.Duration) results.Setting {
	return results.Setting{Name: "round-trip time added", Value: rtt.String(), Default: "none",
		Why: "asked for (--rtt): a proxy between the broker and the framework's workers and client, on both sides alike; tqbench's own connections are direct"}
}

// delayed puts the plan's delay before a broker and returns the URL that leads through it; without a delay, the URL stays
// as it is and there is no service.
func (s *session) delayed(ctx context.Context, name, url string) (*process.Service, string, error) {
	if s.plan.RTT == 0 {
		return nil, url, nil
	}
	target, err := broker.Address(name, url)
	if err != nil {
		return nil, "", err
	}
	service, err := netdelay.Start(ctx, target, time.Duration(s.plan.RTT))
	if err != nil {
		return nil, "", fmt.Errorf("delay %s: %w", name, err)
	}
	return service, broker.Through(url, service.Address), nil
}
