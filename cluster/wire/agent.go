package wire

import (
	"cmp"
	"context"
	"crypto/hmac"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNever marks a collector that was never there, ErrGone one that can't be reached any more.
var (
	ErrNever = errors.New("there is no collector")
	ErrGone  = errors.New("the collector is gone")
)

// ErrEnded marks a collector that ended the run.
var ErrEnded = errors.New("the collector ended the run")

// ErrRefused marks an agent that the collector doesn't take.
var ErrRefused = errors.New("the collector refused this agent")

// errTaken marks a place that another agent has. It may be gone without the collector's knowledge, so the place may be free soon.
var errTaken = errors.New("its place is taken")

// takenPatience is how long to wait for a place that is taken: long enough for the collector to notice that a connection is silent.
const takenPatience = 2 * silence

// request asks the agent for something. Done is the lowest number that is still of interest.
type request struct {
	ID     uint64          `json:"id"`
	Done   uint64          `json:"done"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params,omitempty"`
}

// response is the answer.
type response struct {
	ID     uint64          `json:"id"`
	Error  string          `json:"error,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

// Agent is the agent's end.
type Agent struct {
	// Address is the collector's, HOST:PORT.
	Address string
	Token   []byte
	// Role and Index are which agent it is, Build its version.
	Role  string
	Index int
	Build string
	// Now is this host's clock, in nanoseconds.
	Now func() int64
	// Handle answers a request; the result becomes JSON. Each call has a goroutine.
	Handle func(ctx context.Context, method string, params json.RawMessage) (any, error)
	// Renew is called when another collector takes the place of the one before: what that one had asked for is over.
	Renew func()
	// Outbox has the files to ship.
	Outbox *Outbox
	// News counts what the collector is to ask for.
	News *atomic.Uint32
	// First is how long to wait for the collector at first, Patience how long once it was there.
	First, Patience time.Duration

	// taken replaces takenPatience, if set.
	taken         time.Duration
	life, session string
	mu            sync.Mutex
	conn          *connection
	// answers has the answer to each request that is of interest, nil while it is made.
	answers map[uint64]*response
	// asked ends with the collector that asked.
	asked context.Context
	stop  context.CancelFunc
}

// Run serves a collector until it ends the run (ErrEnded), is gone (ErrGone), or ctx ends.
func (a *Agent) Run(ctx context.Context) error {
	a.life, a.answers = random(), map[uint64]*response{}
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	a.asked, a.stop = context.WithCancel(work)
	lost, limit, seen := ErrNever, a.First, time.Now()
	var taken time.Time // since when the place is
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		welcomed, err := a.connect(work)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, ErrEnded), errors.Is(err, ErrRefused), errors.Is(err, ErrToken), errors.Is(err, ErrProtocol):
			return err
		case !errors.Is(err, errTaken):
			taken = time.Time{}
		case taken.IsZero():
			taken = time.Now()
		case time.Since(taken) > cmp.Or(a.taken, takenPatience):
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
		if welcomed {
			lost, limit, seen, wait = ErrGone, a.Patience, time.Now(), 25*time.Millisecond
		}
		if since := time.Since(seen); since > limit && taken.IsZero() { // the collector of a taken place answers
			return fmt.Errorf("%w: no connection to %s for %s: %w", lost, a.Address, since.Round(time.Second), err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// connect makes a connection and serves it until it breaks. welcomed reports whether the collector took the agent.
func (a *Agent) connect(ctx context.Context) (welcomed bool, err error) {
	dialer := net.Dialer{Timeout: silence}
	raw, err := dialer.DialContext(ctx, "tcp", a.Address)
	if err != nil {
		return false, err
	}
	c := newConnection(raw)
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { goodbye(c) })
	defer stop()
	w, err := a.introduce(c)
	if err != nil {
		return false, err
	}
	c.most = frameMost
	a.enter(ctx, c, w)
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		if err := a.Outbox.ship(ctx, c); err != nil {
			_ = c.Close()
		}
	})
	defer a.leave()
	var room []byte
	for {
		kind, content, err := c.read(&room)
		if err != nil {
			return true, err
		}
		if err := a.take(c, kind, content, a.Now()); err != nil {
			return true, err
		}
	}
}

// goodbyeLimit bounds how long the last word of an agent that was interrupted may take.
const goodbyeLimit = 500 * time.Millisecond

// goodbye lets the collector know at once that the agent was interrupted, and ends the connection.
func goodbye(c *connection) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		_ = c.writeJSON(kindBye, bye{Why: "was interrupted"}) // otherwise it is lost after a while
	}()
	select {
	case <-said:
	case <-time.After(goodbyeLimit):
	}
	_ = c.Close()
}

// introduce makes both sides prove that they know the token.
func (a *Agent) introduce(c *connection) (w welcome, err error) {
	h := hello{Version: Version, Build: a.Build, Role: a.Role, Index: a.Index, Life: a.life, Nonce: random()}
	if err = c.writeJSON(kindHello, h); err != nil {
		return w, err
	}
	var ch challenge
	if err = c.expect(kindChallenge, &ch); err != nil {
		return w, err
	}
	if !hmac.Equal(ch.Proof, proves(a.Token, "collector", h, ch.Nonce)) {
		return w, ErrToken
	}
	if err = c.writeJSON(kindProof, proof{proves(a.Token, "agent", h, ch.Nonce)}); err != nil {
		return w, err
	}
	return w, c.expect(kindWelcome, &w)
}

// enter begins a connection. Another collector knows nothing of what the one before has asked.
func (a *Agent) enter(ctx context.Context, c *connection, w welcome) {
	a.mu.Lock()
	other := a.session != "" && a.session != w.Session
	a.session, a.conn = w.Session, c
	if other {
		a.answers = map[uint64]*response{}
		a.stop()
		a.asked, a.stop = context.WithCancel(ctx)
	}
	a.mu.Unlock()
	if other {
		a.Renew()
	}
	a.Outbox.resume(w.Have)
}

func (a *Agent) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conn = nil
}

// take takes a frame that was read at this time.
func (a *Agent) take(c *connection, kind byte, content []byte, at int64) error {
	switch kind {
	case kindPing:
		t0, err := numbers(content, 1)
		if err != nil {
			return err
		}
		return c.write(kindPong, func(b []byte) []byte {
			for _, t := range []int64{t0[0], at, a.Now()} {
				b = binary.BigEndian.AppendUint64(b, uint64(t))
			}
			return binary.BigEndian.AppendUint32(b, a.News.Load())
		})
	case kindAck:
		name, offset, _, err := piece(content)
		if err != nil {
			return err
		}
		a.Outbox.acknowledge(name, offset)
		return nil
	case kindRequest:
		var r request
		if err := decode(content, &r); err != nil {
			return err
		}
		a.ask(c, r)
		return nil
	case kindBye:
		return farewell(content)
	}
	return fmt.Errorf("%w: a frame of kind %d", ErrProtocol, kind)
}

// ask answers a request once, however often it comes.
func (a *Agent) ask(c *connection, r request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.answers {
		if id < r.Done {
			delete(a.answers, id)
		}
	}
	if answer, known := a.answers[r.ID]; known {
		if answer != nil {
			go func() { _ = c.writeJSON(kindResponse, answer) }() // a broken connection brings the request again
		}
		return
	}
	a.answers[r.ID] = nil
	session, ctx := a.session, a.asked
	go func() {
		out := response{ID: r.ID}
		result, err := a.Handle(ctx, r.Method, r.Params)
		if err == nil {
			out.Result, err = json.Marshal(result)
		}
		if err != nil {
			out.Error = err.Error()
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.session != session {
			return
		}
		a.answers[r.ID] = &out
		if now := a.conn; now != nil {
			go func() { _ = now.writeJSON(kindResponse, &out) }()
		}
	}()
}

// bye is why a side ends a connection.
type bye struct {
	// Refused says that the agent is not wanted, Wait that it may be later.
	Refused bool   `json:"refused"`
	Wait    bool   `json:"wait"`
	Why     string `json:"why"`
}

// farewell is the error of a bye.
func farewell(content []byte) error {
	var b bye
	if err := decode(content, &b); err != nil {
		return err
	}
	switch {
	case b.Wait:
		return fmt.Errorf("%w: %s", errTaken, b.Why)
	case b.Refused:
		return fmt.Errorf("%w: %s", ErrRefused, b.Why)
	}
	return fmt.Errorf("%w: %s", ErrEnded, b.Why)
}
