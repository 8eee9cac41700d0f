package trial

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// kept is a sustained backlog of that depth for half a second.
func kept(depth int) suite.Phase {
	return suite.Phase{Name: "drain", Arrivals: suite.Sustained, Producer: suite.Wire, Depth: depth, Lasts: suite.Duration(500 * time.Millisecond)}
}

// checkKept checks that a sustained backlog has a steady window of its length, and that all its tasks are there, with consecutive numbers.
func checkKept(t *testing.T, c Config, r results.Trial) []results.Task {
	t.Helper()
	p := r.Phases[0]
	if p.SteadyTo-p.SteadyFrom != int64(500*time.Millisecond) || p.SteadyFrom-p.Released != int64(250*time.Millisecond) {
		t.Errorf("released at %d, steady from %d to %d, drained at %d", p.Released, p.SteadyFrom, p.SteadyTo, p.Drained)
	}
	// On a busy machine, the producer may not get its turn in time. Then there is a flag.
	if p.Drained <= p.SteadyTo && !hasFlag(r, results.FlagProducerBound) {
		t.Errorf("steady to %d, drained at %d, and not flagged: %+v", p.SteadyTo, p.Drained, r.Flags)
	}
	if p.Depth != int64(c.Scenario.Phases[0].Depth) || p.Count < p.Depth || p.BytesPerTask <= 0 || p.EnqueueEnded > p.Released {
		t.Errorf("%+v", p)
	}
	if err := results.WriteTrial(c.Dir, r); err != nil {
		t.Fatal(err)
	}
	rows, err := results.ReadTasks(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[:slices.IndexFunc(append(rows, results.Task{}), func(row results.Task) bool { return row.Phase != "drain" })]
	if int64(len(rows)) != p.Count {
		t.Errorf("%d tasks, %d were counted", len(rows), p.Count)
	}
	for i, row := range rows {
		if row.Seq != p.First+int64(i) || row.Outcome != results.OutcomeFinished {
			t.Fatalf("task %d of the phase from %d on: %+v", i, p.First, row)
		}
	}
	return rows
}

// A backlog is kept at its depth for its time, on every framework and broker, and a phase may follow.
func TestABacklogIsSustained(t *testing.T) {
	for _, tt := range []struct {
		name, broker string
		// depth is the planned depth, most the largest that there may be: workers that drain 60 tasks at once get more.
		depth, most int
	}{
		{"celery", "redis", 60, 60 * mostDeeper}, {"asynctasq", "redis", 60, 60 * mostDeeper},
		{"celery", "postgres", 400, 400}, {"asynctasq", "postgres", 400, 400},
	} {
		t.Run(tt.name+" on "+tt.broker, func(t *testing.T) {
			c := configOn(t, tt.broker, tt.name, scenario(t, kept(tt.depth),
				suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 20, Rate: 50}))
			c.Scenario.Limit = suite.Duration(30 * time.Second)
			r, err := runWatched(t, c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Finished != r.Sent || r.Duplicated+r.Unexpected+r.Rejected != 0 {
				t.Errorf("%+v", r.Counts)
			}
			for _, code := range []string{results.FlagNotDrained, results.FlagWorkerDied} {
				if hasFlag(r, code) {
					t.Errorf("flagged %s: %+v", code, r.Flags)
				}
			}
			// More tasks were sent than the depth, and no more than the depth ever waited.
			rows := checkKept(t, c, r)
			if len(rows) <= tt.depth {
				t.Errorf("only %d tasks", len(rows))
			}
			if most := mostUnderWay(rows); most > tt.most {
				t.Errorf("%d tasks were under way at once", most)
			}
			clean(t)
		})
	}
}

// mostUnderWay is the maximum of tasks that had been sent and not ended.
func mostUnderWay(rows []results.Task) int {
	var sent, ended []int64
	for _, r := range rows {
		sent, ended = append(sent, r.Sent), append(ended, r.Finished)
	}
	slices.Sort(sent)
	slices.Sort(ended)
	most := 0
	for i, at := range sent {
		most = max(most, i+1-upTo(ended, at))
	}
	return most
}

// The backlog has its kinds of tasks in their shares, and so do its top-ups, even small ones.
func TestASustainedBacklogHasItsMix(t *testing.T) {
	s := scenario(t, kept(60))
	s.Task = ""
	s.Mix = []suite.Share{{Kind: "often", Task: "noop", Share: 3}, {Kind: "seldom", Task: "noop", Share: 1}}
	c := config(t, "asynctasq", s)
	r, err := runWatched(t, c)
	if err != nil {
		t.Fatal(err)
	}
	for rows := checkKept(t, c, r); len(rows) >= 60; rows = rows[60:] {
		count := map[string]int{}
		for _, row := range rows[:60] {
			count[row.Kind]++
		}
		if count["often"] != 45 || count["seldom"] != 15 {
			t.Errorf("60 tasks from %d on: %v", rows[0].Seq, count)
		}
	}
	clean(t)
}

func TestHelpingsOfOneTaskHaveTheSharesOfTheMix(t *testing.T) {
	s := &sender{ledger: &ledger{}}
	s.scenario.Mix = []suite.Share{{Task: "a", Share: 6}, {Task: "b", Share: 3}, {Task: "c", Share: 1}}
	f := &feeder{sender: s, tally: &tally{}, depth: 20}
	count := map[uint8]int{}
	for range 40 {
		count[f.helping(1).kinds[0]]++
	}
	for range 4 {
		for _, k := range f.helping(10).kinds {
			count[k]++
		}
	}
	if count[0] != 48 || count[1] != 24 || count[2] != 8 {
		t.Errorf("kinds %v", count)
	}
}

// Without workers, no backlog is kept up: the phase ends at once, with a flag and without a steady window.
func TestASustainedBacklogWithoutWorkersIsGivenUp(t *testing.T) {
	p := kept(1000)
	p.Lasts = suite.Duration(time.Hour)
	c := config(t, "celery", scenario(t, p))
	c.Progress = func(p Progress) {
		if p.Stage == "drain" && p.Done > 0 {
			for _, pid := range ours(t) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Phases[0]; p.SteadyFrom != 0 || p.SteadyTo != 0 {
		t.Errorf("%+v", p)
	}
	i := slices.IndexFunc(r.Flags, func(f results.Flag) bool { return f.Code == results.FlagNotDrained })
	if i < 0 || !r.Flags[i].Invalidates("throughput") || r.Flags[i].Base != (66*time.Minute).Seconds() || !hasFlag(r, results.FlagWorkerDied) {
		t.Errorf("flags %+v", r.Flags)
	}
	if r.Sent < 1000 || r.Finished+r.Lost != r.Sent || r.Lost == 0 {
		t.Errorf("counts %+v", r.Counts)
	}
	clean(t)
}

// A backlog whose workers die between two of its turns has no steady time, and none of the turns before.
func TestABacklogThatIsGivenUpBetweenTurnsHasNone(t *testing.T) {
	p := kept(1000)
	p.Lasts, p.Turns = suite.Duration(time.Minute), suite.Duration(200*time.Millisecond)
	n, each := p.TurnsOf()
	c := config(t, "celery", scenario(t, p))
	c.Turn = NewTurns(1, n).Side(0)
	c.Progress = func(q Progress) {
		if q.Stage == "drain" && q.Done > int64(p.Ramp()+3*each) {
			for _, pid := range ours(t) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Phases[0]; p.SteadyFrom != 0 || p.SteadyTo != 0 || len(p.Turns) != 0 {
		t.Errorf("%+v", p)
	}
	i := slices.IndexFunc(r.Flags, func(f results.Flag) bool { return f.Code == results.FlagNotDrained })
	if i < 0 || !r.Flags[i].Invalidates("*") || r.Flags[i].Check != results.CheckAbandoned || r.Flags[i].Value < (p.Ramp()+2*each).Seconds() {
		t.Errorf("flags %+v", r.Flags)
	}
	clean(t)
}

// A backlog is low if accepted tasks have ended and the next are late.
func TestTheLeastOfABacklog(t *testing.T) {
	load := func(taken, ended []int64) *tally {
		l := &ledger{}
		s := l.open("drain", len(taken), true)
		for i, at := range taken {
			s.tasks[i].acked = at
		}
		for i, at := range ended {
			e := &s.tasks[i]
			e.finished, e.ok = at, 1
		}
		return s.tally
	}
	for name, tt := range map[string]struct {
		taken, ended []int64
		from, to     int64
		want         int
	}{
		"kept up":               {[]int64{1, 1, 1, 11, 21}, []int64{10, 20}, 5, 30, 2},
		"late once":             {[]int64{1, 1, 1, 25, 25}, []int64{10, 20}, 5, 30, 1},
		"late before":           {[]int64{1, 1, 1, 25, 25}, []int64{10, 20}, 26, 30, 3},
		"late at its beginning": {[]int64{1, 1, 1, 25, 25}, []int64{10, 20}, 24, 30, 1},
		"late after":            {[]int64{1, 1, 1, 25, 25}, []int64{10, 20}, 5, 15, 2},
		"late at its end":       {[]int64{1, 1, 1, 25, 25}, []int64{10, 20}, 5, 20, 1},
		"refused and unknown":   {[]int64{1, 1, 0, loadgen.Unknown}, []int64{10}, 5, 30, 1},
	} {
		if got := load(tt.taken, tt.ended).least(tt.from, tt.to); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// A backlog that ran down to what workers hold, or to a tenth of its depth, gives no throughput.
func TestABacklogThatRanLowIsFlagged(t *testing.T) {
	for name, tt := range map[string]struct {
		processes, depth, ended int
		want                    bool
	}{
		"above both":         {1, 50, 40, false},
		"what workers hold":  {2, 50, 41, true},
		"as many as that":    {2, 50, 30, false},
		"a tenth":            {1, 500, 451, true},
		"as much as a tenth": {1, 500, 450, false},
	} {
		d := &driver{scenario: suite.Scenario{Setting: suite.Setting{Processes: 1, Concurrency: 10}}, processes: tt.processes, rec: &recorder{}}
		l := &ledger{}
		s := l.open("drain", tt.depth, true)
		for i := range s.tasks {
			s.record(i, 1, 1, 1)
			if i < tt.ended {
				s.tasks[i].finished, s.tasks[i].ok = 10, 1
			}
		}
		d.ranLow(s.tally, &loaded{Phase: results.Phase{Name: "drain", Depth: int64(tt.depth), SteadyFrom: 5, SteadyTo: 30}})
		if flags := d.rec.result.Flags; (len(flags) == 1 && flags[0].Code == results.FlagProducerBound && flags[0].Invalidates("throughput")) != tt.want {
			t.Errorf("%s: %+v", name, flags)
		}
	}
}
