// Package loadgen decides when each task is sent, and sends it then.
//
// An open loop never waits for an answer: the time at which a task should be sent is fixed beforehand, and latency counts from it, so that
// a stalled broker or generator can't hide tasks that it delayed (coordinated omission).
package loadgen

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// Arrivals yields the intended times of tasks, in nanoseconds after the start, in order.
type Arrivals interface {
	Next() int64
}

// Trace is a list of times; asking for more than it has is an error.
type Trace struct {
	At []int64
	i  int
}

// Next is the time of the next task.
func (t *Trace) Next() int64 {
	t.i++
	return t.At[t.i-1]
}

// Constant is a constant arrival rate: Rate tasks in each Period. Both must be above 0.
type Constant struct {
	Rate   uint64
	Period time.Duration
	i      uint64
}

// Next is the next arrival.
func (c *Constant) Next() int64 {
	at := c.At(c.i)
	c.i++
	return at
}

// At is when task i is due: floor(i x Period / Rate), computed in 128 bits, so that no rate drifts. Adding up a truncated interval would,
// at 3 per second, send one task too many every 3 x 10^9.
func (c *Constant) At(i uint64) int64 {
	hi, lo := bits.Mul64(i, uint64(c.Period))
	if hi >= c.Rate {
		return math.MaxInt64 // beyond 64 bits: centuries
	}
	at, _ := bits.Div64(hi, lo, c.Rate)
	return int64(min(at, math.MaxInt64))
}

// Poisson is a Poisson process: independent exponential gaps with mean 1/rate.
type Poisson struct {
	mean float64 // ns
	rng  *rand.Rand
	at   float64
}

// NewPoisson returns a process of rate tasks per second, repeatable by its seed.
func NewPoisson(rate float64, seed uint64) *Poisson {
	return &Poisson{mean: 1e9 / rate, rng: rand.New(rand.NewPCG(seed, 0x706f_6973_736f_6e00))}
}

// Next is the next arrival.
func (p *Poisson) Next() int64 {
	p.at += p.rng.ExpFloat64() * p.mean
	return int64(p.at)
}
