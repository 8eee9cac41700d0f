package broker

import (
	"context"
	"errors"
	"fmt"
)

// ErrNoPause marks a broker that can't be stopped for a while.
var ErrNoPause = errors.New("the broker can't be stopped for a while")

// Pauser is a broker whose server can be stopped for a while, as a virtual machine is that its host sets aside: its
// connections stay open and nothing answers. All kinds of this package are.
type Pauser interface {
	// Pausable is nil, or tells why this one can't be.
	Pausable() error
	// Pause stops all processes of the server and returns when they stand still.
	Pause(ctx context.Context) error
	// Resume lets them go on.
	Resume()
}

// Pausable tells why the server can't be stopped for a while, or nil.
func (p *private) Pausable() error {
	if p.running() == nil {
		return fmt.Errorf("%w: it is attached to, and not ours", ErrNoPause)
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
		return fmt.Errorf("stop %s for a while: %w", p.product, err)
	}
	return nil
}

// Resume lets the server's tree go on.
func (p *private) Resume() {
	if group := p.running(); group != nil {
		group.Release()
	}
}
