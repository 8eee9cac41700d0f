package analysis

import (
	"errors"
	"math"
	"testing"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

func TestABracketHasTheValueAtOneEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		noise
		rate, span float64
	}{
		// A quarter more than what was stolen may be lost, and nine tenths at most.
		{noise{}, 1, 1}, {noise{still: 0.08}, 1 / 0.9, 0.9}, {noise{still: 0.4}, 2, 0.5}, {noise{still: 0.9}, 10, 0.1},
		// Other programs cost what they can have stopped, and a quarter of all their time.
		{noise{crowded: 0.4, beside: 0.4}, 2, 0.5}, {noise{beside: 0.4}, 1 / 0.9, 0.9}, {noise{0.08, 0.1, 0.2}, 1 / 0.75, 0.75},
		{noise{0.5, 0.5, 1}, 10, 0.1},
	} {
		r, s := rateBracket(100, tt.noise), spanBracket(100, tt.noise)
		near(t, "a rate's low end", r.Low, 100)
		near(t, "a rate's high end", r.High, 100*tt.rate)
		near(t, "a span's low end", s.Low, 100*tt.span)
		near(t, "a span's high end", s.High, 100)
	}
}

func TestValuesAreBracketedByTheirUnit(t *testing.T) {
	t.Parallel()
	m := &measured{Trial: results.Trial{Still: 0.08}}
	for name, want := range map[string]Bracket{
		metric.MaxRate: {100, 100 / 0.9}, metric.StartFirst: {90, 100}, metric.Encode: {90, 100}, metric.Recovery: {90, 100},
	} {
		for _, v := range metric.In(metric.Own) {
			if v.Name == name {
				got := ownBracket(v)(m, 100)
				near(t, name+", low", got.Low, want.Low)
				near(t, name+", high", got.High, want.High)
			}
		}
	}
	for _, v := range metric.In(metric.Own) {
		count := v.Name == metric.Lost || v.Name == metric.Bytes || v.Name == metric.MemoryGrowth || v.Name == metric.WebCPU
		if count && ownBracket(v) != nil {
			t.Errorf("%s has a bracket", v.Name)
		}
	}
}

// In the second of four stretches of 100 ms, both CPUs lost 8 ms each: 20 ms with the contention. What is owed of it is worked
// off with four tenths of the time.
func TestWhatIsStolenMayBeInALatency(t *testing.T) {
	t.Parallel()
	const ms = 1_000_000
	var th standstills
	for i, stolen := range []int64{0, 16, 0, 0} {
		th.add(int64(i)*100*ms, int64(i+1)*100*ms, contention*float64(stolen*ms))
	}
	for _, tt := range []struct{ sent, finished, want int64 }{
		{0, 50, 20},     // in the first stretch: the kernel may report it in the next
		{110, 120, 20},  // in the second
		{50, 150, 20},   // across both
		{210, 220, 0},   // 20 ms less 0.4 of the 80 ms that were left: nothing is owed
		{350, 360, 0},   // long after
		{1000, 1010, 0}, // after the last sample
	} {
		if got := th.added(tt.sent*ms, tt.finished*ms); got != tt.want*ms {
			t.Errorf("from %d to %d ms: %d ns, want %d ms", tt.sent, tt.finished, got, tt.want)
		}
	}
	// 20 ms/0.4 and the 10 ms that a task takes, of 400 ms.
	near(t, "touched", th.touched(10*ms), 60.0/400)
	if (&standstills{}).touched(10) != 0 || (&standstills{}).added(1, 2) != 0 {
		t.Error("without samples, something is stolen")
	}
	// More is stolen than fits: what is owed goes on into the next stretch.
	th = standstills{}
	th.add(0, 100*ms, 400*ms)
	th.add(100*ms, 200*ms, 0)
	if th.cost[0] != 100*ms || th.owed[1] != 100*ms {
		t.Errorf("%+v", th)
	}
}

// stealFrom writes a trial again, of which noise has a part.
func (f *folder) stealFrom(t *testing.T, id int, still float64, change func(*results.Trial)) {
	t.Helper()
	dir := results.TrialDir(f.out, id)
	tr, err := results.ReadTrial(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tr.Phases {
		tr.Phases[i].Still, tr.Phases[i].EnqueueStill = still, still
	}
	if change != nil {
		change(&tr)
	}
	if err := results.WriteTrial(dir, tr); err != nil {
		t.Fatal(err)
	}
}

// A candidate of twice the throughput: what was stolen of the baseline, or went to other programs, may explain it, or may not.
func TestAVerdictHoldsWhateverTheNoiseDidOrAsMeasuredHere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		still, others float64
		grade         string
		noisy         int
	}{{0, 0, GradeSure, 0}, {0.2, 0, GradeSure, 6}, {0, 0.2, GradeSure, 6}, {0.41, 0, GradeHere, 6}, {0, 0.41, GradeHere, 6}, {0.21, 0.2, GradeHere, 6}} {
		f := newFolder(t, asynctasqOverCelery, 6)
		for _, p := range f.plan.Trials {
			drain := 1 + 0.001*float64(p.Block)
			if p.Arm == "asynctasq/async" {
				drain /= 2
			}
			f.write(t, p, 400, drain, 1, nil, "")
			if p.Arm == "celery/prefork" {
				f.stealFrom(t, p.ID, tt.still, func(r *results.Trial) {
					for i := range r.Phases {
						r.Phases[i].Crowded, r.Phases[i].Beside = tt.others, tt.others
					}
				})
			}
		}
		stopped := noise{tt.still, tt.others, tt.others}.lost()
		c := comparison(t, analyze(t, f), "throughput")
		if c.Verdict != Faster || c.Grade != tt.grade || c.Noisy != tt.noisy || c.Blocks != 6 {
			t.Errorf("still %g, others %g: %s, %s, %d noisy of %d", tt.still, tt.others, c.Verdict, c.Grade, c.Noisy, c.Blocks)
		}
		near(t, "the ratio as measured", c.Ratio.Estimate, 2)
		near(t, "a block's low end", c.Ratios[0].Low, 2*(1-stopped))
		near(t, "a block's high end", c.Ratios[0].High, 2)
		if math.Abs(c.Bracketed.Low-c.Ratio.Low*(1-stopped)) > 0.01 || math.Abs(c.Bracketed.High-c.Ratio.High) > 1e-6 {
			t.Errorf("still %g, others %g: %+v, bracketed %+v", tt.still, tt.others, c.Ratio, c.Bracketed)
		}
	}
}

