// Package sizing estimates how many workers keep a latency at an arrival rate, from measurements of one worker set-up: a queueing model for
// the waiting, and the measured response times of tasks that did not wait.
//
// The model is a queue with c servers, arrivals and service times of any distribution (G/G/c) in the approximation of Allen and Cunneen:
// Allen, "Probability, Statistics, and Queueing Theory", 2nd ed. 1990, section 5.3. A server is a slot: one task that a worker process can
// have in hand. Service time is how long a task occupies a slot, not only how long its own code runs. The model has no CPUs: more slots
// than the CPUs can feed are not more servers.
package sizing

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Errors of an estimate.
var (
	// ErrOverload: the slots can't keep up with the rate.
	ErrOverload = errors.New("the queue grows without end")
	// ErrNever: no number of slots is enough, as tasks that don't wait already take longer.
	ErrNever = errors.New("out of reach")
)

// Profile is an arm's measurements.
type Profile struct {
	// Hold is for how many seconds a task occupies a slot, including all overhead: slots divided by the drain rate of a backlog.
	Hold float64
	// CV2 is the squared coefficient of variation of Hold.
	CV2 float64
	// Unloaded are response times in seconds, ascending, of tasks that found a free slot.
	Unloaded []float64
}

// Arrivals are how tasks arrive.
type Arrivals struct {
	// Rate is in tasks per second.
	Rate float64
	// CV2 is the squared coefficient of variation of the times between arrivals: 1 for Poisson arrivals, 0 for a constant
	// rate.
	CV2 float64
}

// Waiting describes the waiting of tasks.
type Waiting struct {
	// Utilization is the average share of occupied slots.
	Utilization float64
	// Chance is the probability that no slot is free.
	Chance float64
	// Mean is the mean waiting time in seconds over all tasks, including those that don't wait.
	Mean float64
}

// ErlangC is the probability that a task finds all of c servers busy, at an offered load of that many servers' work, in a queue with
// Poisson arrivals and exponential service times: Erlang (1917). The load must be below c.
func ErlangC(c int, load float64) float64 {
	// The recursion of Erlang's B avoids factorials.
	b := 1.0
	for k := 1; k <= c; k++ {
		b = load * b / (float64(k) + load*b)
	}
	return b / (1 - load/float64(c)*(1-b))
}

// Wait is the waiting with that many slots.
func (p Profile) Wait(slots int, a Arrivals) (Waiting, error) {
	load := a.Rate * p.Hold
	w := Waiting{Utilization: load / float64(slots)}
	if !(w.Utilization < 1) {
		return w, fmt.Errorf("%w: %d slots would be taken %.0f %% of the time", ErrOverload, slots, 100*w.Utilization)
	}
	w.Chance = ErlangC(slots, load)
	w.Mean = w.Chance * p.Hold / (float64(slots) * (1 - w.Utilization)) * (a.CV2 + p.CV2) / 2
	return w, nil
}

// Response is a quantile of the response time in seconds: from arrival to end. A task's wait is 0 with the probability of a free slot, and
// otherwise exponentially distributed, as for Poisson arrivals and exponential service times. The rest is drawn from Unloaded.
func (p Profile) Response(quantile float64, slots int, a Arrivals) (float64, error) {
	if len(p.Unloaded) == 0 {
		return 0, errors.New("no task found a free slot")
	}
	w, err := p.Wait(slots, a)
	if err != nil {
		return 0, err
	}
	beyond := func(t float64) float64 {
		var sum float64
		for _, r := range p.Unloaded {
			switch {
			case r > t:
				sum++
			case w.Mean > 0:
				sum += w.Chance * math.Exp(-(t-r)*w.Chance/w.Mean)
			}
		}
		return sum / float64(len(p.Unloaded))
	}
	low, high := 0.0, 2*p.Unloaded[len(p.Unloaded)-1]+p.Hold
	for beyond(high) > 1-quantile {
		high *= 2
	}
	for range 100 {
		mid := (low + high) / 2
		if beyond(mid) > 1-quantile {
			low = mid
		} else {
			high = mid
		}
	}
	return high, nil
}

// mostSlots bounds the search.
const mostSlots = 1_000_000

// Processes is the smallest number of worker processes with that many slots each that keep a quantile of the response time within a limit
// in seconds.
func (p Profile) Processes(perProcess int, quantile, within float64, a Arrivals) (int, error) {
	if n := len(p.Unloaded); n == 0 || p.Unloaded[min(n-1, int(quantile*float64(n)))] > within {
		return 0, fmt.Errorf("%w: of tasks that don't wait at all, more than %.3g %% take longer", ErrNever, 100*(1-quantile))
	}
	holds := func(processes int) bool {
		t, err := p.Response(quantile, processes*perProcess, a)
		return err == nil && t <= within
	}
	// The response time falls with the number of slots.
	high := 1
	for !holds(high) {
		if high*perProcess > mostSlots {
			return 0, fmt.Errorf("%w: not with %d slots", ErrNever, high*perProcess)
		}
		high *= 2
	}
	low := high / 2 // doesn't hold
	for high-low > 1 {
		if mid := (low + high) / 2; holds(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, nil
}

// Task is one task's stay, in seconds of one clock.
type Task struct{ Arrived, Finished float64 }

// Unloaded are the response times, ascending, of tasks that found fewer tasks than slots at their arrival.
func Unloaded(tasks []Task, slots int) []float64 {
	byArrival := slices.Clone(tasks)
	slices.SortFunc(byArrival, func(a, b Task) int { return cmp.Compare(a.Arrived, b.Arrived) })
	ends := make([]float64, len(tasks))
	for i, t := range tasks {
		ends[i] = t.Finished
	}
	slices.Sort(ends)
	var out []float64
	gone := 0
	for i, t := range byArrival {
		for gone < len(ends) && ends[gone] <= t.Arrived {
			gone++
		}
		if i-gone < slots {
			out = append(out, t.Finished-t.Arrived)
		}
	}
	slices.Sort(out)
	return out
}
