package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Files arrive whole and once, and requests are answered once, over connections that are cut again and again. The token isn't sent.
func TestCutConnectionsLoseAndRepeatNothing(t *testing.T) {
	place := Place{"worker", 0}
	var k kept
	s, l := collect(t, &k, place)
	var seen recording
	a := newAgent(cutter(t, l.Addr().String(), 1, &seen), place)
	var asked atomic.Int64
	handle := a.Handle
	a.Handle = func(ctx context.Context, method string, params json.RawMessage) (any, error) {
		asked.Add(1)
		return handle(ctx, method, params)
	}
	start(t, a)
	p := gather(t, s)[0]
	dir := t.TempDir()
	want := map[string][]byte{}
	sizes := map[string]int64{}
	var writing sync.WaitGroup
	for i := range 4 {
		name := fmt.Sprintf("trial-1/%d.probe", i)
		data := make([]byte, 500_000)
		for j := range data {
			data[j] = byte(i + j/7)
		}
		want[name], sizes[name] = data, int64(len(data))
		path := filepath.Join(dir, fmt.Sprint(i))
		w, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Outbox.Add(name, r); err != nil {
			t.Fatal(err)
		}
		writing.Go(func() {
			for ; len(data) > 0; data = data[min(len(data), 3200):] {
				if _, err := w.Write(data[:min(len(data), 3200)]); err != nil {
					t.Error(err)
				}
				a.Outbox.Kick()
			}
			_ = w.Close()
		})
	}
	const calls = 40
	for i := range calls {
		var sum int
		if err := p.Call(t.Context(), "sum", []int{i, 1}, &sum); err != nil || sum != i+1 {
			t.Fatalf("%d + 1 = %d (%v)", i, sum, err)
		}
	}
	writing.Wait()
	if err := p.Arrive(t.Context(), sizes); err != nil {
		t.Fatal(err)
	}
	for name, data := range want {
		if got := k.content(place.String() + " " + name); !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes arrived of %d, or others", name, len(got), len(data))
		}
	}
	if n := asked.Load(); n != calls {
		t.Errorf("%d requests were made for %d calls", n, calls)
	}
	if p.Reconnections() < 5 {
		t.Errorf("the connection was cut %d times", p.Reconnections())
	}
	if !seen.has(place.Role) || seen.has(token) {
		t.Error("the token was sent, or nothing was seen")
	}
	i, ok := p.Clock().At(now())
	for ; !ok && t.Context().Err() == nil; i, ok = p.Clock().At(now()) { // all exchanges so far may have been cut
		time.Sleep(time.Millisecond)
	}
	if i.Low > far || i.High < far {
		t.Errorf("the offset %d is not in %+v", far, i)
	}
	if n := p.Clock().Contradictions(); n != 0 {
		t.Errorf("%d exchanges contradict others", n)
	}
	if err := p.Call(t.Context(), "product", nil, nil); err == nil || !strings.Contains(err.Error(), "no sum") {
		t.Errorf("an error of the agent became %v", err)
	}
}

// Only agents of the plan, with the token and of the same version, are taken, and each says why not.
func TestStrangersAreRefused(t *testing.T) {
	s, l := collect(t, &kept{}, Place{"worker", 0})
	for _, tt := range []struct {
		name   string
		change func(*Agent)
		want   string
	}{
		{"token", func(a *Agent) { a.Token = []byte("another token of the same kind") }, ErrToken.Error()},
		{"build", func(a *Agent) { a.Build = "2" }, "it is tqbench 2, the collector 1"},
		{"place", func(a *Agent) { a.Index = 1 }, "the plan has no worker 1: numbers begin at 0"},
	} {
		a := newAgent(l.Addr().String(), Place{"worker", 0})
		tt.change(a)
		_, ended := start(t, a)
		if err := <-ended; err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	// One that only speaks the protocol gets no further.
	liar := newConnection(dial(t, l))
	var ch challenge
	h := hello{Version: Version, Build: "1", Role: "worker", Life: "x", Nonce: "y"}
	if err := errors.Join(liar.writeJSON(kindHello, h), liar.expect(kindChallenge, &ch), liar.writeJSON(kindProof, proof{ch.Proof})); err != nil {
		t.Fatal(err)
	}
	if err := liar.expect(kindWelcome, &welcome{}); err == nil {
		t.Error("the collector's own proof was taken for the agent's")
	}
	// One of another protocol may prove in another way that it knows the token.
	old := newConnection(dial(t, l))
	if err := old.writeJSON(kindHello, hello{Version: Version + 1, Build: "1", Role: "worker"}); err != nil {
		t.Fatal(err)
	}
	if err := old.expect(kindChallenge, &ch); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), fmt.Sprintf("it speaks version %d of the protocol, the collector version %d", Version+1, Version)) {
		t.Errorf("another version of the protocol: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Gather(ctx); err == nil || !strings.Contains(err.Error(), "0 of 1 agents are there, worker 0 is missing") {
		t.Errorf("%v", err)
	}
}

// An agent ends when its collector says so, or is gone, and begins again for another one.
func TestAnAgentEndsWithItsCollector(t *testing.T) {
	place := Place{"worker", 0}
	s, l := collect(t, &kept{}, place)
	_, ended := start(t, newAgent(l.Addr().String(), place))
	gather(t, s)
	s.Dismiss("all trials have run")
	if err := <-ended; !errors.Is(err, ErrEnded) || !strings.Contains(err.Error(), "all trials have run") {
		t.Errorf("%v", err)
	}

	// This one is killed, and another takes its address.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve := func(l net.Listener) (*Server, func()) {
		s := &Server{Token: []byte(token), Build: "1", Places: []Place{place}, Now: now, Deliver: new(kept).deliver, Patience: time.Minute}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l) }()
		return s, func() {
			cancel()
			<-done
		}
	}
	a := newAgent(l.Addr().String(), place)
	a.Patience = 3 * time.Second
	renewed := make(chan struct{})
	a.Renew = func() { close(renewed) }
	_, ended = start(t, a)
	one, kill := serve(l)
	gather(t, one)
	kill()
	if l, err = net.Listen("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	other, kill := serve(l)
	gather(t, other)
	<-renewed
	kill()
	if err := <-ended; !errors.Is(err, ErrGone) || !strings.Contains(err.Error(), a.Address) {
		t.Errorf("%v", err)
	}
}

// Any bytes are read or refused, and take no more room than they have.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, kindPing})
	f.Add([]byte{255, 255, 255, 255, kindData, 1})
	f.Add(append([]byte{0, 0, 0, 16, kindData}, appendPiece(nil, "a.probe", 3, []byte("x"))...))
	f.Fuzz(func(t *testing.T, data []byte) {
		var room []byte
		r := bytes.NewReader(data)
		for {
			kind, content, err := readFrame(r, frameMost, &room)
			if err != nil {
				break
			}
			if cap(room) > 2*len(data)+2<<20 {
				t.Fatalf("%d bytes take room of %d", len(data), cap(room))
			}
			if kind != kindData {
				continue
			}
			if name, offset, rest, err := piece(content); err == nil {
				if again := appendPiece(nil, name, offset, rest); !bytes.Equal(again, content) {
					t.Fatalf("%x became %x", content, again)
				}
			}
		}
	})
}
