package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// ErrNoRestart marks a broker that can't be killed and started again.
var ErrNoRestart = errors.New("the broker can't be killed and started again")

// Restarter is a broker whose server can be killed and started again. All kinds of this package are.
type Restarter interface {
	// Restartable is nil, or tells why this one can't: it isn't ours, or it would forget its tasks.
	Restartable() error
	// Kill kills all processes of the server with SIGKILL and returns when they are gone.
	Kill() error
	// Restart starts the killed server again, where it was and with the data that it left, and returns when it answers.
	Restart(ctx context.Context) error
}

// Restartable tells why the server can't be killed and started again, or nil.
func (p *private) Restartable() error {
	switch {
	case p.running() == nil:
		return fmt.Errorf("%w: it is attached to, and not ours", ErrNoRestart)
	case p.forgets != "":
		return fmt.Errorf("%w: %s", ErrNoRestart, p.forgets)
	}
	return nil
}

// Kill kills the server's whole tree.
func (p *private) Kill() error {
	if err := p.Restartable(); err != nil {
		return err
	}
	p.running().Kill()
	return nil
}

// restart starts the server again and waits until it answers.
func (p *private) restart(ctx context.Context, rawURL string, limit time.Duration, answers func(context.Context) error) error {
	if err := p.Restartable(); err != nil {
		return err
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return fmt.Errorf("start %s again: its URL can't be read", p.product)
	}
	// The guards before have the folder, too: when we are killed, the last one finds it without a server in it.
	group, err := process.Start(p.life, []process.Command{p.server}, p.server.Dir)
	if err != nil {
		return fmt.Errorf("start %s again: %w", p.product, err)
	}
	p.mu.Lock()
	p.before = append(p.before, p.group)
	p.group = group
	p.mu.Unlock()
	return p.await(ctx, limit, func(ctx context.Context) error {
		// A pool that meets a closed port again and again stops asking for a second (go-redis): the port is asked first.
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
		if err != nil {
			return err
		}
		_ = conn.Close()
		return answers(ctx)
	})
}
