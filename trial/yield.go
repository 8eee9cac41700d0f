package trial

import (
	"context"
	"time"
)

// turnRamp is how long workers that were held are let run in a turn before its rate is taken: they come to cold caches, and to
// what they had fetched before.
const turnRamp = 50 * time.Millisecond

// Workers that wait for long are let go for a moment now and then: a client whose answer came while it was held for longer than
// its timeout takes the connection for dead, and some workers then end. The shortest such timeout that was found is 5 s.
const (
	holdMost = time.Second
	letLive  = 30 * time.Millisecond
)

// yield is as yields, for who needn't know.
func (r *run) yield(ctx context.Context, m *measurement) error {
	_, err := r.yields(ctx, m)
	return err
}

// yields ends the side's step. Unless the next one is the side's own, its workers are held until it has the turn again, and the
// measurement, if there is one, pauses meanwhile. It tells whether the workers were held.
func (r *run) yields(ctx context.Context, m *measurement) (held bool, err error) {
	switch {
	case r.Turn == nil:
		return false, nil
	case r.Turn.Again():
		r.Turn.Pass()
		return false, r.take(ctx)
	}
	if err := r.fleet.group.Hold(ctx); err != nil {
		return false, err
	}
	if m != nil {
		m.pause(ctx)
	}
	r.collect.paused.Store(true)
	r.Turn.Pass()
	err = r.take(ctx)
	r.collect.paused.Store(false)
	if m != nil {
		m.resume(ctx)
	}
	r.fleet.group.Release()
	return true, err
}

// take waits for the turn, with the workers held.
func (r *run) take(ctx context.Context) error {
	return r.Turn.takeWhile(ctx, holdMost, func() error {
		r.fleet.group.Release()
		if !sleep(ctx, letLive) {
			return context.Cause(ctx)
		}
		return r.fleet.group.Hold(ctx)
	})
}
