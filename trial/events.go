package trial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	// eventsLimit bounds the subscription and the wait for the last events.
	eventsLimit = 10 * time.Second
	// eventsCuts is how often Redis may disconnect a subscriber, as it does with slow readers.
	eventsCuts = 20
	// eventsEnd comes back from Redis after everything that was published before.
	eventsEnd = "tqbench-end"
)

// subscriber reads the events that the workers publish, from before their start to after their end.
type subscriber struct {
	source contender.Events
	clock  *clock.Clock
	client *redis.Client
	sub    *redis.PubSub
	wg     sync.WaitGroup
	// The following fields belong to the reading goroutine, and to finish after that ends.
	seen  []seenEvent
	ended map[contender.UUID]bool
	err   error
}

// seenEvent is when an event arrived (see clock.Clock) and its age, in nanoseconds.
type seenEvent struct{ at, age int64 }

// subscribe begins to read. The URL may hold a password, so no error shows it.
func subscribe(ctx context.Context, url string, source contender.Events, c *clock.Clock) (*subscriber, error) {
	o, err := broker.RedisOptions(url)
	if err != nil {
		return nil, fmt.Errorf("subscribe to events: %w", err)
	}
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.DisableIdentity = true
	s := &subscriber{source: source, clock: c, client: redis.NewClient(o), ended: map[contender.UUID]bool{}}
	ctx, cancel := context.WithTimeout(ctx, eventsLimit)
	defer cancel()
	if source.Pattern {
		s.sub = s.client.PSubscribe(ctx, source.Channel)
	} else {
		s.sub = s.client.Subscribe(ctx, source.Channel)
	}
	if _, err := s.sub.Receive(ctx); err != nil { // Redis confirms the subscription
		return nil, errors.Join(fmt.Errorf("subscribe to events: %w", err), s.close())
	}
	s.wg.Go(s.read)
	return s, nil
}

// read takes events until finish's marker comes back or the connection is closed.
func (s *subscriber) read() {
	for cuts := 0; ; {
		m, err := s.sub.Receive(context.Background())
		now := time.Now()
		at := s.clock.Now()
		switch m := m.(type) {
		case *redis.Message:
			if s.err = s.note([]byte(m.Payload), now, at); s.err != nil {
				return
			}
		case *redis.Pong:
			if m.Payload == eventsEnd {
				return
			}
		}
		// The library reconnects a disconnected subscriber, and the share shows what it missed.
		if err == nil {
			continue
		}
		if cuts++; errors.Is(err, redis.ErrClosed) || cuts > eventsCuts {
			s.err = fmt.Errorf("read events: %w", err)
			return
		}
	}
}

func (s *subscriber) note(message []byte, now time.Time, at int64) error {
	events, err := s.source.Decode(message)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	for _, e := range events {
		s.seen = append(s.seen, seenEvent{at: at, age: max(int64(now.Sub(e.At)), 0)})
		if e.Ended {
			s.ended[e.ID] = true
		}
	}
	return nil
}

// finish waits for what was published so far.
func (s *subscriber) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, eventsLimit)
	defer cancel()
	// When the time is over, close the reader's connection.
	stop := context.AfterFunc(ctx, func() { _ = s.sub.Close() })
	defer stop()
	if err := s.sub.Ping(ctx, eventsEnd); err != nil {
		_ = s.sub.Close()
		s.wg.Wait()
		return fmt.Errorf("read the last events: %w", err)
	}
	s.wg.Wait()
	return s.err
}

// close ends the subscription, in any state.
func (s *subscriber) close() error {
	err := errors.Join(s.sub.Close(), s.client.Close())
	s.wg.Wait()
	if errors.Is(err, redis.ErrClosed) {
		return nil
	}
	return err
}

// values are the figures of the events, in a trial in which that many tasks ended well.
func (s *subscriber) values(phases []results.Phase, finished int64) map[string]float64 {
	out := map[string]float64{}
	if finished > 0 {
		out[metric.EventShare] = 100 * float64(len(s.ended)) / float64(finished)
	}
	// Age is for events at a constant rate, if there is such a phase: in a backlog, events wait for each other.
	aged := slices.IndexFunc(phases, func(p results.Phase) bool { return !suite.Held(p.Arrivals) })
	aged = max(aged, 0)
	var ages []int64
	for i, p := range phases {
		came := 0
		from, to := p.Released, p.Drained
		if p.SteadyTo > 0 {
			from, to = p.SteadyFrom, p.SteadyTo
		}
		for _, e := range s.seen {
			if e.at >= from && e.at <= to {
				came++
			}
			if made := e.at - e.age; i == aged && made >= p.Released && made <= p.Drained {
				ages = append(ages, e.age)
			}
		}
		if _, ok := out[metric.EventRate]; !ok && suite.Held(p.Arrivals) && came > 0 && to > from {
			out[metric.EventRate] = float64(came) / (float64(to-from) / 1e9)
		}
	}
	if len(ages) > 0 {
		slices.Sort(ages)
		out[metric.EventP50] = float64(results.NearestRank(ages, 0.5)) / 1e6
		out[metric.EventP99] = float64(results.NearestRank(ages, 0.99)) / 1e6
	}
	return out
}

// finished counts the tasks that ended well, including readiness and warm-up tasks.
func (l *ledger) finished() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var n int64
	for _, s := range l.spans {
		for i := range s.tasks {
			if s.tasks[i].ok > 0 {
				n++
			}
		}
	}
	return n
}
