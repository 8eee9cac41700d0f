package analysis

import (
	"math"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Bracket is where a trial's value would lie on a machine that had all of its CPU time, and whose generator was never late:
// from Low to High, the value as it was measured being one of the two.
//
// A hypervisor that withholds CPU time slows a trial down by no less than nothing and by no more than if all that waited had
// waited for it. Dividing by 1 less the share would be an estimate, and presumes that both sides react alike, which they
// don't. The bracket presumes nothing but its ends, and trials are kept instead of thrown away.
type Bracket struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// contention is how much more a neighbour costs than the time that it takes: it leaves cold caches behind, and shares a core's
// other thread. On a cloud server, 15.2 % of the time of two CPUs cost 36 % of a throughput, 1.18 times what was stolen.
const contention = 1.25

// most is the largest share of the time that a bracket takes to be lost.
const most = 0.9

// lost is which share of the time noise can have cost at most, where stolen CPU time stopped work for the share still.
func lost(still float64) float64 { return min(contention*still, most) }

// rateBracket is that of a rate of which CPU time was stolen for at most the share still of the time.
func rateBracket(v, still float64) Bracket { return Bracket{v, v / (1 - lost(still))} }

// spanBracket is that of a length of time.
func spanBracket(v, still float64) Bracket { return Bracket{v * (1 - lost(still)), v} }

// BracketedRate is the logarithm of the upper end of the bracket of a rate whose logarithm is given, for simulations.
func BracketedRate(log, still float64) float64 { return log - math.Log(1-lost(still)) }

// valueBracket is how a figure of a scenario's own is bracketed, by what it is measured in; nil for counts and shares. Such a
// figure belongs to no one phase: the share is that of the whole trial.
func valueBracket(v suite.Value) func(*measured, float64) Bracket {
	switch {
	case slices.Contains([]string{"s", "ms", "us"}, v.Unit) && v.Name != suite.ValueWebCPU:
		return func(t *measured, x float64) Bracket { return spanBracket(x, t.Still) }
	case strings.HasSuffix(v.Unit, "/s"):
		return func(t *measured, x float64) Bracket { return rateBracket(x, t.Still) }
	}
	return nil
}

// spared has the latencies of an open phase, in ms and ascending, without what noise of the machine may have added; by kind,
// and those of all under "".
type spared struct {
	// sent are counted from the sending, and left are these less all CPU time that was stolen while the task was under way.
	sent, left map[string][]float64
	// touched is the share of the phase's tasks that stolen time can have delayed.
	touched float64
}

// bracket is that of quantile q of sorted latencies, which is v. Two lower bounds hold, and the larger counts: the quantile
// of what each task has left, and that of the latencies from the sending of which the slowest were all those that stolen time
// touched. The first is good for latencies that are long beside the stolen time, the second for those that are short.
func (s *spared) bracket(kind string, q, v float64) Bracket {
	if s == nil || len(s.sent[kind]) == 0 {
		return Bracket{v, v}
	}
	low := quantile(s.left[kind], q)
	if q > s.touched {
		low = max(low, quantile(s.sent[kind], q-s.touched))
	}
	return Bracket{min(low, v), v}
}

// thefts are when CPU time was stolen: in each stretch from one ns to another, noise cost at most as many ns as stolen has, by
// what all CPUs lost and the contention, and at most the stretch's length.
type thefts struct {
	from, to, stolen []int64
}

// theftsOf takes the stretches of a phase out of a trial's samples. A file without the column has none.
func theftsOf(series *results.Depths, p results.Phase) thefts {
	var t thefts
	if len(series.Stolen) != len(series.At) {
		return t
	}
	in := series.Phase.Is(p.Name)
	last := -1
	for i, at := range series.At {
		if !in[series.Phase.Index[i]] {
			continue
		}
		if last >= 0 {
			length := at - series.At[last]
			if s := min(int64(contention*float64(series.Stolen[i]-series.Stolen[last])), length); s > 0 {
				t.from, t.to, t.stolen = append(t.from, series.At[last]), append(t.to, at), append(t.stolen, s)
			}
		}
		last = i
	}
	return t
}

// within is how much of the time from one moment to another stolen CPU time can have taken at most.
func (t thefts) within(from, to int64) int64 {
	first, _ := slices.BinarySearch(t.to, from+1)
	var sum int64
	for i := first; i < len(t.from) && t.from[i] < to; i++ {
		sum += min(t.stolen[i], min(to, t.to[i])-max(from, t.from[i]))
	}
	return sum
}

// recovery is how much longer than a standstill its trace lasts, in lengths of the standstill: what waited has to be worked
// off beside what goes on to arrive. At half of the capacity, about which open phases run, that takes as long again.
const recovery = 2

// touched is the share of tasks that arrive evenly from begin to end and take about typical ns, of which some part lies in a
// standstill or in the recovery after it.
func (t thefts) touched(begin, end, typical int64) float64 {
	if end <= begin {
		return 0
	}
	var sum int64
	for i := range t.from {
		sum += min(recovery*t.stolen[i]+typical, t.to[i]-t.from[i])
	}
	return min(float64(sum)/float64(end-begin), 1)
}
