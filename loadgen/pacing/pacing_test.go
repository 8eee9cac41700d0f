// Package pacing compares how well loadgen and vegeta keep a schedule. It is a separate module, so that tqbench does not depend on vegeta:
// go test -C loadgen/pacing -bench .
package pacing

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
)

// seconds is how long to keep a rate in each turn, turns the number of turns of each.
const (
	seconds = 0.5
	turns   = 6
)

// BenchmarkPacing lets both take turns at each rate, sending to a target that answers at once. Each reports the medians over its turns.
func BenchmarkPacing(b *testing.B) {
	c, err := clock.New()
	if err != nil {
		b.Fatal(err)
	}
	for _, rate := range []int{1000, 5000, 20_000, 50_000} {
		n := int(float64(rate) * seconds)
		ways := []struct {
			name string
			late func() ([]int64, error)
			seen [][]float64
		}{
			{name: "tqbench", late: func() ([]int64, error) { return ours(b.Context(), c, rate, n) }},
			{name: "vegeta", late: func() ([]int64, error) { return theirs(c, rate, n) }},
		}
		for range turns {
			for i := range ways {
				cpu, began := process.Self(), c.Now()
				late, err := ways[i].late()
				if err != nil {
					b.Fatal(err)
				}
				used := float64(process.Self()-cpu) / float64(c.Now()-began)
				slices.Sort(late)
				us := func(q float64) float64 { return float64(late[int(q*float64(len(late)-1))]) / 1e3 }
				ways[i].seen = append(ways[i].seen, []float64{us(0.5), us(0.99), us(1), 100 * used})
			}
		}
		for _, w := range ways {
			b.Run(fmt.Sprintf("%s/%d", w.name, rate), func(b *testing.B) {
				for b.Loop() {
				}
				b.ReportMetric(0, "ns/op") // the loop is empty: what was measured is below
				for k, unit := range []string{"us-late-p50", "us-late-p99", "us-late-max", "%-of-a-core"} {
					var values []float64
					for _, s := range w.seen {
						values = append(values, s[k])
					}
					slices.Sort(values)
					b.ReportMetric((values[(len(values)-1)/2]+values[len(values)/2])/2, unit)
				}
			})
		}
	}
}

type nowhere struct{}

func (nowhere) Publish(_ context.Context, m []broker.Message) (int, error) { return len(m), nil }

// ours is the lateness of each of loadgen's n tasks.
func ours(ctx context.Context, c *clock.Clock, rate, n int) ([]int64, error) {
	late := make([]int64, n)
	_, err := loadgen.Paced(ctx, c, c.Now()+int64(10*time.Millisecond), &loadgen.Constant{Rate: uint64(rate), Period: time.Second}, loadgen.Load{
		N: n, Publisher: nowhere{},
		NewEncode: func() (loadgen.Encode, error) {
			return func(dst []byte, _ *broker.Message, _ int) ([]byte, error) { return dst, nil }, nil
		},
		Record: func(i int, intended, sent, _ int64) { late[i] = sent - intended },
	})
	return late, err
}

// pacer notes when its attack began, by the clock that hits are timed by.
type pacer struct {
	vegeta.ConstantPacer
	clock *clock.Clock
	once  sync.Once
	began atomic.Int64
}

func (p *pacer) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	p.once.Do(func() { p.began.Store(p.clock.Now() - int64(elapsed)) })
	return p.ConstantPacer.Pace(elapsed, hits)
}

// target answers at once and notes the time.
type target struct {
	clock *clock.Clock
	next  atomic.Int64
	at    []int64
}

func (t *target) RoundTrip(*http.Request) (*http.Response, error) {
	now := t.clock.Now()
	if i := int(t.next.Add(1)) - 1; i < len(t.at) {
		t.at[i] = now
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(""))}, nil
}

// theirs is the lateness of a vegeta attack's first n hits in order of arrival. Its pacer waits for hit i, counted from 0, until i+1
// intervals have passed; a hit that came sooner, as the previous one was late, is not late.
func theirs(c *clock.Clock, rate, n int) ([]int64, error) {
	t := &target{clock: c, at: make([]int64, n)}
	p := &pacer{ConstantPacer: vegeta.ConstantPacer{Freq: rate, Per: time.Second}, clock: c}
	attacker := vegeta.NewAttacker(vegeta.Client(&http.Client{Transport: t}))
	targeter := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: "http://127.0.0.1/"})
	for r := range attacker.Attack(targeter, p, time.Duration(seconds*float64(time.Second)), "pacing") {
		if r.Error != "" {
			return nil, fmt.Errorf("vegeta: %s", r.Error)
		}
	}
	came := min(int(t.next.Load()), n)
	if came == 0 {
		return nil, fmt.Errorf("vegeta sent nothing at %d per second", rate)
	}
	late := make([]int64, came)
	for i := range late {
		late[i] = max(0, t.at[i]-p.began.Load()-int64(i+1)*int64(time.Second)/int64(rate))
	}
	return late, nil
}
