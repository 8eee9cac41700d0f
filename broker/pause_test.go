package broker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// A frozen broker doesn't answer, keeps its content, and answers after it is unfrozen; a shared one is left alone.
func TestABrokerIsFrozenForAWhile(t *testing.T) {
	testneeds.Real(t, "a broker")
	b, err := broker.Open(t.Context(), "redis", broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	place := []broker.Place{{Key: "q", Kind: broker.RedisList}}
	message := []broker.Message{{Destination: broker.Destination{Queue: "q"}, Body: []byte("x")}}
	if _, err := b.Publish(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	p := b.(broker.Pauser)
	if err := errors.Join(p.Pausable(), p.Pause(t.Context())); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := b.Depth(ctx, place); err == nil || broker.Refused(err) {
		t.Errorf("a broker that stands still answered: %v", err)
	}
	p.Resume()
	if n, err := b.Depth(t.Context(), place); n != 1 || err != nil {
		t.Errorf("it has %d tasks: %v", n, err)
	}
	other, err := broker.Open(t.Context(), "redis", broker.Options{URL: b.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if p := other.(broker.Pauser); !errors.Is(p.Pausable(), broker.ErrNoPause) || !errors.Is(p.Pause(t.Context()), broker.ErrNoPause) {
		t.Error("a broker that isn't ours may be stopped")
	}
}
