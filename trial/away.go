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
)

const (
	// resendAfter is how long a sender waits before it offers a broker again what that did not take.
	resendAfter = 20 * time.Millisecond
	// resendLimit bounds how often it does while the broker is there: one that goes on refusing has refused.
	resendLimit = 100
)

// errAway is what a broker is asked while it isn't there.
var errAway = errors.New("the broker was killed and is not back")

// away is a broker that is killed and comes back. Who sends to it waits meanwhile, and sends again what was not surely
// taken, as an application does that must not lose a task: what the broker had all the same is there twice.
type away struct {
	broker.Broker
	server broker.Restarter
	clock  *clock.Clock

	mu sync.Mutex
	// there is closed while the broker is there.
	there chan struct{}
	// struck is when it was killed, 0 before.
	struck int64
	// resent counts what was on its way to the broker when it was killed and was sent again: the broker may have had it.
	// What fails later fails on a connection that was open before, and nobody got it.
	resent atomic.Int64
}

// newAway says why a broker can't be killed, if it can't.
func newAway(b broker.Broker, c *clock.Clock) (*away, error) {
	server, ok := b.(broker.Restarter)
	if !ok {
		return nil, broker.ErrNoRestart
	}
	if err := server.Restartable(); err != nil {
		return nil, err
	}
	there := make(chan struct{})
	close(there)
	return &away{Broker: b, server: server, clock: c, there: there}, nil
}

// state is a channel that is closed while the broker is there, and when it was killed.
func (a *away) state() (there <-chan struct{}, struck int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.there, a.struck
}

// kill kills the broker and tells when.
func (a *away) kill() (at int64, err error) {
	at = a.clock.Now()
	a.mu.Lock()
	a.there, a.struck = make(chan struct{}), at
	a.mu.Unlock()
	if err := a.server.Kill(); err != nil {
		return at, fmt.Errorf("kill the broker: %w", err)
	}
	return at, nil
}

// restart starts the broker again, lets the senders go on, and tells when.
func (a *away) restart(ctx context.Context) (at int64, err error) {
	if err := a.server.Restart(ctx); err != nil {
		return 0, fmt.Errorf("the broker did not come back: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.there)
	return a.clock.Now(), nil
}

// Publish goes on until the broker has taken all messages. Before the broker is killed, it is as strict as ever.
func (a *away) Publish(ctx context.Context, messages []broker.Message) (taken int, err error) {
	for try := 1; ; try++ {
		there, _ := a.state()
		select {
		case <-ctx.Done():
			return taken, context.Cause(ctx)
		case <-there:
		}
		began := a.clock.Now()
		n, err := a.Broker.Publish(ctx, messages[taken:])
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
func (a *away) Depth(ctx context.Context, places []broker.Place) (int64, error) {
	there, _ := a.state()
	select {
	case <-there:
		return a.Broker.Depth(ctx, places)
	default:
		return 0, errAway
	}
}
