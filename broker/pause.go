package broker

import (
	"context"
	"errors"
	"fmt"
)

// ErrNoPause marks a broker that can't be frozen.
var ErrNoPause = errors.New("the broker can't be frozen")

// Pauser is a broker whose server can be frozen, like a virtual machine that its host suspends: its connections stay open but nothing
// answers. All kinds of this package can.
type Pauser interface {
	// Pausable is nil, or why this one can't be frozen.
	Pausable() error
	// Pause stops all processes of the server and returns when they are frozen.
	Pause(ctx context.Context) error
	// Resume lets them continue.
	Resume()
}

// Pausable returns why the server can't be frozen, or nil.
func (p *private) Pausable() error {
	if p.running() == nil {
		return fmt.Errorf("%w: it is attached, not ours", ErrNoPause)
	}
	return nil
}

// Pause stops the server's whole tree.
func (p *private) Pause(ctx context.Context) error {
	if err := p.Pausable(); err != nil {
		return err
	}
	if err := p.running().Hold(ctx); err != nil {
		p.Resume()
		return fmt.Errorf("freeze %s: %w", p.product, err)
	}
	return nil
}

// Resume lets the server's tree continue.
func (p *private) Resume() {
	if group := p.running(); group != nil {
		group.Release()
	}
}
