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

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	// eventsLimit bounds the subscription and the wait for the last events.
	eventsLimit = 10 * time.Second
	// eventsCuts is how often Redis may cut a subscriber off, as it does with one that reads too slowly.
	eventsCuts = 20
	// eventsEnd comes back from Redis behind everything that was published before.
	eventsEnd = "tqbench-end"
)

// subscriber reads the events that the workers publish, from before their start to after their end.
type subscriber struct {
	source contender.Events
	clock  *clock.Clock
	client *redis.Client
	sub    *redis.PubSub
	wg     sync.WaitGroup
	// What follows belongs to the reading goroutine, and to finish once that has ended.
	seen  []seenEvent
	ended map[contender.UUID]bool
	err   error
}

// seenEvent is when an event came (see clock.Clock) and how old it was, in nanoseconds.
type seenEvent struct{ at, age int64 }

// subscribe begins to read. The URL may hold a password: no error tells it.
func subscribe(ctx context.Context, url string, source contender.Events, c *clock.Clock) (*subscriber, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("subscribe to events: the Redis URL can't be read")
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
	if _, err := s.sub.Receive(ctx); err != nil { // Redis says that we are subscribed
		return nil, errors.Join(fmt.Errorf("subscribe to events: %w", err), s.close())
	}
	s.wg.Go(s.read)
	return s, nil
}

// read takes events until finish's word comes back or the connection is closed.
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
		// A subscriber that Redis cut off is connected again by its library, and what it missed shows in the share.
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
	// When the time is over, the reader's connection is taken from it.
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

// close ends the subscription, whatever has come of it.
func (s *subscriber) close() error {
	err := errors.Join(s.sub.Close(), s.client.Close())
	s.wg.Wait()
	if errors.Is(err, redis.ErrClosed) {
		return nil
	}
	return err
}

// values are what the events tell of a trial in which so many tasks ended well.
func (s *subscriber) values(phases []results.Phase, finished int64) map[string]float64 {
	out := map[string]float64{}
	if finished > 0 {
		out[metric.EventShare] = 100 * float64(len(s.ended)) / float64(finished)
	}
	// Age is that of events at a constant rate, where there is such a phase: in a backlog, events wait for each other.
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

// finished counts the tasks that ended well, readiness and warm-up tasks too.
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
