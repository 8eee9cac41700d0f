// Package brokertest is the conformance suite that every broker passes.
package brokertest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/tqbench/tqbench/broker"
)

// Subject is a broker under test.
type Subject struct {
	// Start starts a private instance.
	Start func(ctx context.Context) (broker.Broker, error)
	// Place makes the place that a destination's messages stand in.
	Place func(destination string) broker.Place
	// Read takes all messages of a destination out, the oldest first.
	Read func(t *testing.T, b broker.Broker, destination string) [][]byte
}

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	start := func(t *testing.T) broker.Broker {
		t.Helper()
		b, err := s.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
		return b
	}
	t.Run("messages keep their order and bytes", func(t *testing.T) {
		b := start(t)
		var sent []broker.Message
		for i := range 2000 {
			sent = append(sent, broker.Message{Destination: "one", Body: fmt.Appendf(nil, "%d \x00\xff", i)})
		}
		// One alone, a few, and more than any batch takes.
		for _, part := range [][]broker.Message{sent[:1], sent[1:5], sent[5:]} {
			n, err := b.Publish(t.Context(), part)
			if err != nil || n != len(part) {
				t.Fatalf("published %d of %d: %v", n, len(part), err)
			}
		}
		got := s.Read(t, b, "one")
		if len(got) != len(sent) {
			t.Fatalf("%d messages, want %d", len(got), len(sent))
		}
		for i := range got {
			if string(got[i]) != string(sent[i].Body) {
				t.Fatalf("message %d is %q, want %q", i, got[i], sent[i].Body)
			}
		}
	})
	t.Run("one batch serves several destinations", func(t *testing.T) {
		b := start(t)
		batch := []broker.Message{{Destination: "a", Body: []byte("1")}, {Destination: "b", Body: []byte("2")}, {Destination: "a", Body: []byte("3")}}
		if n, err := b.Publish(t.Context(), batch); n != 3 || err != nil {
			t.Fatalf("published %d: %v", n, err)
		}
		if a, c := s.Read(t, b, "a"), s.Read(t, b, "b"); len(a) != 2 || len(c) != 1 || string(a[1]) != "3" || string(c[0]) != "2" {
			t.Errorf("a has %q, b has %q", a, c)
		}
	})
	t.Run("depth counts all places and purge empties them", func(t *testing.T) {
		b := start(t)
		places := []broker.Place{s.Place("a"), s.Place("b"), s.Place("never used")}
		for i, d := range []string{"a", "a", "b", "other"} {
			if _, err := b.Publish(t.Context(), []broker.Message{{Destination: d, Body: []byte{byte(i)}}}); err != nil {
				t.Fatal(err)
			}
		}
		depth := func(want int64, places ...broker.Place) {
			t.Helper()
			if got, err := b.Depth(t.Context(), places); got != want || err != nil {
				t.Errorf("depth %d, want %d (%v)", got, want, err)
			}
		}
		depth(3, places...)
		if err := b.Purge(t.Context(), places, nil); err != nil {
			t.Fatal(err)
		}
		depth(0, places...)
		depth(1, s.Place("other"))
	})
	t.Run("many may publish at once", func(t *testing.T) {
		b := start(t)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for range 50 {
					if _, err := b.Publish(t.Context(), []broker.Message{{Destination: "d", Body: []byte{byte(i)}}, {Destination: "d", Body: []byte{byte(i)}}}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got, err := b.Depth(t.Context(), []broker.Place{s.Place("d")}); got != 800 || err != nil {
			t.Errorf("depth %d, want 800 (%v)", got, err)
		}
	})
	t.Run("it describes itself and what it uses", func(t *testing.T) {
		b := start(t)
		d, err := b.Describe(t.Context())
		if err != nil || d.Product == "" || d.Version == "" || d.Attached || len(d.Settings) == 0 {
			t.Errorf("%+v, %v", d, err)
		}
		for _, set := range d.Settings {
			if set.Why == "" {
				t.Errorf("setting %s has no reason", set.Name)
			}
		}
		if u, ours := b.Usage(); !ours || u.Processes < 1 || b.PSS() <= 0 {
			t.Errorf("usage %+v, PSS %d", u, b.PSS())
		}
	})
	t.Run("a stopped broker refuses", func(t *testing.T) {
		b, err := s.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if n, err := b.Publish(t.Context(), []broker.Message{{Destination: "d", Body: []byte("x")}}); n != 0 || err == nil {
			t.Errorf("published %d to a stopped broker: %v", n, err)
		}
	})
}
