package loadgen_test

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/loadgen"
)

// The shares together are the schedule: each task once, at its time.
func TestSharesAreTheWholeSchedule(t *testing.T) {
	const n = 1000
	trace := make([]int64, n)
	for i := range trace {
		trace[i] = int64(i * i)
	}
	for name, schedule := range map[string]func() loadgen.Arrivals{
		"constant": func() loadgen.Arrivals { return &loadgen.Constant{Rate: 7, Period: time.Second} },
		"poisson":  func() loadgen.Arrivals { return loadgen.NewPoisson(100, 3) },
		"trace":    func() loadgen.Arrivals { return &loadgen.Trace{At: trace} },
	} {
		for of := 1; of <= 7; of++ {
			whole, seen, counted := schedule(), map[int]int64{}, 0
			for index := range of {
				s := loadgen.Share{Index: index, Of: of}
				part := s.Arrivals(schedule())
				counted += s.Count(n)
				for i := range s.Count(n) {
					seen[s.Task(i)] = part.Next()
				}
			}
			if counted != n || len(seen) != n {
				t.Fatalf("%s, %d shares: %d tasks, %d of them different", name, of, counted, len(seen))
			}
			for i := range n {
				if want := whole.Next(); seen[i] != want {
					t.Fatalf("%s, %d shares: task %d is due at %d, not at %d", name, of, i, seen[i], want)
				}
			}
		}
	}
}

func TestAShareMayBeEmpty(t *testing.T) {
	if n := (loadgen.Share{Index: 3, Of: 4}).Count(3); n != 0 {
		t.Errorf("%d tasks of 3 are the fourth's", n)
	}
}
