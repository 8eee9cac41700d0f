package netdelay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

func TestMain(m *testing.M) {
	process.MaybeGuard()
	MaybeServe()
	os.Exit(m.Run())
}

// server serves each connection with handle until the test ends.
func server(t testing.TB, handle func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				handle(c.(*net.TCPConn))
			}()
		}
	}()
	return l.Addr().String()
}

func echo(c *net.TCPConn) {
	_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
	_ = c.CloseWrite()
}

func proxy(t testing.TB, target string, rtt time.Duration) *Proxy {
	t.Helper()
	p, err := Listen(target, rtt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// ping sends a byte and waits for it.
func ping(t testing.TB, c net.Conn) time.Duration {
	b := []byte{7}
	began := time.Now()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

func TestARoundTripTakesTheTimeAsked(t *testing.T) {
	const rtt = 20 * time.Millisecond
	c := dial(t, proxy(t, server(t, echo), rtt).Addr())
	for range 5 {
		if took := ping(t, c); took < rtt {
			t.Errorf("%s", took)
		}
	}
}

// The proxy in a separate process does the same, and is gone when closed.
func TestTheProxyRunsInASeparateProcess(t *testing.T) {
	const rtt = 20 * time.Millisecond
	s, err := Start(t.Context(), server(t, echo), rtt)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s.Address)
	if took := ping(t, c); took < rtt {
		t.Errorf("%s", took)
	}
	s.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("it still answers")
	}
}

// Chunks of any size arrive complete, in order, both ways at once; a closed half only ends its direction.
func TestBytesAreIntactAndHalvesAreClosedAlone(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		sent := make([]byte, 3<<20+int(seed))
		for i := range sent {
			sent[i] = byte(rng.Uint32())
		}
		c := dial(t, proxy(t, server(t, echo), time.Millisecond).Addr())
		failed := make(chan error, 1)
		go func() {
			for rest := sent; len(rest) > 0; {
				n := min(1+rng.IntN(200<<10), len(rest))
				if rng.IntN(3) == 0 {
					n = min(1+rng.IntN(50), len(rest))
				}
				if _, err := c.Write(rest[:n]); err != nil {
					failed <- err
					return
				}
				rest = rest[n:]
			}
			failed <- c.CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if err := errors.Join(err, <-failed); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, sent) {
			t.Fatalf("seed %d: %d bytes came back of %d, or others", seed, len(got), len(sent))
		}
	}
}

// Many chunks are under way at once: a thousand of them don't take a thousand delays.
func TestADelayIsNoRate(t *testing.T) {
	const rtt, chunks = 200 * time.Millisecond, 1000
	c := dial(t, proxy(t, server(t, echo), rtt).Addr())
	began := time.Now()
	go func() {
		for i := range chunks {
			if _, err := c.Write([]byte{byte(i)}); err != nil {
				return
			}
			runtime.Gosched()
		}
	}()
	if _, err := io.ReadFull(c, make([]byte, chunks)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > chunks*rtt/10 {
		t.Errorf("%d chunks took %s", chunks, took)
	}
}

// An idle reader makes the sender wait: the proxy's buffer is bounded.
func TestASlowReaderHoldsTheSenderBack(t *testing.T) {
	silent := make(chan struct{})
	c := dial(t, proxy(t, server(t, func(*net.TCPConn) { <-silent }), time.Millisecond).Addr())
	defer close(silent)
	if err := c.SetWriteDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(struct{ io.Writer }{c}, io.LimitReader(zeros{}, 1<<30))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes were taken (%v)", n, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// A target that is missing or aborts ends the client's connection.
func TestABrokenConnectionEndsOnBothSides(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	for name, target := range map[string]string{
		"nobody there": nobody,
		"broken off": server(t, func(c *net.TCPConn) {
			_ = c.SetLinger(0) // an abort, no orderly end
		}),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", proxy(t, target, time.Millisecond).Addr())
			if errors.Is(err, syscall.ECONNRESET) {
				return // it ended before it was there
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		})
	}
}

// A cut resets every connection on both sides, and new ones work as before.
func TestACutBreaksEveryConnectionAndNoLaterOne(t *testing.T) {
	ends := make(chan error, 3)
	target := server(t, func(c *net.TCPConn) {
		_, err := io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
		ends <- err
	})
	s, err := Start(t.Context(), target, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var open []net.Conn
	for range 3 {
		c := dial(t, s.Address)
		ping(t, c)
		open = append(open, c)
	}
	s.Cut()
	for i, c := range open {
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("client %d: %v", i, err)
		}
		if err := <-ends; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("server %d: %v", i, err)
		}
	}
	ping(t, dial(t, s.Address))
}

// A link also gets slow for existing connections, is later as fast as before, and keeps the order of data under way at the change.
func TestASlowLinkIsSlowForAWhile(t *testing.T) {
	s, err := Start(t.Context(), server(t, echo), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c := dial(t, s.Address)
	ping(t, c)
	s.Slow()
	for ping(t, c) < SlowRTT { // the signal is on its way
	}
	s.Mend()
	for ping(t, c) >= SlowRTT {
	}
	p := proxy(t, server(t, echo), 100*time.Millisecond)
	c = dial(t, p.Addr())
	var sent []byte
	for i := range 50 {
		if i == 25 {
			p.SetRTT(0)
		}
		sent = append(sent, byte(i))
		if _, err := c.Write(sent[i:]); err != nil {
			t.Fatal(err)
		}
	}
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%v came back of %v (%v)", got, sent, err)
	}
}

// Close ends what is under way, with connections open, idle and in the middle of a delay, and leaves no goroutine.
func TestCloseLeavesNothing(t *testing.T) {
	target := server(t, echo)
	p, err := Listen(target, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		c := dial(t, p.Addr())
		if _, err := c.Write([]byte("under way")); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	// Close waits for all its goroutines, so none is left when it returns.
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if strings.Contains(string(stacks), "netdelay.(*") {
		t.Errorf("%s", stacks)
	}
}

// The proxy's latency beyond the requested delay, in microseconds: run it on a quiet machine.
func BenchmarkAdded(b *testing.B) {
	for _, rtt := range []time.Duration{0, time.Millisecond, 2 * time.Millisecond, 5500 * time.Microsecond} {
		b.Run(rtt.String(), func(b *testing.B) {
			s, err := Start(context.Background(), server(b, echo), rtt)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			c := dial(b, s.Address)
			var added []time.Duration
			for b.Loop() {
				added = append(added, ping(b, c)-rtt)
			}
			slices.Sort(added)
			b.ReportMetric(float64(added[len(added)/2])/1e3, "p50-us")
			b.ReportMetric(float64(added[len(added)*99/100])/1e3, "p99-us")
		})
	}
}

func BenchmarkDirect(b *testing.B) {
	c := dial(b, server(b, echo))
	for b.Loop() {
		ping(b, c)
	}
}
