package trial

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
)

// moody is a broker that refuses this many publishes, each after it has accepted one message; a real one can't be made to lose the answer
// to a given message.
type moody struct {
	broker.Broker
	refuse int
	took   []string
	// before is called before a publish is answered.
	before func()
	// down refuses to be killed or started.
	down, up error
	// paused and resumed count how often it was frozen and unfrozen.
	paused, resumed int
}

var errRefused = errors.New("refused")

func (m *moody) Publish(_ context.Context, messages []broker.Message) (int, error) {
	if m.before != nil {
		m.before()
	}
	for i, msg := range messages {
		if i == 1 && m.refuse > 0 {
			m.refuse--
			return i, errRefused
		}
		m.took = append(m.took, string(msg.Body))
	}
	return len(messages), nil
}

func (m *moody) Depth(context.Context, []broker.Place) (int64, error) { return int64(len(m.took)), nil }
func (m *moody) Restartable() error                                   { return nil }
func (m *moody) Kill() error                                          { return m.down }
func (m *moody) Restart(context.Context) error                        { return m.up }
func (m *moody) Pausable() error                                      { return nil }
func (m *moody) Pause(context.Context) error                          { m.paused++; return nil }
func (m *moody) Resume()                                              { m.resumed++ }

func newMoody(t *testing.T, m *moody) *outage {
	t.Helper()
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	return newAway(m, c)
}

func letters() (out []broker.Message) {
	for _, b := range "abcd" {
		out = append(out, broker.Message{Body: []byte(string(b))})
	}
	return out
}

// Before the fault, a refusal is final. After it, only messages that were not certainly accepted are resent.
func TestASenderOnlyResendsAfterAFault(t *testing.T) {
	m := &moody{refuse: 1}
	a := newMoody(t, m)
	if n, err := a.Publish(t.Context(), letters()); n != 1 || !errors.Is(err, errRefused) {
		t.Fatalf("%d taken, %v", n, err)
	}
	if _, err := a.kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Depth(t.Context(), nil); !errors.Is(err, errOutage) {
		t.Errorf("a killed broker was asked: %v", err)
	}
	// While it is down, a sender waits, unless the trial ends.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if n, err := a.Publish(ctx, letters()); n != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d taken, %v", n, err)
	}
	m.took, m.refuse = nil, 2
	type answer struct {
		n   int
		err error
	}
	published := make(chan answer)
	go func() {
		n, err := a.Publish(t.Context(), letters())
		published <- answer{n, err}
	}()
	if _, err := a.restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-published; got.n != 4 || got.err != nil {
		t.Errorf("%d taken, %v", got.n, got.err)
	}
	if len(m.took) != 4 || m.took[3] != "d" || a.resent.Load() != 0 {
		t.Errorf("took %v, %d sent again", m.took, a.resent.Load())
	}
	if n, err := a.Depth(t.Context(), nil); n != 4 || err != nil {
		t.Errorf("depth %d, %v", n, err)
	}
}

// Messages on their way to a killed broker may have arrived: they are resent, and counted.
func TestResentMessagesAreCounted(t *testing.T) {
	m := &moody{refuse: 2}
	a := newMoody(t, m)
	var once sync.Once
	m.before = func() {
		once.Do(func() {
			if _, err := a.kill(); err != nil {
				t.Error(err)
			}
			if _, err := a.restart(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	if n, err := a.Publish(t.Context(), letters()); n != 4 || err != nil {
		t.Errorf("%d taken, %v", n, err)
	}
	if a.resent.Load() != 3 {
		t.Errorf("%d sent again, want those after the first", a.resent.Load())
	}
}

func TestABrokerThatKeepsRefusingHasRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &moody{refuse: 1 << 30}
		a := newMoody(t, m)
		if _, err := a.kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := a.restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		many := make([]broker.Message, resendLimit+10)
		if n, err := a.Publish(t.Context(), many); n != resendLimit || !errors.Is(err, errRefused) {
			t.Errorf("%d taken, %v", n, err)
		}
	})
}

func TestABrokerThatCantBeKilledOrComeBackSaysSo(t *testing.T) {
	fault := errors.New("no")
	if _, err := newMoody(t, &moody{down: fault}).kill(); !errors.Is(err, fault) {
		t.Error(err)
	}
	a := newMoody(t, &moody{up: fault})
	if _, err := a.kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.restart(t.Context()); !errors.Is(err, fault) {
		t.Error(err)
	}
	other := newAway(struct{ broker.Broker }{}, nil)
	if _, err := other.kill(); !errors.Is(err, broker.ErrNoRestart) {
		t.Error(err)
	}
	if _, _, err := other.pause(t.Context(), time.Second); !errors.Is(err, broker.ErrNoPause) {
		t.Error(err)
	}
}
