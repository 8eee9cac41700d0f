package sizing

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Erlang's formula as a sum in logarithms, independent of the recursion.
func erlangC(c int, load float64) float64 {
	term := func(k int) float64 {
		lg, _ := math.Lgamma(float64(k + 1))
		return math.Exp(float64(k)*math.Log(load) - lg)
	}
	var sum float64
	for k := range c {
		sum += term(k)
	}
	last := term(c) * float64(c) / (float64(c) - load)
	return last / (sum + last)
}

func TestErlangCIsTheFormula(t *testing.T) {
	t.Parallel()
	for _, c := range []int{1, 2, 4, 10, 40, 150} {
		for _, share := range []float64{0.01, 0.3, 0.6, 0.9, 0.99} {
			load := share * float64(c)
			if got, want := ErlangC(c, load), erlangC(c, load); math.Abs(got-want) > 1e-9 {
				t.Errorf("%d servers, load %g: %.12f, want %.12f", c, load, got, want)
			}
		}
	}
	// One server waits with the probability that it is busy.
	if got := ErlangC(1, 0.37); math.Abs(got-0.37) > 1e-12 {
		t.Errorf("one server: %g", got)
	}
}

// The approximation is exact where exact results exist: M/M/c, and Pollaczek and Khinchine's M/G/1.
func TestTheApproximationIsExactWhereItShouldBe(t *testing.T) {
	t.Parallel()
	p := Profile{Hold: 0.1, CV2: 1, Unloaded: []float64{0}}
	w, err := p.Wait(4, Arrivals{Rate: 30, CV2: 1})
	if want := ErlangC(4, 3) / (4/0.1 - 30); err != nil || math.Abs(w.Mean-want) > 1e-12 || math.Abs(w.Utilization-0.75) > 1e-12 {
		t.Errorf("M/M/4: %+v, want %g (%v)", w, want, err)
	}
	for _, cv2 := range []float64{0, 0.5, 1, 3} {
		p.CV2 = cv2
		w, err := p.Wait(1, Arrivals{Rate: 7, CV2: 1})
		if want := 7 * 0.1 * 0.1 * (1 + cv2) / (2 * (1 - 0.7)); err != nil || math.Abs(w.Mean-want) > 1e-12 {
			t.Errorf("M/G/1 with %g: %+v, want %g (%v)", cv2, w, want, err)
		}
	}
	// In M/M/c, the wait of waiting tasks is exponential: its quantiles are known.
	p = Profile{Hold: 0.1, CV2: 1, Unloaded: []float64{0.02}}
	got, err := p.Response(0.99, 4, Arrivals{Rate: 36, CV2: 1})
	if want := 0.02 + math.Log(ErlangC(4, 3.6)/0.01)/(40-36); err != nil || math.Abs(got-want) > 1e-9 {
		t.Errorf("p99 of M/M/4: %g, want %g (%v)", got, want, err)
	}
	// If nine in ten don't wait, the median is that of the service.
	if got, err := p.Response(0.5, 100, Arrivals{Rate: 36, CV2: 1}); err != nil || math.Abs(got-0.02) > 1e-9 {
		t.Errorf("median without waiting: %g (%v)", got, err)
	}
}

// queue simulates a queue in order of arrival and returns each task's stay.
func queue(rng *rand.Rand, slots, n int, rate float64, service func() float64) []Task {
	free := make([]float64, slots)
	var at float64
	out := make([]Task, n)
	for i := range out {
		at += rng.ExpFloat64() / rate
		k := 0
		for j := range free {
			if free[j] < free[k] {
				k = j
			}
		}
		free[k] = max(free[k], at) + service()
		out[i] = Task{at, free[k]}
	}
	return out
}

// Compared with simulated queues, with realistic service times.
func TestEstimatesAreNearSimulatedQueues(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 2))
	for _, tt := range []struct {
		name    string
		service func() float64
		cv2     float64
	}{
		{"constant", func() float64 { return 0.1 }, 0},
		{"two kinds", func() float64 { return []float64{0.05, 0.15}[rng.IntN(2)] }, 0.25},
		{"exponential", func() float64 { return 0.1 * rng.ExpFloat64() }, 1},
	} {
		for _, share := range []float64{0.5, 0.75, 0.9} {
			const slots = 4
			rate := share * slots / 0.1
			tasks := queue(rng, slots, 200_000, rate, tt.service)
			var all []float64
			for _, x := range tasks {
				all = append(all, x.Finished-x.Arrived)
			}
			slices.Sort(all)
			p := Profile{Hold: 0.1, CV2: tt.cv2, Unloaded: Unloaded(tasks[:20_000], slots)}
			got, err := p.Response(0.99, slots, Arrivals{Rate: rate, CV2: 1})
			if want := all[len(all)*99/100]; err != nil || math.Abs(got/want-1) > 0.15 {
				t.Errorf("%s at %.0f %%: p99 of %.3f s, simulated %.3f s (%v)", tt.name, 100*share, got, want, err)
			}
		}
	}
}

func TestTheLeastNumberOfProcessesIsFound(t *testing.T) {
	t.Parallel()
	p := Profile{Hold: 0.1, CV2: 0.5, Unloaded: []float64{0.09, 0.1, 0.11}}
	a := Arrivals{Rate: 95, CV2: 1}
	n, err := p.Processes(2, 0.99, 0.2, a)
	if err != nil || n < 5 {
		t.Fatalf("%d processes (%v)", n, err)
	}
	if at, err := p.Response(0.99, 2*n, a); err != nil || at > 0.2 {
		t.Errorf("%d processes: %g s (%v)", n, at, err)
	}
	if at, err := p.Response(0.99, 2*(n-1), a); err == nil && at <= 0.2 {
		t.Errorf("one less would do: %g s", at)
	}
	if _, err := p.Processes(2, 0.99, 0.1, a); !errors.Is(err, ErrNever) {
		t.Errorf("faster than the task itself: %v", err)
	}
	if _, err := p.Wait(9, a); !errors.Is(err, ErrOverload) {
		t.Errorf("overload: %v", err)
	}
	if _, err := (Profile{Hold: 1}).Response(0.5, 2, Arrivals{Rate: 1}); err == nil {
		t.Error("a response time without any measured")
	}
}

// A task that arrives while another occupies the only slot is left out; one that arrives when it ends is not.
func TestUnloadedAreThoseThatFoundASlot(t *testing.T) {
	t.Parallel()
	tasks := []Task{{0, 1}, {0.5, 2}, {2, 3}, {9, 9.5}}
	if got := Unloaded(tasks, 1); !slices.Equal(got, []float64{0.5, 1, 1}) {
		t.Errorf("%v", got)
	}
	if got := Unloaded(tasks, 2); len(got) != 4 {
		t.Errorf("%v", got)
	}
}
