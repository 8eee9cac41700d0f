package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
)

// At is floor(i x period / rate) for any i, rate and period: checked against arbitrary precision.
func TestConstantNeverDrifts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(i, rate uint64, period time.Duration) {
		t.Helper()
		want := new(big.Int).Mul(new(big.Int).SetUint64(i), big.NewInt(int64(period)))
		want.Div(want, new(big.Int).SetUint64(rate))
		if !want.IsInt64() {
			want.SetInt64(math.MaxInt64)
		}
		c := Constant{Rate: rate, Period: period}
		if got := c.At(i); got != want.Int64() {
			t.Fatalf("At(%d) at %d per %s = %d, want %s", i, rate, period, got, want)
		}
	}
	check(0, 3, time.Second)
	check(1_000_000_000, 3, time.Second)
	check(math.MaxUint64, 1, time.Hour)
	check(math.MaxUint64, math.MaxUint64, 1)
	for range 100_000 {
		check(rng.Uint64()>>rng.IntN(64), 1+rng.Uint64()>>1>>rng.IntN(63), time.Duration(1+rng.Int64N(int64(time.Hour))))
	}
}

func TestConstantGapsDifferByAtMostOneNanosecond(t *testing.T) {
	t.Parallel()
	c := Constant{Rate: 7, Period: time.Second}
	last := c.Next()
	if last != 0 {
		t.Fatalf("the first arrival is at %d, want 0", last)
	}
	for range 100_000 {
		at := c.Next()
		if gap := at - last; gap < 1_000_000_000/7 || gap > 1_000_000_000/7+1 {
			t.Fatalf("gap of %d ns at %d per second", gap, c.Rate)
		}
		last = at
	}
}

// Gaps of a Poisson process of rate r have mean 1/r and a coefficient of variation of 1. With n = 200,000 gaps the
// standard error of both is about 0.0022; five of them are allowed.
func TestPoissonHasExponentialGaps(t *testing.T) {
	t.Parallel()
	const n, rate = 200_000, 1000.0
	p := NewPoisson(rate, 42)
	var sum, squares, last float64
	for range n {
		at := float64(p.Next())
		gap := (at - last) / 1e9 * rate
		sum, squares, last = sum+gap, squares+gap*gap, at
	}
	mean := sum / n
	cv := math.Sqrt(squares/n-mean*mean) / mean
	if math.Abs(mean-1) > 0.0112 || math.Abs(cv-1) > 0.0112 {
		t.Errorf("mean %.4f and CV %.4f of the gaps, want 1 and 1", mean, cv)
	}
	if a, b := NewPoisson(rate, 42), NewPoisson(rate, 43); a.Next() == b.Next() {
		t.Error("two seeds give one schedule")
	}
}

// fakeTimer's time only passes in sleeps, each of which ends late.
type fakeTimer struct{ now, late int64 }

func (f *fakeTimer) Now() int64 { return f.now }
func (f *fakeTimer) SleepUntil(ctx context.Context, at int64) error {
	if f.now < at {
		f.now = at + f.late
	}
	return ctx.Err()
}

// A late wake-up must not shift later tasks: the next one keeps its own time, and those that are overdue go together.
func TestALateWakeUpDoesNotShiftTheSchedule(t *testing.T) {
	t.Parallel()
	const n, late = 50, 3_500_000
	q := newQueue(&fakeTimer{late: late}, 1000, &Constant{Rate: 1000, Period: time.Second}, n)
	var taken []int
	for {
		before := len(taken)
		var err error
		if taken, err = q.take(t.Context(), taken, before+openBatch); err != nil {
			t.Fatal(err)
		}
		if len(taken) == before {
			break
		}
		// The first is due when the timer is asked, and three more while it is late.
		if want := min(4, n-before); len(taken)-before != want {
			t.Fatalf("after %d tasks, %d were taken together, want %d", before, len(taken)-before, want)
		}
	}
	for i, at := range q.intended {
		if want := 1000 + int64(i)*1_000_000; at != want || taken[i] != i {
			t.Fatalf("task %d, taken as %d, is meant for %d, want %d", i, taken[i], at, want)
		}
	}
}