// A flag that spoils a trial keeps it out; its figure is shown all the same, and alone where there is no other.
func TestASpoiledFigureIsShown(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 6)
	for _, p := range f.plan.Trials {
		var flags []results.Flag
		if p.Arm == "asynctasq/async" {
			flags = []results.Flag{{Code: results.FlagSaturated, Metrics: []string{"latency_p99"}}}
		}
		f.write(t, p, 200, 1, 1, flags, "")
	}
	c := comparison(t, analyze(t, f), "latency_p99")
	if c.Verdict != Undecided || c.Blocks != 0 || len(c.Candidate.Spoiled) != 6 || len(c.Candidate.Values) != 0 || c.Candidate.Estimate <= 0 || len(c.Baseline.Values) != 6 {
		t.Errorf("%s: %+v", c.Verdict, c.Candidate)
	}
}

// The rate of a sustained backlog is that of its steady part.
func TestTheRateOfASustainedBacklogIsThatOfItsSteadyPart(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 1)
	for _, p := range f.plan.Trials {
		f.write(t, p, 1000, 1, 1, nil, "")
		f.stealFrom(t, p.ID, 0.08, func(tr *results.Trial) {
			drain := &tr.Phases[0]
			drain.Arrivals, drain.Depth = suite.Sustained, 100
			drain.SteadyFrom, drain.SteadyTo = drain.Released+25e7, drain.Released+75e7
		})
	}
	a := analyze(t, f)
	// 1000 tasks end evenly in a second.
	near(t, "throughput", a.Trials[0].Metrics["throughput"], 1000)
	// 100 of them are queued before, within 100 ms.
	near(t, "enqueue rate", a.Trials[0].Metrics["enqueue_wire"], 1000)
	near(t, "the bracket", a.Trials[0].Brackets["throughput"].High, 1000/0.9)
}

// Sides that took turns are measured in their own: 0.2 s of each second, in which tasks end evenly, and 0.1 s that is as good.
func TestTheRateOfTurnsIsThatOfAllOfThem(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 1)
	for _, p := range f.plan.Trials {
		f.write(t, p, 1000, 1, 1, nil, "")
		f.rewrite(t, p.ID, func(tr *results.Trial, rows []results.Task) {
			drain := &tr.Phases[0]
			drain.Arrivals, drain.Depth = suite.Sustained, 100
			at := func(ms int64) int64 { return drain.Released + ms*1e6 }
			drain.Turns = []results.Turn{{From: at(100), To: at(200)}, {From: at(500), To: at(600)}, {From: at(800), To: at(900)}}
			drain.SteadyFrom, drain.SteadyTo = at(100), at(900)
			// What ended between the second turn and the third is as if it ended at once: in none.
			for i := range rows {
				if r := &rows[i]; r.Phase == "drain" && r.Finished > at(600) && r.Finished <= at(800) {
					r.Started, r.Finished = at(700)-1, at(700)
				}
			}
		})
	}
	a := analyze(t, f)
	near(t, "throughput", a.Trials[0].Metrics["throughput"], 1000)
	m := measured{ends: []float64{0.05, 0.15, 0.2, 0.3, 0.55, 0.85, 0.95}}
	got := m.steadyEnds(results.Phase{SteadyFrom: 1e8, SteadyTo: 9e8, Turns: []results.Turn{{From: 1e8, To: 2e8}, {From: 5e8, To: 6e8}, {From: 8e8, To: 9e8}}})
	for i, want := range []float64{0.05, 0.1, 0.15, 0.25} {
		if len(got) != 4 || math.Abs(got[i]-want) > 1e-9 {
			t.Fatalf("ends %v", got)
		}
	}
}

// A live comparison is that of the analysis of the same trials.
func TestALiveComparisonIsThatOfTheAnalysis(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 3)
	var live *Live
	var last []Comparison
	for i, p := range f.plan.Trials {
		f.write(t, p, 400, 1+0.01*float64(p.ID), 1, nil, "")
		if i == 1 {
			live = NewLive(f.out, f.plan) // as of a run that is resumed
		}
		if live == nil {
			continue
		}
		var err error
		if last, err = live.Add(p.ID); err != nil {
			t.Fatal(err)
		}
	}
	want := comparison(t, analyze(t, f), "throughput")
	found := false
	for _, c := range last {
		if c.Metric == "throughput" {
			found = c.Blocks == 3 && c.Ratio == want.Ratio
		}
	}
	if !found || len(last) != 2 {
		t.Errorf("%+v", last)
	}
	if _, err := live.Add(99); err == nil || errors.Is(err, results.ErrFormat) {
		t.Errorf("a trial that isn't there: %v", err)
	}
}
