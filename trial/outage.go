package trial

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/loadgen"
)

const (
	// resendAfter is a sender's wait before it resends to a broker that didn't accept.
	resendAfter = 20 * time.Millisecond
	// resendLimit bounds the resends while the broker is up: one that keeps refusing has refused.
	resendLimit = 100
)

// errOutage answers requests to a broker that is down.
var errOutage = errors.New("the broker was killed or is frozen, and is not back")

// outage is a broker that fails for a while: it is killed or frozen and comes back, or its network is disturbed. Senders wait while it is
// down. Afterwards, they resend what was not certainly accepted, as an application must that cannot lose a task: messages that the broker
// had accepted are then on it twice.
type outage struct {
	broker.Broker
	clock *clock.Clock
	// sender is the broker as producers reach it.
	sender loadgen.Publisher

	mu sync.Mutex
	// there is closed while the broker is up.
	there chan struct{}
	// faultAt is when the fault came, 0 before.
	faultAt int64
	// resent counts messages that were on their way when the fault came and were resent: the broker may have had them. A later failure is
	// on a connection that was open before, and the message arrived nowhere.
	resent atomic.Int64
}

func newAway(b broker.Broker, c *clock.Clock) *outage {
	there := make(chan struct{})
	close(there)
	return &outage{Broker: b, clock: c, sender: b, there: there}
}

// Unwrap is the broker without its faults.
func (a *outage) Unwrap() broker.Broker { return a.Broker }

// server is the broker as a process to kill, or why it can't be killed.
func (a *outage) server() (broker.Restarter, error) {
	server, ok := broker.As[broker.Restarter](a.Broker)
	if !ok {
		return nil, broker.ErrNoRestart
	}
	return server, server.Restartable()
}

// sleeper is the broker as a process to freeze, or why it can't be frozen.
func (a *outage) sleeper() (broker.Pauser, error) {
	server, ok := broker.As[broker.Pauser](a.Broker)
	if !ok {
		return nil, broker.ErrNoPause
	}
	return server, server.Pausable()
}

// state is a channel that is closed while the broker is up, and when it was killed.
func (a *outage) state() (there <-chan struct{}, faultAt int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.there, a.faultAt
}

// strike notes a fault of the broker or the network, and returns its time. Unless stays is set, senders wait for comeBack.
func (a *outage) strike(stays bool) (at int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faultAt = a.clock.Now()
	if !stays {
		a.there = make(chan struct{})
	}
	return a.faultAt
}

// comeBack lets the senders continue, and returns the time.
func (a *outage) comeBack() (at int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.there)
	return a.clock.Now()
}

// kill kills the broker and returns the time.
func (a *outage) kill() (at int64, err error) {
	server, err := a.server()
	if err != nil {
		return 0, err
	}
	at = a.strike(false)
	if err := server.Kill(); err != nil {
		return at, fmt.Errorf("kill the broker: %w", err)
	}
	return at, nil
}

// restart restarts the broker, lets the senders continue, and returns the time.
func (a *outage) restart(ctx context.Context) (at int64, err error) {
	server, err := a.server()
	if err == nil {
		err = server.Restart(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("the broker did not come back: %w", err)
	}
	return a.comeBack(), nil
}

// pause freezes the broker until the context ends or the time is over, and returns the start and the end.
func (a *outage) pause(ctx context.Context, length time.Duration) (from, to int64, err error) {
	server, err := a.sleeper()
	if err != nil {
		return 0, 0, err
	}
	from = a.strike(false)
	if err := server.Pause(ctx); err != nil {
		return from, 0, err
	}
	sleep(ctx, length)
	server.Resume()
	return from, a.comeBack(), nil
}

// Publish continues until the broker has accepted all messages. Before a fault, it is as strict as without one.
func (a *outage) Publish(ctx context.Context, messages []broker.Message) (taken int, err error) {
	for try := 1; ; try++ {
		there, _ := a.state()
		select {
		case <-ctx.Done():
			return taken, context.Cause(ctx)
		case <-there:
		}
		began := a.clock.Now()
		n, err := a.sender.Publish(ctx, messages[taken:])
		taken += n
		if err == nil {
			return taken, nil
		}
		_, faultAt := a.state()
		if faultAt == 0 || try == resendLimit || !sleep(ctx, resendAfter) {
			return taken, err
		}
		if began <= faultAt {
			a.resent.Add(int64(len(messages) - taken))
		}
	}
}

// Depth doesn't ask a broker that is down.
func (a *outage) Depth(ctx context.Context, places []broker.Place) (int64, error) {
	there, _ := a.state()
	select {
	case <-there:
		return a.Broker.Depth(ctx, places)
	default:
		return 0, errOutage
	}
}
