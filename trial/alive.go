package trial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/interrupt"
)

const (
	// aliveEvery is how often to ask a shared broker whether it is alive, aliveAnswer how long it may take to answer, and aliveLimit how
	// long it may go without an answer.
	aliveEvery  = time.Second
	aliveAnswer = 3 * time.Second
	aliveLimit  = 5 * time.Second
	// purgeLimit bounds the removal of a trial's leftovers, deadPurgeLimit if the broker is gone but may come back, and
	// interruptedPurgeLimit after an interruption.
	purgeLimit            = 2 * time.Minute
	deadPurgeLimit        = 5 * time.Second
	interruptedPurgeLimit = 1500 * time.Millisecond
	// askLimit bounds a question before the load: another session may hold a lock for as long as it likes.
	askLimit = time.Minute
	// declareLimit is that for making queues: AWS keeps the name of a deleted one for a minute.
	declareLimit = 90 * time.Second
)

// asking is the context of a question to the broker before the load.
func asking(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, askLimit, NotRun("the broker did not answer within %s", askLimit))
}

// Left are places that the trials of a run used on a shared broker and could not empty, as it was busy or refused to. They were empty
// before, so what is there is the run's.
type Left struct {
	// Of is in the names of all that the run makes, if another process began it: one that was killed, or couldn't wait for the broker, left its
	// tasks. Only the run has such names.
	Of     string
	places []broker.Place
	// known are the keys of Of that this process has emptied, and of which it knows what is there.
	known map[string]bool
}

// remove empties them, and of the places that are to be used those that an earlier process may have left.
func (l *Left) remove(ctx context.Context, b broker.Broker, used []broker.Place) error {
	if l == nil {
		return nil
	}
	places := slices.Clone(l.places)
	for _, p := range used {
		if l.Of != "" && strings.Contains(p.Key, l.Of) && !l.known[p.Key] {
			places = append(places, p)
		}
	}
	if len(places) == 0 {
		return nil
	}
	if err := b.Purge(ctx, places); err != nil {
		return err
	}
	l.places = nil
	if l.known == nil {
		l.known = map[string]bool{}
	}
	for _, p := range used {
		l.known[p.Key] = true
	}
	return nil
}

// errDead marks a broker that is gone for good.
var errDead = errors.New("the broker stopped answering")

// awaitDeath returns why the broker is gone, or nil at the end of the context. Without a broker, no task would end, and each phase would
// wait for its limit.
func (r *run) awaitDeath(ctx context.Context) error {
	if r.way.traits().faulty {
		return nil // it is killed, and comes back
	}
	if _, ours := r.Broker.Usage(); ours {
		select {
		case <-ctx.Done():
			return nil
		case <-r.Broker.Ended():
			return NotRun("%w: it ended unexpectedly", errDead)
		}
	}
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for last := r.Clock.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		asked, cancel := context.WithTimeout(ctx, aliveAnswer)
		_, err := r.Broker.Depth(asked, r.setup.Places)
		cancel()
		switch now := r.Clock.Now(); {
		case err == nil:
			last = now
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errClient):
			return err
		case now-last > int64(aliveLimit):
			return NotRun("%w: no answer for %s: %s", errDead, aliveLimit, r.box.redact.String(err.Error()))
		}
	}
}

// purge removes the trial's leftovers from its broker, after any outcome.
func (r *run) purge(ctx context.Context, err error) error {
	_, ours := r.Broker.Usage()
	if ours && ctx.Err() != nil {
		return nil // it goes together with its content
	}
	limit := purgeLimit
	if errors.Is(err, errDead) {
		limit = deadPurgeLimit
	}
	ctx, cancel := interrupt.Patience(ctx, limit, interruptedPurgeLimit)
	defer cancel()
	places := slices.Concat(r.setup.Places, r.setup.Leftovers)
	err = r.Broker.Purge(ctx, places)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s, as when another session holds a lock: %w", limit, err)
	}
	if err != nil && !ours {
		if r.Left != nil {
			r.Left.places = append(r.Left.places, places...)
		}
		err = fmt.Errorf("%w: %w", broker.ErrLeft, err)
	}
	return err
}
