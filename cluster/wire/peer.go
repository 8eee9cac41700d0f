package wire

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tqbench/tqbench/cluster/clock"
)

const (
	// pingEvery is how often the clocks are compared, warmPings how often at once when a connection is new. The first of these doesn't count:
	// the connection isn't warm.
	pingEvery = 100 * time.Millisecond
	warmPings = 30
	warmEvery = 2 * time.Millisecond
	// leaving is how long a dismissed agent may take to disconnect.
	leaving = 2 * time.Second
)

// Peer is an agent, over all of its connections.
type Peer struct {
	Place  Place
	server *Server
	life   string
	// session changes for an agent that was given up: what it was asked before is void.
	session string
	clock   clock.Tracker

	// serving is locked while a connection is read.
	serving sync.Mutex

	mu   sync.Mutex
	conn *connection
	// connections counts them.
	connections int64
	next        uint64
	calls       map[uint64]*call
	// have is what has arrived of each file; progress is closed and replaced when something arrives.
	have     map[string]int64
	progress chan struct{}
	news     uint32
	// fresh is closed and replaced when there are news.
	fresh chan struct{}
	err   error
	// gone is closed when the agent is lost.
	gone  chan struct{}
	timer *time.Timer
}

type call struct {
	frame  []byte
	answer chan response
}

func newPeer(s *Server, place Place, life string) *Peer {
	return &Peer{Place: place, server: s, life: life, session: s.session, calls: map[uint64]*call{}, have: map[string]int64{}, progress: make(chan struct{}),
		fresh: make(chan struct{}), gone: make(chan struct{})}
}

// Clock has the offset of the agent's clock.
func (p *Peer) Clock() *clock.Tracker { return &p.clock }

// Gone is closed when the agent is lost for good.
func (p *Peer) Gone() <-chan struct{} { return p.gone }

// Err is what happened to a lost agent, in a few words, such as "was started again".
func (p *Peer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Reconnections is how often its connection was made again.
func (p *Peer) Reconnections() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.connections-1, 0)
}

// News is the number of the agent's news, and a channel that is closed when there are more.
func (p *Peer) News() (uint32, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.news, p.fresh
}

func (p *Peer) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn != nil
}

// fail makes the agent a lost one.
func (p *Peer) fail(why error) {
	if p.end(why) {
		p.server.tell("%s %v", p.Place, why)
	}
}

// end reports whether the agent was not lost before.
func (p *Peer) end(why error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return false
	}
	p.err = why
	close(p.gone)
	if p.conn != nil {
		_ = p.conn.Close()
	}
	return true
}

// serve uses a connection until it breaks.
func (p *Peer) serve(ctx context.Context, c *connection) {
	p.cut() // the agent knows best that it is broken
	p.serving.Lock()
	defer p.serving.Unlock()
	if !p.attach(c) {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { p.ping(ctx, c) })
	defer p.detach(c)
	var room []byte
	for first := true; ; {
		kind, content, err := c.read(&room)
		if err != nil {
			return
		}
		if err := p.take(c, kind, content, p.server.Now(), &first); err != nil {
			p.fail(err)
			return
		}
	}
}

// cut breaks the connection, if there is one.
func (p *Peer) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		_ = p.conn.Close()
	}
}

// attach makes a connection the agent's, and repeats what has no answer yet.
func (p *Peer) attach(c *connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return false
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	if c.writeJSON(kindWelcome, welcome{Session: p.session, Have: maps.Clone(p.have)}) != nil {
		p.await()
		return false
	}
	p.conn = c
	p.connections++
	for _, id := range slices.Sorted(maps.Keys(p.calls)) {
		frame := p.calls[id].frame
		if c.write(kindRequest, func(b []byte) []byte { return append(b, frame...) }) != nil {
			break // the reader will notice
		}
	}
	return true
}

func (p *Peer) detach(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == c {
		p.conn = nil
		p.await()
	}
}

// await begins the time after which an agent without a connection is lost, while mu is locked.
func (p *Peer) await() {
	patience := p.server.Patience
	p.timer = time.AfterFunc(patience, func() {
		if !p.connected() {
			p.fail(fmt.Errorf("was lost: it had no connection for %s", patience))
		}
	})
}

