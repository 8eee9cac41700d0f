package trial

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Turns let the sides of a block run together without ever working at the same moment. All are up, each on its own broker, and while one
// has the turn, the others' workers are held. The order is one of steps: each side starts, each queues its backlog and ramps up, they take
// turns in the order ABBA, each drains the rest, and each finishes its trial. What the machine does to one side in one turn, it does to the
// other in the next.
type Turns struct {
	mu sync.Mutex
	// steps are the sides in the order of their turns; at is the current step.
	steps []int
	at    int
	gone  []bool
	// share is a side's of the free memory, in MiB, and sharers is how many sides there were when it was taken; 0 before.
	share   int64
	sharers int
	// changed is closed and replaced when the turn passes.
	changed chan struct{}
}

// NewTurns makes turns for sides, each measured in n turns.
func NewTurns(sides, n int) *Turns {
	t := &Turns{gone: make([]bool, sides), changed: make(chan struct{})}
	for range 2 { // start-up and ramp-up
		for i := range sides {
			t.steps = append(t.steps, i)
		}
	}
	for k := range n {
		for i := range sides {
			if k%2 == 1 {
				i = sides - 1 - i
			}
			t.steps = append(t.steps, i)
		}
	}
	for range 2 { // drain and rest
		for i := range sides {
			t.steps = append(t.steps, i)
		}
	}
	return t
}

// Side is the i-th side.
func (t *Turns) Side(i int) *Turn { return &Turn{turns: t, side: i} }

// Turn is one side's part in Turns. One goroutine calls its methods.
type Turn struct {
	turns  *Turns
	side   int
	waited time.Duration
}

// Take waits until the side has the turn.
func (t *Turn) Take(ctx context.Context) error { return t.take(ctx, nil, nil) }

// takeWhile is Take, and calls meanwhile each time it has waited that long.
func (t *Turn) takeWhile(ctx context.Context, every time.Duration, meanwhile func() error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	return t.take(ctx, tick.C, meanwhile)
}

func (t *Turn) take(ctx context.Context, tick <-chan time.Time, meanwhile func() error) error {
	began := time.Now()
	defer func() { t.waited += time.Since(began) }()
	for {
		t.turns.mu.Lock()
		mine, changed := t.turns.owner() == t.side, t.turns.changed
		t.turns.mu.Unlock()
		if mine {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the turn: %w", context.Cause(ctx))
		case <-changed:
		case <-tick:
			if err := meanwhile(); err != nil {
				return err
			}
		}
	}
}

// Again reports whether the step after the side's own is also the side's, so that it needn't be held in between.
func (t *Turn) Again() bool {
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	for _, side := range t.turns.steps[min(t.turns.at+1, len(t.turns.steps)):] {
		if !t.turns.gone[side] {
			return side == t.side
		}
	}
	return false
}

// Pass ends the side's step.
func (t *Turn) Pass() {
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	if t.turns.owner() == t.side {
		t.turns.at++
	}
	t.turns.wake()
}

// Leave gives up all of the side's remaining steps.
func (t *Turn) Leave() {
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	t.turns.gone[t.side] = true
	t.turns.wake()
}

// Share divides the free memory, in MiB, among the sides that are there. The first one that asks looks, before any has sent a task; all get as
// much.
func (t *Turn) Share(free func() int64) (share int64, sharers int) {
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	if t.turns.sharers == 0 {
		for _, gone := range t.turns.gone {
			if !gone {
				t.turns.sharers++
			}
		}
		if n := free(); n > 0 {
			t.turns.share = max(n/int64(t.turns.sharers), 1)
		}
	}
	return t.turns.share, t.turns.sharers
}

// Waited is how long the side has waited for its turns; a side without turns hasn't waited.
func (t *Turn) Waited() time.Duration {
	if t == nil {
		return 0
	}
	return t.waited
}

// owner is the side that has the turn, -1 at the end.
func (t *Turns) owner() int {
	for t.at < len(t.steps) && t.gone[t.steps[t.at]] {
		t.at++
	}
	if t.at == len(t.steps) {
		return -1
	}
	return t.steps[t.at]
}

func (t *Turns) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}
