package loadgen

import (
	"context"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
)

// single is a publisher that takes one message at a time, a moment each.
type single struct {
	slowBroker
	most int
}

func (s *single) Publish(ctx context.Context, messages []broker.Message) (int, error) {
	s.mu.Lock()
	s.most = max(s.most, len(messages))
	s.mu.Unlock()
	time.Sleep(2 * time.Millisecond)
	return s.slowBroker.Publish(ctx, messages)
}

func TestPacedSendsEachAloneWhereThatIsAsked(t *testing.T) {
	t.Parallel()
	const n = 400
	for _, alone := range []bool{true, false} {
		b := &single{slowBroker: slowBroker{bodies: map[string]int{}, arrived: make(chan struct{}, 1)}}
		c := newClock(t)
		l := load(n, b, newLog(n))
		l.Alone = alone
		// All are due at once, more than can be under way.
		if _, err := Paced(t.Context(), c, c.Now(), &Constant{Rate: 1_000_000, Period: time.Second}, l); err != nil {
			t.Fatal(err)
		}
		if len(b.bodies) != n || (b.most == 1) != alone {
			t.Errorf("alone %v: %d tasks arrived, up to %d together", alone, len(b.bodies), b.most)
		}
	}
}