// ping compares the clocks until the connection breaks.
func (p *Peer) ping(ctx context.Context, c *connection) {
	for n := 0; ; n++ {
		if c.write(kindPing, func(b []byte) []byte { return binary.BigEndian.AppendUint64(b, uint64(p.server.Now())) }) != nil {
			_ = c.Close()
			return
		}
		wait := pingEvery
		if n < warmPings {
			wait = warmEvery
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// take takes a frame that was read at this time. first says that no exchange came before.
func (p *Peer) take(c *connection, kind byte, content []byte, at int64, first *bool) error {
	switch kind {
	case kindPong:
		t, err := numbers(content, 3)
		if err != nil || len(content) < 28 {
			return errors.Join(ErrProtocol, err)
		}
		p.heard(binary.BigEndian.Uint32(content[24:]))
		if *first {
			*first = false
			return nil
		}
		return p.clock.Add(clock.Exchange{T0: t[0], T1: t[1], T2: t[2], T3: at})
	case kindResponse:
		var r response
		if err := decode(content, &r); err != nil {
			return err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if call := p.calls[r.ID]; call != nil {
			delete(p.calls, r.ID)
			call.answer <- r // it has room for one
		}
		return nil
	case kindData:
		name, offset, data, err := piece(content)
		if err != nil {
			return err
		}
		have, err := p.deliver(name, offset, data)
		if err != nil {
			return err
		}
		_ = c.write(kindAck, func(b []byte) []byte { return appendPiece(b, name, have, nil) }) // the reader notices a broken connection
		return nil
	case kindBye:
		var b bye
		if err := decode(content, &b); err != nil {
			return err
		}
		return errors.New(b.Why)
	}
	return fmt.Errorf("%w: a frame of kind %d", ErrProtocol, kind)
}

func (p *Peer) heard(news uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if news != p.news {
		p.news = news
		close(p.fresh)
		p.fresh = make(chan struct{})
	}
}

// deliver passes on what is new of a file, and returns how much of it has arrived.
func (p *Peer) deliver(name string, offset int64, data []byte) (int64, error) {
	p.mu.Lock()
	have := p.have[name]
	p.mu.Unlock()
	switch {
	case offset > have:
		return 0, fmt.Errorf("%w: %s goes on at byte %d of %d", ErrProtocol, name, offset, have)
	case offset+int64(len(data)) <= have:
		return have, nil
	}
	data = data[have-offset:]
	if err := p.server.Deliver(p.Place, name, have, data); err != nil {
		return 0, fmt.Errorf("its file %s can't be kept: %w", name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	have += int64(len(data))
	p.have[name] = have
	close(p.progress)
	p.progress = make(chan struct{})
	return have, nil
}

// Arrive waits until that much of each file has arrived.
func (p *Peer) Arrive(ctx context.Context, sizes map[string]int64) error {
	for {
		p.mu.Lock()
		missing, progress := "", p.progress
		for name, size := range sizes {
			if p.have[name] < size {
				missing = name
			}
		}
		p.mu.Unlock()
		if missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.gone:
			return p.Err()
		case <-progress:
		}
	}
}

// Forget forgets the files whose names begin so. The agent must have removed them.
func (p *Peer) Forget(prefix string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.have, func(name string, _ int64) bool { return strings.HasPrefix(name, prefix) })
}

// Call asks the agent, and waits for its answer over any number of connections. out takes the result; nil takes none.
func (p *Peer) Call(ctx context.Context, method string, in, out any) error {
	params, err := json.Marshal(in)
	if err != nil {
		return err
	}
	id, call, err := p.ask(method, params)
	if err != nil {
		return err
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.calls, id)
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-p.gone:
		return p.Err()
	case r := <-call.answer:
		switch {
		case r.Error != "":
			return errors.New(r.Error)
		case out == nil:
			return nil
		}
		return decode(r.Result, out)
	}
}

// ask notes and sends a request.
func (p *Peer) ask(method string, params []byte) (uint64, *call, error) {
	p.mu.Lock()
	p.next++
	id, done := p.next, p.next
	for other := range p.calls {
		done = min(done, other)
	}
	frame, err := json.Marshal(request{ID: id, Done: done, Method: method, Params: params})
	c := &call{frame: frame, answer: make(chan response, 1)}
	if err == nil {
		p.calls[id] = c
	}
	conn := p.conn
	p.mu.Unlock()
	if err == nil && conn != nil {
		_ = conn.write(kindRequest, func(b []byte) []byte { return append(b, frame...) }) // another connection brings it again
	}
	return id, c, err
}

// dismiss ends the agent.
func (p *Peer) dismiss(why string) {
	p.mu.Lock()
	conn := p.conn
	p.mu.Unlock()
	if conn == nil || conn.writeJSON(kindBye, bye{Why: why}) != nil {
		return
	}
	for end := time.Now().Add(leaving); p.connected() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}
