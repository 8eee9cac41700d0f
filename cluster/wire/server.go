package wire

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pendingMost bounds the connections that haven't proved yet that they know the token.
const pendingMost = 256

// Place is a place that an agent takes: a role, and a number from 0.
type Place struct {
	Role  string
	Index int
}

// String is a place in an agent's name: "worker 0".
func (p Place) String() string { return fmt.Sprintf("%s %d", p.Role, p.Index) }

// Server is the collector's end.
type Server struct {
	// Token is what agents must know, Build the version that they must have.
	Token []byte
	Build string
	// Places are those to take.
	Places []Place
	// Now is the collector's clock, in nanoseconds.
	Now func() int64
	// Deliver takes bytes of an agent's file, in order and each once. Those of one agent come one after another. An error ends the agent.
	Deliver func(from Place, name string, offset int64, data []byte) error
	// Patience is how long an agent may be without a connection before it is lost.
	Patience time.Duration
	// Tell gets lines about agents that are lost, or that come too many; it may be nil.
	Tell func(format string, args ...any)

	session string
	pending chan struct{}
	// over says that agents may go.
	over  atomic.Bool
	mu    sync.Mutex
	peers map[Place]*Peer
	// arrived is closed and replaced when an agent takes a place.
	arrived chan struct{}
	// turnedAway are the lives of agents whose place was taken.
	turnedAway map[string]bool
}

func (s *Server) tell(format string, args ...any) {
	if s.Tell != nil && !s.over.Load() {
		s.Tell(format, args...)
	}
}

// Serve takes agents until ctx ends.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.init()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer s.over.Store(true)
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		raw, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // such as too many open files
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		select {
		case s.pending <- struct{}{}:
			wg.Go(func() { s.welcome(ctx, newConnection(raw)) })
		default:
			_ = raw.Close()
		}
	}
}

func (s *Server) init() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peers == nil {
		s.session, s.pending = random(), make(chan struct{}, pendingMost)
		s.peers, s.arrived, s.turnedAway = map[Place]*Peer{}, make(chan struct{}), map[string]bool{}
	}
}

// welcome makes a connection that of a peer, if it proves to be an agent for one of the places.
func (s *Server) welcome(ctx context.Context, c *connection) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	h, err := s.examine(c)
	<-s.pending
	if err != nil {
		return
	}
	place := Place{h.Role, h.Index}
	no := bye{Refused: true}
	switch {
	case h.Build != s.Build:
		no.Why = fmt.Sprintf("it is tqbench %s, the collector %s: use one tqbench everywhere", h.Build, s.Build)
	case !slices.Contains(s.Places, place):
		no.Why = fmt.Sprintf("the plan has no %s: numbers begin at 0", place)
	}
	if no.Why != "" {
		_ = c.writeJSON(kindBye, no)
		return
	}
	p := s.seat(place, h.Life)
	if p == nil {
		_ = c.writeJSON(kindBye, bye{Wait: true, Why: fmt.Sprintf("another agent is %s: give each a separate number (--index)", place)})
		return
	}
	p.serve(ctx, c)
}

// examine makes both sides prove that they know the token.
func (s *Server) examine(c *connection) (h hello, err error) {
	if err = c.expect(kindHello, &h); err != nil {
		return h, err
	}
	if h.Version != Version { // its proof may be of another form
		why := fmt.Sprintf("it speaks version %d of the protocol, the collector version %d: use one tqbench everywhere", h.Version, Version)
		return h, errors.Join(ErrProtocol, c.writeJSON(kindBye, bye{Refused: true, Why: why}))
	}
	nonce := random()
	if err = c.writeJSON(kindChallenge, challenge{Nonce: nonce, Proof: proves(s.Token, "collector", h, nonce)}); err != nil {
		return h, err
	}
	var p proof
	if err = c.expect(kindProof, &p); err != nil {
		return h, err
	}
	if !hmac.Equal(p.Proof, proves(s.Token, "agent", h, nonce)) {
		return h, ErrToken
	}
	c.most = frameMost
	return h, nil
}

// seat is the peer at a place: the one that has it, if it is the same process, or a new one. It is nil if another one is connected.
func (s *Server) seat(place Place, life string) *Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.peers[place]
	switch {
	case old != nil && old.life == life && old.Err() == nil:
		return old
	case old != nil && old.connected():
		if !s.turnedAway[life] {
			s.turnedAway[life] = true
			s.tell("a second agent wants to be %s: it has to wait", place)
		}
		return nil
	case old != nil:
		old.fail(errors.New("was started again"))
	}
	p := newPeer(s, place, life)
	if old != nil && old.life == life {
		// It was given up, and doesn't know: as for another collector, it drops its work, its answers and its files.
		p.session = random()
	}
	s.peers[place] = p
	close(s.arrived)
	s.arrived = make(chan struct{})
	return p
}

// Missing is the first place that no agent has, or "".
func (s *Server) Missing() string {
	s.init()
	_, missing, _ := s.seated()
	return missing
}

// seated are the agents that are there, the first place without one, or "", and a channel that is closed when another arrives.
func (s *Server) seated() (peers []*Peer, missing string, arrived <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, place := range s.Places {
		if p := s.peers[place]; p != nil && p.Err() == nil {
			peers = append(peers, p)
		} else if missing == "" {
			missing = place.String()
		}
	}
	return peers, missing, s.arrived
}

// Gather waits until all places are taken, and returns their peers in the order of Places. At the end of ctx, the error names the missing.
func (s *Server) Gather(ctx context.Context) ([]*Peer, error) {
	s.init()
	for {
		peers, missing, arrived := s.seated()
		if missing == "" {
			return peers, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d agents are there, %s is missing: %w", len(peers), len(s.Places), missing, context.Cause(ctx))
		case <-arrived:
		}
	}
}

// Dismiss ends all agents.
func (s *Server) Dismiss(why string) {
	s.over.Store(true)
	s.mu.Lock()
	peers := slices.Collect(maps.Values(s.peers))
	s.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range peers {
		wg.Go(func() { p.dismiss(why) })
	}
	wg.Wait()
}
