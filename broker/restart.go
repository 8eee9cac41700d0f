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

// ErrNoRestart marks a broker that can't be killed and restarted.
var ErrNoRestart = errors.New("the broker can't be killed and restarted")

// Restarter is a broker whose server can be killed and restarted. All kinds of this package can.
type Restarter interface {
	// Restartable is nil, or why this one can't: it is shared, or it would forget its tasks.
	Restartable() error
	// Kill kills all processes of the server with SIGKILL and returns when they are gone.
	Kill() error
	// Restart restarts the killed server at the same address and with its data, and returns when it answers.
	Restart(ctx context.Context) error
}

// Restartable returns why the server can't be killed and restarted, or nil.
func (p *private) Restartable() error {
	switch {
	case p.running() == nil:
		return fmt.Errorf("%w: it is attached, not ours", ErrNoRestart)
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

// restart restarts the server and waits until it answers.
func (p *private) restart(ctx context.Context, rawURL string, limit time.Duration, answers func(context.Context) error) error {
	if err := p.Restartable(); err != nil {
		return err
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return fmt.Errorf("restart %s: its URL can't be read", p.product)
	}
	// Earlier guards also have the folder: when we are killed, the last one finds it without a server in it.
	group, err := process.Start(p.life, []process.Command{p.server}, p.folder)
	if err != nil {
		return fmt.Errorf("restart %s: %w", p.product, err)
	}
	p.mu.Lock()
	p.before = append(p.before, p.group)
	p.group = group
	p.mu.Unlock()
	return p.await(ctx, limit, func(ctx context.Context) error {
		// A pool that keeps meeting a closed port stops asking for a second (go-redis): ask the port first.
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
		if err != nil {
			return err
		}
		_ = conn.Close()
		return answers(ctx)
	})
}
