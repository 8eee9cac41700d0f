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
	// resendAfter is how long a sender waits before it offers a broker again what that did not take.
	resendAfter = 20 * time.Millisecond
	// resendLimit bounds how often it does while the broker is there: one that goes on refusing has refused.
	resendLimit = 100
)

// errOutage is what a broker is asked while it isn't there.
var errOutage = errors.New("the broker was killed or stands still, and is not back")

// outage is a broker that fails for a while: it is killed or paused and comes back, or its network is disturbed. Who
// sends to it waits while it isn't there, and sends again what was not surely taken, as an application does that must not
// lose a task: what the broker had all the same is there twice.
type outage struct {
	broker.Broker
	clock *clock.Clock
	// sender is the broker as producers reach it.
	sender loadgen.Publisher

	mu sync.Mutex
	// there is closed while the broker is there.
	there chan struct{}
	// struck is when it was struck, 0 before.
	struck int64
	// resent counts what was on its way to the broker when it was struck and was sent again: the broker may have had it.
	// What fails later fails on a connection that was open before, and nobody got it.
	resent atomic.Int64
}

func newAway(b broker.Broker, c *clock.Clock) *outage {
	there := make(chan struct{})
	close(there)
	return &outage{Broker: b, clock: c, sender: b, there: there}
}

// server is the broker as something that can be killed, or says why it can't be.
func (a *outage) server() (broker.Restarter, error) {
	server, ok := a.Broker.(broker.Restarter)
	if !ok {
		return nil, broker.ErrNoRestart
	}
	return server, server.Restartable()
}

// sleeper is the broker as something that can be made to stand still, or says why it can't be.
func (a *outage) sleeper() (broker.Pauser, error) {
	server, ok := a.Broker.(broker.Pauser)
	if !ok {
		return nil, broker.ErrNoPause
	}
	return server, server.Pausable()
}

// state is a channel that is closed while the broker is there, and when it was killed.
func (a *outage) state() (there <-chan struct{}, struck int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.there, a.struck
}

// strike notes that something befalls the broker or the way to it now, and tells when that is. Unless it stays, its
// senders wait for comeBack.
func (a *outage) strike(stays bool) (at int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.struck = a.clock.Now()
	if !stays {
		a.there = make(chan struct{})
	}
	return a.struck
}

// comeBack lets the senders go on, and tells when.
func (a *outage) comeBack() (at int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.there)
	return a.clock.Now()
}

// kill kills the broker and tells when.
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

// restart starts the broker again, lets the senders go on, and tells when.
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

// pause makes the broker stand still until the context ends or the time is over, and tells from when to when.
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

// Publish goes on until the broker has taken all messages. Before anything befalls the broker, it is as strict as ever.
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
		_, struck := a.state()
		if struck == 0 || try == resendLimit || !sleep(ctx, resendAfter) {
			return taken, err
		}
		if began <= struck {
			a.resent.Add(int64(len(messages) - taken))
		}
	}
}

// Depth doesn't ask a broker that isn't there.
func (a *outage) Depth(ctx context.Context, places []broker.Place) (int64, error) {
	there, _ := a.state()
	select {
	case <-there:
		return a.Broker.Depth(ctx, places)
	default:
		return 0, errOutage
	}
}
