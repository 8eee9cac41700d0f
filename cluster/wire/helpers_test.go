package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const token = "a token of tests that is long enough"

// far is how far the clocks of agents are ahead.
const far = int64(1000 * time.Second)

func now() int64 { return int64(time.Since(begin)) }

var begin = time.Now()

// kept is what a collector has of each file.
type kept struct {
	mu    sync.Mutex
	files map[string]*bytes.Buffer
}

func (k *kept) deliver(from Place, name string, offset int64, data []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string]*bytes.Buffer{}
	}
	name = from.String() + " " + name
	if k.files[name] == nil {
		k.files[name] = &bytes.Buffer{}
	}
	if got := int64(k.files[name].Len()); got != offset {
		return fmt.Errorf("%s goes on at %d, not at %d", name, offset, got)
	}
	k.files[name].Write(data)
	return nil
}

func (k *kept) content(name string) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return bytes.Clone(k.files[name].Bytes())
}

// collect starts a collector of these places.
func collect(t *testing.T, k *kept, places ...Place) (*Server, net.Listener) {
	t.Helper()
	return collectAs(t, k, func(*Server) {}, places...)
}

// collectAs changes the collector before it starts.
func collectAs(t *testing.T, k *kept, change func(*Server), places ...Place) (*Server, net.Listener) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Token: []byte(token), Build: "1", Places: places, Now: now, Deliver: k.deliver, Patience: time.Minute}
	change(s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, l
}

// newAgent is an agent that adds up the numbers it is asked.
func newAgent(address string, p Place) *Agent {
	return &Agent{Address: address, Token: []byte(token), Role: p.Role, Index: p.Index, Build: "1", Now: func() int64 { return now() + far },
		Handle: func(_ context.Context, method string, params json.RawMessage) (any, error) {
			var n []int
			if err := json.Unmarshal(params, &n); err != nil || method != "sum" {
				return nil, errors.Join(errors.New("no sum"), err)
			}
			sum := 0
			for _, m := range n {
				sum += m
			}
			return sum, nil
		},
		Renew: func() {}, Outbox: NewOutbox(), News: &atomic.Uint32{}, First: time.Minute, Patience: time.Minute}
}

// start runs an agent, which ends with stop.
func start(t *testing.T, a *Agent) (stop func(), ended <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		out <- a.Run(ctx)
		close(done)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop, out
}

// dial makes a connection that no agent uses.
func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// killed is an agent that only takes its place. kill ends it without a word, as SIGKILL does.
func killed(t *testing.T, l net.Listener, p Place) (kill func()) {
	t.Helper()
	a, c := newAgent(l.Addr().String(), p), newConnection(dial(t, l))
	a.life = random()
	if _, err := a.introduce(c); err != nil {
		t.Fatal(err)
	}
	return func() { _ = c.Close() }
}

// lines are what a collector says.
type lines struct {
	mu   sync.Mutex
	said []string
}

func (l *lines) tell(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, fmt.Sprintf(format, args...))
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.said)
}

func gather(t *testing.T, s *Server) []*Peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	peers, err := s.Gather(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return peers
}

// cutter passes connections on, and cuts each after some bytes.
func cutter(t *testing.T, to string, seed uint64, seen *recording) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for n := 0; ; n++ {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", to)
			if err != nil {
				_ = a.Close()
				continue
			}
			rng := rand.New(rand.NewPCG(seed, uint64(n)))
			pass := func(to, from net.Conn, most int64) {
				_, _ = io.CopyN(io.MultiWriter(to, seen), from, most)
				_, _ = a.Close(), b.Close()
			}
			go pass(b, a, 2000+rng.Int64N(200_000))
			go pass(a, b, 1<<40)
		}
	}()
	return l.Addr().String()
}

// recording has all that was passed on.
type recording struct {
	mu   sync.Mutex
	data []byte
}

func (r *recording) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.data = append(r.data, p...)
	return len(p), nil
}

func (r *recording) has(word string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Contains(r.data, []byte(word))
}
