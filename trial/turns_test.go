package trial

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// play lets the sides take all their turns, each of a second, and returns the order.
func play(t *testing.T, turns *Turns, sides int, leaves func(side, step int) bool) string {
	t.Helper()
	var mu sync.Mutex
	var order strings.Builder
	var wg sync.WaitGroup
	for i := range sides {
		wg.Go(func() {
			turn := turns.Side(i)
			defer turn.Leave()
			steps := len(turns.steps) / sides
			for k := range steps {
				if err := turn.Take(t.Context()); err != nil {
					t.Error(err)
					return
				}
				if leaves(i, k) {
					return
				}
				mu.Lock()
				order.WriteByte("ABC"[i])
				mu.Unlock()
				time.Sleep(time.Second)
				turn.Pass()
			}
		})
	}
	wg.Wait()
	return order.String()
}

func TestSidesTakeTurnsInTheOrderABBA(t *testing.T) {
	never := func(int, int) bool { return false }
	for _, tt := range []struct {
		name   string
		sides  int
		n      int
		leaves func(side, step int) bool
		want   string
	}{
		{"two sides", 2, 4, never, "AB" + "AB" + "ABBAABBA" + "AB" + "AB"},
		{"three sides", 3, 2, never, "ABC" + "ABC" + "ABCCBA" + "ABC" + "ABC"},
		{"the first leaves at once", 2, 2, func(side, step int) bool { return side == 0 && step == 0 }, "B" + "B" + "BB" + "B" + "B"},
		{"the second leaves half-way", 2, 4, func(side, step int) bool { return side == 1 && step == 3 }, "AB" + "AB" + "AB" + "AAA" + "A" + "A"},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := play(t, NewTurns(tt.sides, tt.n), tt.sides, tt.leaves); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
		})
	}
}

// A side knows whether it continues, so that it needn't be held in between, and how long it waited.
func TestASideKnowsItsNextStepAndItsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(2, 2)
		var wg sync.WaitGroup
		goesOn := make([][]bool, 2)
		waited := make([]time.Duration, 2)
		for i := range 2 {
			wg.Go(func() {
				turn := turns.Side(i)
				for range 6 {
					if err := turn.Take(t.Context()); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Second)
					goesOn[i] = append(goesOn[i], turn.Again())
					turn.Pass()
				}
				waited[i] = turn.Waited()
			})
		}
		wg.Wait()
		// A B, A B, A BB AA B, A B
		if !slices.Equal(goesOn[0], []bool{false, false, false, true, false, false}) || !slices.Equal(goesOn[1], []bool{false, false, true, false, false, false}) {
			t.Errorf("%v", goesOn)
		}
		if waited[0] != 5*time.Second || waited[1] != 6*time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

// A side that waits for long is asked repeatedly to do something in the meantime.
func TestALongWaitIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(2, 2)
		calls := 0
		go func() {
			time.Sleep(3500 * time.Millisecond)
			turns.Side(0).Pass()
		}()
		if err := turns.Side(1).takeWhile(t.Context(), time.Second, func() error { calls++; return nil }); err != nil || calls != 3 {
			t.Errorf("%d calls, %v", calls, err)
		}
		bad := errors.New("bad")
		if err := turns.Side(0).takeWhile(t.Context(), time.Second, func() error { return bad }); !errors.Is(err, bad) {
			t.Errorf("%v", err)
		}
	})
}

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	cancel(why)
	if err := NewTurns(2, 2).Side(1).Take(ctx); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