func TestNoMoreAreTakenThanAsked(t *testing.T) {
	t.Parallel()
	q := newQueue(&fakeTimer{now: 1e18}, 0, &Constant{Rate: 1000, Period: time.Second}, 5)
	for _, want := range [][]int{{0, 1}, {2, 3}, {4}, nil} {
		if got, err := q.take(t.Context(), nil, 2); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
}

// slowBroker blocks every publish until it is released.
type slowBroker struct {
	mu      sync.Mutex
	bodies  map[string]int
	arrived chan struct{}
	gate    chan struct{}
	// fail is its error instead of accepting anything.
	fail error
}

func (b *slowBroker) Publish(ctx context.Context, messages []broker.Message) (int, error) {
	select {
	case b.arrived <- struct{}{}:
	default:
	}
	if b.gate != nil {
		select {
		case <-b.gate:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if b.fail != nil {
		return 0, b.fail
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range messages {
		b.bodies[string(m.Body)]++
	}
	return len(messages), nil
}

type log struct {
	mu                   sync.Mutex
	intended, sent, acks []int64
	calls                []int
}

func newLog(n int) *log {
	return &log{intended: make([]int64, n), sent: make([]int64, n), acks: make([]int64, n), calls: make([]int, n)}
}

func (l *log) record(i int, intended, sent, acked int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.intended[i], l.sent[i], l.acks[i] = intended, sent, acked
	l.calls[i]++
}

func load(n int, p Publisher, l *log) Load {
	return Load{N: n, Publisher: p, Record: l.record, NewEncode: func() (Encode, error) {
		return func(dst []byte, m *broker.Message, i int) ([]byte, error) {
			m.Destination = broker.Destination{Queue: "q"}
			return append(dst, byte(i>>16), byte(i>>8), byte(i)), nil
		}, nil
	}}
}

func newClock(t *testing.T) *clock.Clock {
	t.Helper()
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A broker that stalls for the whole load does not delay the schedule: delayed tasks are sent late, and their intended times still say when
// they were due. None is sent early, so that at no moment more has been sent than the stated rate and number allow.
func TestPacedDoesNotWaitForAStalledBroker(t *testing.T) {
	t.Parallel()
	const n = 500
	b := &slowBroker{bodies: map[string]int{}, arrived: make(chan struct{}, 1), gate: make(chan struct{})}
	l := newLog(n)
	c := newClock(t)
	start := c.Now()
	done := make(chan error, 1)
	go func() {
		_, err := Paced(t.Context(), c, start, &Constant{Rate: 100_000, Period: time.Second}, load(n, b, l))
		done <- err
	}()
	<-b.arrived
	for c.Now() < start+n*10_000 { // until the last task is due
		time.Sleep(time.Millisecond)
	}
	close(b.gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if l.calls[i] != 1 {
			t.Fatalf("task %d was recorded %d times", i, l.calls[i])
		}
		if want := start + int64(i)*10_000; l.intended[i] != want {
			t.Fatalf("task %d is meant for %d, want %d", i, l.intended[i]-start, want-start)
		}
		if l.sent[i] < l.intended[i] || l.acks[i] < l.sent[i] {
			t.Fatalf("task %d: intended %d, sent %d, acked %d", i, l.intended[i], l.sent[i], l.acks[i])
		}
	}
	if len(b.bodies) != n {
		t.Errorf("the broker has %d bodies, want %d", len(b.bodies), n)
	}
}

func TestBacklogSendsEachTaskOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, backlogBatch, backlogBatch + 1, 20_000} {
		b := &slowBroker{bodies: map[string]int{}}
		l := newLog(n)
		bytes, err := Backlog(t.Context(), newClock(t), load(n, b, l))
		if err != nil {
			t.Fatal(err)
		}
		if bytes != int64(3*n) || len(b.bodies) != n {
			t.Errorf("n = %d: %d bytes, %d bodies", n, bytes, len(b.bodies))
		}
		for i := range n {
			if l.calls[i] != 1 || l.acks[i] == 0 || l.intended[i] != l.sent[i] {
				t.Fatalf("n = %d: task %d: %d calls, sent %d, acked %d", n, i, l.calls[i], l.sent[i], l.acks[i])
			}
		}
	}
}

// fewAtOnce takes few messages in one call.
type fewAtOnce struct {
	*slowBroker
	most, calls, under int
	full               chan struct{}
}

func (b *fewAtOnce) Batches() (messages, calls int) { return b.most, b.calls }

func (b *fewAtOnce) Publish(ctx context.Context, messages []broker.Message) (int, error) {
	b.mu.Lock()
	if len(messages) > b.most {
		b.mu.Unlock()
		return 0, fmt.Errorf("%d messages in a call", len(messages))
	}
	if b.under++; b.under == b.calls {
		close(b.full)
	}
	b.mu.Unlock()
	select {
	case <-b.full: // all calls are under way at once
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return b.slowBroker.Publish(ctx, messages)
}

func TestBacklogKeepsToThePublishersBatches(t *testing.T) {
	t.Parallel()
	const n = 95
	b := &fewAtOnce{slowBroker: &slowBroker{bodies: map[string]int{}}, most: 10, calls: 4, full: make(chan struct{})}
	l := newLog(n)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := Backlog(ctx, newClock(t), load(n, b, l)); err != nil {
		t.Fatal(err)
	}
	if len(b.bodies) != n {
		t.Errorf("%d bodies of %d", len(b.bodies), n)
	}
}

// A task that the broker refused has no time, and one with an unknown result doesn't count as refused.
func TestARefusedTaskIsRecordedAsSuch(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want int64
	}{
		"refused": {&pgconn.PgError{Code: "53100"}, 0},
		"unknown": {errors.New("connection reset"), Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			b := &slowBroker{fail: tt.err}
			l := newLog(3)
			if _, err := Backlog(t.Context(), newClock(t), load(3, b, l)); err == nil {
				t.Error("a backlog that the broker did not take has no error")
			}
			if l.acks[0] != tt.want || l.calls[0] != 1 {
				t.Errorf("ack %d and %d records", l.acks[0], l.calls[0])
			}
			l = newLog(3)
			if _, err := Paced(t.Context(), newClock(t), 0, &Constant{Rate: 1000, Period: time.Second}, load(3, b, l)); err != nil {
				t.Errorf("an open load goes on past errors, but: %v", err)
			}
			for i, n := range l.calls {
				if n != 1 || l.acks[i] != tt.want {
					t.Errorf("task %d: %d records, ack %d", i, n, l.acks[i])
				}
			}
		})
	}
}

func TestPacedEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := &slowBroker{bodies: map[string]int{}, arrived: make(chan struct{}, 1), gate: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	c := newClock(t)
	go func() {
		_, err := Paced(ctx, c, c.Now(), &Constant{Rate: 10, Period: time.Second}, load(1000, b, newLog(1000)))
		done <- err
	}()
	<-b.arrived
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want a cancelled context", err)
	}
}

// This machine's schedule: lateness of wake-ups at some rates.
func BenchmarkLateness(b *testing.B) {
	for _, rate := range []uint64{1000, 5000, 20000, 50000} {
		b.Run(time.Duration(1e9/rate).String(), func(b *testing.B) {
			c, err := clock.New()
			if err != nil {
				b.Fatal(err)
			}
			timer := NewTimer(c)
			s := &Constant{Rate: rate, Period: time.Second}
			start := c.Now()
			var sum, worst int64
			n := int64(0)
			for b.Loop() {
				at := start + s.Next()
				if err := timer.SleepUntil(b.Context(), at); err != nil {
					b.Fatal(err)
				}
				late := c.Now() - at
				sum += late
				worst = max(worst, late)
				n++
			}
			b.ReportMetric(float64(sum)/float64(n), "ns-late/op")
			b.ReportMetric(float64(worst), "ns-late-max")
		})
	}
}
