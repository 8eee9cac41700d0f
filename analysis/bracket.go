package analysis

import (
	"math"
	"slices"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// Bracket is where a trial's value would lie on a machine that had all of its CPU time for the trial, and whose generator was
// never late: from Low to High, the value as it was measured being one of the two. Where clocks of several hosts measured a latency, their
// error widens both ends.
//
// A hypervisor that withholds CPU time, or another program that uses it, slows a trial down by no less than nothing and by no
// more than if all that waited had waited for it. Dividing by 1 less the share would be an estimate, and presumes that both sides
// react alike, which they don't. The bracket presumes nothing but its ends, and trials are kept instead of thrown away.
type Bracket struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// widened is the bracket of a latency that may be that far from the true one, as clocks of several hosts measured it.
func (b Bracket) widened(halfWidth float64) Bracket {
	if halfWidth == 0 {
		return b
	}
	return Bracket{max(b.Low-halfWidth, b.Low/results.ClockWidths), b.High + halfWidth}
}

// halfWidth is how far a latency of the open phase can be from the true one, in ms; 0 where one clock measured it.
func (t *measured) halfWidth() float64 {
	p, _ := t.paced(suite.Open, suite.Poisson, suite.Trace)
	return float64(p.ClockHalfWidth) / 1e6
}

// resolved tells whether a latency in ms is long enough for the clocks that measured it.
func (t *measured) resolved(ms float64) bool { return ms >= results.ClockWidths*t.halfWidth() }

// resolvedIn is resolved for a phase of that name, and seconds.
func (t *measured) resolvedIn(phase string, seconds float64) bool {
	for _, p := range t.Phases {
		if p.Name == phase && 1e9*seconds < float64(results.ClockWidths*p.ClockHalfWidth) {
			return false
		}
	}
	return true
}

// contention is how much more a neighbour costs than the time that it takes: it leaves cold caches behind, and shares a core's
// other thread. On a cloud server, 15.2 % of the time of two CPUs cost 36 % of a throughput, 1.18 times what was stolen.
const contention = 1.25

// most is the largest share of the time that a bracket takes to be lost.
const most = 0.9

// noise is what can have slowed a phase down, as shares of its time: stolen CPU time and other programs can have stopped its
// critical path for still and crowded; beside is how long others ran on neighbouring CPUs.
type noise struct{ still, crowded, beside float64 }

func noiseOf(p results.Phase) noise { return noise{p.Still, p.Crowded, p.Beside} }

// noise is that of what belongs to no one phase, of which stolen CPU time can have stopped the share still: the worst of all phases.
func (t *measured) noise(still float64) noise {
	n := noise{still: still}
	for _, p := range t.Phases {
		n.crowded, n.beside = max(n.crowded, p.Crowded), max(n.beside, p.Beside)
	}
	return n
}

func (n noise) any() bool { return n.still+n.crowded+n.beside > 0 }

// lost is which share of the time noise can have cost at most. What was stolen costs more by the contention; where other
// programs are concerned, that is counted for all the time for which they ran.
func (n noise) lost() float64 { return min(contention*n.still+n.crowded+(contention-1)*n.beside, most) }

// slowed is which share of a time on the CPU other programs on neighbouring CPUs can have cost.
func (n noise) slowed() float64 { return (1 - 1/contention) * n.beside }

// rateBracket is that of a rate.
func rateBracket(v float64, n noise) Bracket { return Bracket{v, v / (1 - n.lost())} }

// spanBracket is that of a length of time.
func spanBracket(v float64, n noise) Bracket { return Bracket{v * (1 - n.lost()), v} }

// BracketedRate is the logarithm of the upper end of the bracket of a rate whose logarithm is given, for simulations.
func BracketedRate(log, still float64) float64 { return log - math.Log(1-noise{still: still}.lost()) }

// spared has the latencies of an open phase, in ms and ascending, without what noise of the machine may have added; by kind,
// and those of all under "".
type spared struct {
	// sent are counted from the sending, and left are these less all that standstills can have added.
	sent, left map[string][]float64
	// touched is the share of the phase's tasks that standstills can have delayed, and slowed which share of each latency other
	// programs on neighbouring CPUs can have cost.
	touched, slowed float64
}

// bracket is that of quantile q of the latencies, which is v. Two lower bounds hold, and the larger counts: the quantile of
// what each task has left, and that of the latencies from the sending of which the slowest were all those that standstills
// touched. The first is good for latencies that are long compared with the standstills, the second for those that are short.
func (s *spared) bracket(kind string, q, v float64) Bracket {
	if s == nil || len(s.sent[kind]) == 0 {
		return Bracket{v, v}
	}
	low := stats.Quantile(s.left[kind], q)
	if q > s.touched {
		low = max(low, stats.Quantile(s.sent[kind], q-s.touched))
	}
	return Bracket{min(low*(1-s.slowed), v), v}
}

// standstills are the stretches of a phase between two samples, in ns, with how long stolen CPU time and other programs can
// have stopped work in each.
type standstills struct {
	from, to []int64
	// cost is how long noise can have stopped work in a stretch at most, by what the CPUs lost and the contention, and owed how
	// much of earlier standstills can still be waiting at its begin.
	cost, owed []int64
	any        bool
}

// spare is which part of their time workers have left to work off what waited: open phases run at about half of the capacity,
// and a little less is left while caches are cold.
const spare = 0.4

// standstillsOf takes the stretches of a phase out of a trial's samples. A file without the columns has none.
func standstillsOf(series *results.Depths, p results.Phase) standstills {
	var t standstills
	columns := []struct {
		ns    []int64
		costs float64
	}{{series.Stolen, contention}, {series.Crowded, 1}}
	in := series.Phase.Is(p.Name)
	last := -1
	for i, at := range series.At {
		if !in[series.Phase.Index[i]] {
			continue
		}
		if last >= 0 {
			cost := 0.0
			for _, c := range columns {
				if len(c.ns) == len(series.At) {
					cost += c.costs * float64(c.ns[i]-c.ns[last])
				}
			}
			t.add(series.At[last], at, cost)
		}
		last = i
	}
	return t
}

// add adds the next stretch, in which noise can have stopped work for up to ns.
func (t *standstills) add(from, to int64, ns float64) {
	var owed int64
	if n := len(t.to); n > 0 {
		length, cost := t.to[n-1]-t.from[n-1], t.cost[n-1]
		owed = max(t.owed[n-1]+cost-int64(spare*float64(length-cost)), 0)
	}
	cost := min(max(int64(ns), 0), to-from)
	t.from, t.to, t.cost, t.owed = append(t.from, from), append(t.to, to), append(t.cost, cost), append(t.owed, owed)
	t.any = t.any || cost > 0
}

// added is how much standstills can have added at most to the latency of a task that was sent at one moment and ended at
// another: what was owed when it came, all of each stretch that it met, and that of the next one, since the kernel counts in
// whole ticks and may report a standstill late.
func (t *standstills) added(sent, finished int64) int64 {
	if !t.any {
		return 0
	}
	i, _ := slices.BinarySearch(t.to, sent+1)
	if i == len(t.to) {
		return 0
	}
	sum := t.owed[i]
	for ; i < len(t.from) && t.from[i] < finished; i++ {
		sum += t.cost[i]
	}
	if i < len(t.from) {
		sum += t.cost[i]
	}
	return sum
}

// touched is the share of tasks that arrive evenly in the phase and take about typical ns, of which some part lies in a
// standstill or in the time after it in which what waited is worked off.
func (t *standstills) touched(typical int64) float64 {
	var sum, all int64
	for i, cost := range t.cost {
		length := t.to[i] - t.from[i]
		all += length
		if cost > 0 {
			sum += min(int64(float64(cost)/spare)+typical, length)
		}
	}
	if all == 0 {
		return 0
	}
	return float64(sum) / float64(all)
}

// LatencyBracket is the bracket of quantile q, for simulations: of tasks that arrived evenly between the first sample and the
// last, of which sent and finished are in ns. at are the times of samples, and stolen what all CPUs had lost by then.
func LatencyBracket(q float64, sent, finished, at, stolen []int64) Bracket {
	var t standstills
	for i := 1; i < len(at); i++ {
		t.add(at[i-1], at[i], contention*float64(stolen[i]-stolen[i-1]))
	}
	latencies, left := make([]int64, len(sent)), make([]int64, len(sent))
	for i := range sent {
		latencies[i] = finished[i] - sent[i]
		left[i] = max(latencies[i]-t.added(sent[i], finished[i]), 0)
	}
	slices.Sort(latencies)
	slices.Sort(left)
	ms := multiples(nil, latencies, 1e6)
	s := spared{sent: map[string][]float64{"": ms}, left: map[string][]float64{"": multiples(nil, left, 1e6)},
		touched: t.touched(latencies[len(latencies)/2])}
	return s.bracket("", q, stats.Quantile(ms, q))
}
