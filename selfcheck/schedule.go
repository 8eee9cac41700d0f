package selfcheck

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/suite"
)

// Schedule is the lateness of tasks at a rate, with a broker that accepts them at once: only the harness remains.
type Schedule struct {
	// Arrivals is suite.Open, at a constant rate, or suite.Poisson.
	Arrivals string `json:"arrivals"`
	// Rate is in tasks per second.
	Rate int `json:"rate"`
	// LateP50Us and LateP99Us are in microseconds, medians of rounds; LateMaxUs is the most of all.
	LateP50Us Figure  `json:"late_p50_us"`
	LateP99Us Figure  `json:"late_p99_us"`
	LateMaxUs float64 `json:"late_max_us"`
	// DriftUs is by how much the median lateness of the last tenth of the tasks is above that of the first tenth.
	DriftUs Figure `json:"drift_us"`
	// CPUPercent is of one core.
	CPUPercent Figure `json:"cpu_percent"`
}

const (
	// lateGoal is the most that the 99th percentile of lateness should be at goalRate, in microseconds.
	lateGoal = 100
	goalRate = 20_000
)

// scheduleRates are in tasks per second.
func scheduleRates() []int { return []int{1000, 5000, goalRate, 50_000} }

// nowhere takes messages and does nothing.
type nowhere struct{}

func (nowhere) Publish(_ context.Context, m []broker.Message) (int, error) { return len(m), nil }

// kept is what one round of a schedule measured, in microseconds and in percent of a core.
type kept struct{ p50, p99, most, drift, cpu float64 }

// checkSchedules lets all rates take turns with both arrivals.
func checkSchedules(ctx context.Context, c *clock.Clock, o Options) ([]Schedule, error) {
	var rows []Schedule
	for _, arrivals := range []string{suite.Open, suite.Poisson} {
		for _, rate := range scheduleRates() {
			rows = append(rows, Schedule{Arrivals: arrivals, Rate: rate})
		}
	}
	rounds := make([][]kept, len(rows))
	for round := range o.Rounds {
		o.Log("schedule at up to %d per second, round %d of %d", scheduleRates()[len(scheduleRates())-1], round+1, o.Rounds)
		for i, r := range rows {
			n := int(float64(r.Rate) * o.Seconds / float64(o.Rounds))
			k, err := keepSchedule(ctx, c, arrivalsOf(r.Arrivals, r.Rate, uint64(round)), n)
			if err != nil {
				return nil, fmt.Errorf("check the schedule at %d per second: %w", r.Rate, err)
			}
			rounds[i] = append(rounds[i], k)
		}
	}
	for i := range rows {
		r := &rows[i]
		each := func(of func(kept) float64) Figure {
			var values []float64
			for _, k := range rounds[i] {
				values = append(values, of(k))
			}
			return medianOf(values)
		}
		r.LateP50Us, r.LateP99Us = each(func(k kept) float64 { return k.p50 }), each(func(k kept) float64 { return k.p99 })
		r.DriftUs, r.CPUPercent = each(func(k kept) float64 { return k.drift }), each(func(k kept) float64 { return k.cpu })
		for _, k := range rounds[i] {
			r.LateMaxUs = max(r.LateMaxUs, k.most)
		}
		if r.Rate == goalRate {
			r.LateP99Us = r.LateP99Us.atMost(lateGoal)
		}
	}
	return rows, nil
}

func arrivalsOf(name string, rate int, seed uint64) loadgen.Arrivals {
	if name == suite.Poisson {
		return loadgen.NewPoisson(float64(rate), seed)
	}
	return &loadgen.Constant{Rate: uint64(rate), Period: time.Second}
}

// keepSchedule sends n tasks nowhere.
func keepSchedule(ctx context.Context, c *clock.Clock, a loadgen.Arrivals, n int) (kept, error) {
	late := make([]int64, n)
	load := loadgen.Load{N: n, Publisher: nowhere{},
		NewEncode: func() (loadgen.Encode, error) {
			return func(dst []byte, _ *broker.Message, _ int) ([]byte, error) { return dst, nil }, nil
		},
		Record: func(i int, intended, sent, _ int64) { late[i] = sent - intended },
	}
	cpu, began := process.Self(), c.Now()
	if _, err := loadgen.Paced(ctx, c, c.Now()+int64(10*time.Millisecond), a, load); err != nil {
		return kept{}, err
	}
	k := kept{cpu: 100 * float64(process.Self()-cpu) / float64(c.Now()-began)}
	tenth := max(n/10, 1)
	k.drift = middle(late[n-tenth:], 0.5) - middle(late[:tenth], 0.5)
	k.p50, k.p99, k.most = middle(late, 0.5), middle(late, 0.99), middle(late, 1)
	return k, nil
}

// middle is a quantile of times in ns, by nearest rank, in microseconds.
func middle(ns []int64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(ns))
	return float64(sorted[int(q*float64(len(sorted)-1))]) / 1e3
}
