// Package brokertest is the conformance suite that every broker passes.
package brokertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// Run runs the suite on a private instance of the broker, which is started from the programs in bin; "" looks for them.
func Run(t *testing.T, name, bin string) {
	testneeds.Real(t, "a broker")
	// The user that a server runs as instead of root can enter the folder.
	t.Setenv("TMPDIR", OpenDir(t))
	b, err := broker.Open(t.Context(), name, broker.Options{Bin: bin})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	t.Cleanup(func() {
		if !closed {
			_ = b.Close()
		}
	})
	name = brokername.Family(name)
	s := subjects()[name]
	if s.prepare != nil {
		s.prepare(t, b.URL())
	}
	declare := func(t *testing.T, queues ...string) (places []broker.Place) {
		t.Helper()
		for _, q := range queues {
			places = append(places, s.place(q))
		}
		if err := b.Declare(t.Context(), places); err != nil {
			t.Fatal(err)
		}
		return places
	}
	message := func(queue string, body []byte) broker.Message {
		return broker.Message{Destination: s.destination(queue), Body: body, Properties: broker.Properties{Persistent: true}}
	}

	t.Run("messages keep their bytes and their order", func(t *testing.T) {
		place := declare(t, "one")[0]
		var sent []broker.Message
		for i := range 2000 {
			body := fmt.Appendf(nil, "%d \x00\xff'\\", i)
			if s.text {
				body = fmt.Appendf(nil, "%d ä'\\", i)
			}
			sent = append(sent, message("one", body))
		}
		// One message, a few, and more than any batch.
		for _, part := range [][]broker.Message{sent[:1], sent[1:5], sent[5:]} {
			n, err := b.Publish(t.Context(), part)
			if err != nil || n != len(part) {
				t.Fatalf("published %d of %d: %v", n, len(part), err)
			}
		}
		got := Read(t, name, b.URL(), place)
		if len(got) != len(sent) {
			t.Fatalf("%d messages, want %d", len(got), len(sent))
		}
		seen := map[string]bool{}
		for i := range got {
			seen[string(got[i].Body)] = true
			if !s.unordered && string(got[i].Body) != string(sent[i].Body) {
				t.Fatalf("message %d is %q, want %q", i, got[i].Body, sent[i].Body)
			}
		}
		for _, m := range sent {
			if !seen[string(m.Body)] {
				t.Fatalf("%q did not come back", m.Body)
			}
		}
	})
	t.Run("one batch serves several destinations", func(t *testing.T) {
		places := declare(t, "a", "b")
		batch := []broker.Message{message("a", []byte("1")), message("b", []byte("2")), message("a", []byte("3"))}
		if n, err := b.Publish(t.Context(), batch); n != 3 || err != nil {
			t.Fatalf("published %d: %v", n, err)
		}
		if a, c := Read(t, name, b.URL(), places[0]), Read(t, name, b.URL(), places[1]); len(a) != 2 || len(c) != 1 || string(c[0].Body) != "2" {
			t.Errorf("a has %v, b has %v", a, c)
		}
	})
	t.Run("depth counts all places and purge empties them", func(t *testing.T) {
		places := append(declare(t, "c", "d", "other"), s.place("never made"))
		for i, q := range []string{"c", "c", "d", "other"} {
			if _, err := b.Publish(t.Context(), []broker.Message{message(q, []byte{'a' + byte(i)})}); err != nil {
				t.Fatal(err)
			}
		}
		depth := func(want int64, places ...broker.Place) {
			t.Helper()
			if got, err := b.Depth(t.Context(), places); got != want || err != nil {
				t.Errorf("depth %d, want %d (%v)", got, want, err)
			}
		}
		depth(4, places...)
		if err := b.Purge(t.Context(), []broker.Place{places[0], places[1], places[3]}); err != nil {
			t.Fatal(err)
		}
		depth(1, places...)
		depth(1, places[2])
		// A purged place can be used again.
		again := declare(t, "c")
		if n, err := b.Publish(t.Context(), []broker.Message{message("c", []byte("again"))}); n != 1 || err != nil {
			t.Errorf("after a purge, published %d: %v", n, err)
		}
		depth(1, again...)
	})
	t.Run("many may publish at once", func(t *testing.T) {
		place := declare(t, "many")[0]
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				for range 10 {
					m := message("many", []byte{'a' + byte(i)})
					if _, err := b.Publish(t.Context(), []broker.Message{m, m}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got, err := b.Depth(t.Context(), []broker.Place{place}); got != 600 || err != nil {
			t.Errorf("depth %d, want 600 (%v)", got, err)
		}
	})
	t.Run("a cancelled publish fails", func(t *testing.T) {
		declare(t, "cancelled")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if n, err := b.Publish(ctx, []broker.Message{message("cancelled", []byte("x"))}); n != 0 || err == nil {
			t.Errorf("published %d: %v", n, err)
		}
		// The next one does not.
		if n, err := b.Publish(t.Context(), []broker.Message{message("cancelled", []byte("x"))}); n != 1 || err != nil {
			t.Errorf("published %d: %v", n, err)
		}
	})
	t.Run("it describes itself and what it uses", func(t *testing.T) {
		d, err := b.Describe(t.Context())
		if err != nil || d.Name != name || d.Product == "" || d.Version == "" || d.Attached || len(d.Settings) == 0 {
			t.Errorf("%+v, %v", d, err)
		}
		for _, set := range d.Settings {
			if set.Why == "" || set.Value == "" && set.Name != "save" {
				t.Errorf("setting %s has value %q and reason %q", set.Name, set.Value, set.Why)
			}
		}
		if u, ours := b.Usage(); !ours || u.Processes < 1 || b.PSS() <= 0 {
			t.Errorf("usage %+v, PSS %d", u, b.PSS())
		}
	})
	t.Run("it listens on loopback only", func(t *testing.T) {
		listening, err := Listeners(os.Getpid())
		if err != nil || len(listening) == 0 {
			t.Fatalf("%v, %v", listening, err)
		}
		for _, l := range listening {
			if !l.IP.IsLoopback() {
				t.Errorf("a process of the broker listens on %s", &l)
			}
		}
	})
	t.Run("another may attach by its URL", func(t *testing.T) {
		place := declare(t, "attached")[0]
		other, err := broker.Open(t.Context(), name, broker.Options{URL: b.URL()})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if n, err := other.Publish(t.Context(), []broker.Message{message("attached", []byte("x"))}); n != 1 || err != nil {
			t.Fatalf("published %d: %v", n, err)
		}
		if n, err := b.Depth(t.Context(), []broker.Place{place}); n != 1 || err != nil {
			t.Errorf("depth %d, %v", n, err)
		}
		d, err := other.Describe(t.Context())
		if err != nil || !d.Attached {
			t.Errorf("%+v, %v", d, err)
		}
		if _, ours := other.Usage(); ours || other.PSS() != 0 {
			t.Error("the use of an attached broker is measured")
		}
		if err := other.(broker.Restarter).Kill(); !errors.Is(err, broker.ErrNoRestart) {
			t.Errorf("killing an attached broker: %v", err)
		}
	})
	t.Run("messages outlive a kill", func(t *testing.T) { restart(t, name, s, b, declare) })
	t.Run("a stopped broker refuses and leaves nothing", func(t *testing.T) {
		closed = true
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if n, err := b.Publish(ctx, []broker.Message{message("one", []byte("x"))}); n != 0 || err == nil {
			t.Errorf("published %d to a stopped broker: %v", n, err)
		}
		if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
		if listening, err := Listeners(os.Getpid()); err != nil || len(listening) > 0 {
			t.Errorf("still listening: %v, %v", listening, err)
		}
	})
	t.Run("a bad URL is refused and not shown", func(t *testing.T) {
		const secret = "s3cr3t"
		for _, bad := range s.badURLs(secret) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			_, err := broker.Open(ctx, name, broker.Options{URL: bad})
			cancel()
			if err == nil {
				t.Errorf("attached to %s", bad)
				continue
			}
			checkRefusal(t, bad, secret, err)
		}
	})
}

// restart kills the broker and restarts it.
func restart(t *testing.T, name string, s subject, b broker.Broker, declare func(*testing.T, ...string) []broker.Place) {
	r := b.(broker.Restarter)
	if s.forgets {
		if err := r.Kill(); !errors.Is(err, broker.ErrNoRestart) {
			t.Errorf("killed a broker that forgets: %v", err)
		}
		if err := r.Restart(t.Context()); !errors.Is(err, broker.ErrNoRestart) {
			t.Errorf("started a broker again that forgets: %v", err)
		}
		return
	}
	place := declare(t, "kept")[0]
	var sent []broker.Message
	for i := range 300 {
		sent = append(sent, broker.Message{Destination: s.destination("kept"), Body: fmt.Appendf(nil, "%d", i),
			Properties: broker.Properties{Persistent: true}})
	}
	publish := func(part []broker.Message) {
		t.Helper()
		if n, err := b.Publish(t.Context(), part); n != len(part) || err != nil {
			t.Fatalf("published %d of %d: %v", n, len(part), err)
		}
	}
	publish(sent[:200])
	used, _ := b.Usage()
	if err := r.Kill(); err != nil {
		t.Fatal(err)
	}
	if listening, err := Listeners(os.Getpid()); err != nil || len(listening) > 0 {
		t.Errorf("still listening: %v, %v", listening, err)
	}
	if n, err := b.Publish(t.Context(), sent[200:]); n != 0 || err == nil {
		t.Errorf("published %d to a killed broker: %v", n, err)
	}
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(sent[200:])
	if got := Read(t, name, b.URL(), place); len(got) != len(sent) || string(got[0].Body) != "0" || string(got[299].Body) != "299" {
		var bodies []string
		for _, m := range got {
			bodies = append(bodies, string(m.Body))
		}
		t.Errorf("%d of %d messages are there after a restart: %s", len(got), len(sent), strings.Join(bodies, " "))
	}
	if again, ours := b.Usage(); !ours || again.CPU < used.CPU || again.Processes < 1 {
		t.Errorf("usage %+v after a restart, %+v before", again, used)
	}
}

// OpenDir is a temporary folder that every user may enter.
func OpenDir(t *testing.T) string {
	t.Helper()
	testneeds.Real(t, "a broker")
	dir, err := os.MkdirTemp("", "tqbench-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	return dir
}
