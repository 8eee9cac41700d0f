package trial

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A load whose times don't fit into memory ends before it begins.
func TestALoadThatDoesNotFitIntoMemoryIsNotRun(t *testing.T) {
	for _, tt := range []struct {
		phase suite.Phase
		steps int
		free  int64
		want  string
	}{
		{suite.Phase{Tasks: 36_000, Rate: 200}, 1, 500, ""},
		{suite.Phase{Tasks: 80_640_000, Rate: 2800}, 1, 32_000, ""},
		{suite.Phase{Tasks: 80_640_000, Rate: 2800}, 1, 8000,
			"the times of 80640000 tasks, 8h0m0s at 2800 a second, need about 19687 MiB of memory, and 8000 MiB are free: 3h15m3s would fit"},
		{suite.Phase{Tasks: 80_640_000, Rate: 2800}, 1, 0, ""},
		{suite.Phase{Tasks: 4096}, 2, 1, "the times of 8192 tasks need about 2 MiB of memory, and 1 MiB are free"},
		{suite.Phase{Tasks: 4096}, 1, 1, ""},
	} {
		err := room(tt.phase, tt.steps, tt.free)
		if err == nil {
			if tt.want != "" {
				t.Errorf("%+v runs with %d MiB", tt.phase, tt.free)
			}
			continue
		}
		if !errors.Is(err, ErrNotRun) || err.Error() != tt.want {
			t.Errorf("%+v with %d MiB: %v, want %q", tt.phase, tt.free, err, tt.want)
		}
	}
}

// What the process no longer uses, such as the times of another side, is given back before a load is refused.
func TestALoadIsRefusedOnlyAfterMemoryIsGivenBack(t *testing.T) {
	for name, tt := range map[string]struct {
		free, then int64
		released   int
		want       string
	}{
		"it fits":                 {20_000, 20_000, 0, ""},
		"it fits after that":      {8000, 20_000, 1, ""},
		"it doesn't fit then":     {8000, 9000, 1, "the times of 80640000 tasks, 8h0m0s at 2800 a second, need about 19687 MiB of memory, and 9000 MiB are free: 3h39m26s would fit"},
		"how much isn't known":    {0, 0, 0, ""},
		"it isn't known any more": {8000, 0, 1, ""},
	} {
		released := 0
		d := &driver{sender: &sender{ledger: &ledger{}},
			memory: memory{free: func() int64 { return []int64{tt.free, tt.then}[released] }, release: func() { released++ }}}
		err := d.fits(suite.Phase{Tasks: 80_640_000, Rate: 2800})
		if err == nil && tt.want != "" || err != nil && (!errors.Is(err, ErrNotRun) || err.Error() != tt.want) || released != tt.released {
			t.Errorf("%s: %v after %d releases, want %q after %d", name, err, released, tt.want, tt.released)
		}
	}
}

// Earlier tasks of a trial have their entries, and need memory for their rows at its end. Those that no result counts don't.
func TestTheRowsOfEarlierTasksNeedMemoryToo(t *testing.T) {
	for name, tt := range map[string]struct {
		free, want int64
		measured   bool
	}{
		"measured":      {100, 98, true},
		"a warm-up":     {100, 100, false},
		"nothing left":  {2, 1, true},
		"isn't known":   {0, 0, true},
		"less than all": {1, 1, true},
	} {
		l := &ledger{}
		l.open("rate", 2<<20/laterBytes+1, tt.measured)
		d := &driver{sender: &sender{ledger: l}, memory: memory{free: func() int64 { return tt.free }}}
		if got := d.free(); got != tt.want {
			t.Errorf("%s: %d MiB of %d, want %d", name, got, tt.free, tt.want)
		}
	}
}

// Sides that take turns share the free memory.
func TestSidesShareTheFreeMemory(t *testing.T) {
	for name, tt := range map[string]struct {
		turn        *Turn
		free, share int64
		want        string
	}{
		"one side":              {nil, 8000, 8000, ""},
		"one side, too many":    {nil, 200, 200, "the times of 1000000 tasks need about 244 MiB of memory, and 200 MiB are free"},
		"three sides":           {NewTurns(3, 2).Side(1), 900, 300, ""},
		"three sides, too many": {NewTurns(3, 2).Side(1), 600, 200, "the times of 1000000 tasks need about 244 MiB of memory, and 200 MiB are free for each of 3 sides"},
		"none for three sides":  {NewTurns(3, 2).Side(1), 1, 1, "the times of 1000000 tasks need about 244 MiB of memory, and 1 MiB are free for each of 3 sides"},
		"unknown":               {NewTurns(3, 2).Side(1), 0, 0, ""},
	} {
		d := &driver{sender: &sender{ledger: &ledger{}}, holder: &holder{turn: tt.turn}, memory: memory{free: func() int64 { return tt.free }, release: func() {}}}
		has := d.share()
		got := ""
		if err := has.fits(1_000_000); err != nil {
			got = err.Error()
		}
		if has.free != tt.share || !strings.HasSuffix(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s: %+v, %q; want %d MiB, %q", name, has, got, tt.share, tt.want)
		}
	}
	turns := NewTurns(3, 2)
	turns.Side(2).Leave()
	for i, free := range []int64{900, 500} { // the first side has sent its backlog by then
		d := &driver{sender: &sender{ledger: &ledger{}}, holder: &holder{turn: turns.Side(i)}, memory: memory{free: func() int64 { return free }, release: func() {}}}
		if got, want := d.share(), (share{450, 2}); got != want {
			t.Errorf("side %d of two has %+v, want %+v", i, got, want)
		}
	}
}

// errSent is that of hosts that were given a load.
var errSent = errors.New("a load was sent")

// refusing is hosts that take no load.
type refusing struct{ reporter }

func (refusing) Prepare(context.Context, SharedLoad) error { return errSent }
func (refusing) Hold(context.Context) error                { return errSent }

// Each way of sending a load looks at the memory before it sends.
func TestEveryKindOfLoadMustFitIntoMemory(t *testing.T) {
	p := suite.Phase{Name: "load", Arrivals: suite.Open, Tasks: 60_000, Rate: 1000}
	for name, send := range map[string]func(context.Context, *run) error{
		"a phase": func(ctx context.Context, r *run) error { return r.driver.phase(ctx, p) },
		"a rate of a search": func(ctx context.Context, r *run) error {
			_, err := (&search{run: r}).try(ctx, suite.Phase{Name: "rate", Arrivals: suite.Open, Tasks: 1000, Rate: 200}, p.Rate, time.Minute)
			return err
		},
		"a backlog that is kept up": func(ctx context.Context, r *run) error {
			return r.driver.phase(ctx, suite.Phase{Name: "drain", Arrivals: suite.Sustained, Depth: p.Tasks, Lasts: suite.Duration(time.Second)})
		},
		"a web application's requests": func(ctx context.Context, r *run) error { return (&web{run: r}).dispatchPhase(ctx, p) },
	} {
		l, f, rec := &ledger{}, &fleet{group: refusing{}}, &recorder{}
		s := &sender{ledger: l, away: refusing{}}
		d := &driver{sender: s, rec: rec, holder: &holder{broker: still{}, fleet: f}, memory: memory{free: func() int64 { return 1 }, release: func() {}}}
		err := send(t.Context(), &run{driver: d, sender: s, ledger: l, rec: rec})
		if !errors.Is(err, ErrNotRun) || errors.Is(err, errSent) || len(l.spans) > 0 {
			t.Errorf("%s: %v, and %d spans were opened", name, err, len(l.spans))
		}
	}
}

// ending is hosts that end all tasks as they send them, up to a number of times.
type ending struct {
	reporter
	ledger *ledger
	times  int
}

func (*ending) Prepare(context.Context, SharedLoad) error { return nil }

func (e *ending) Send(_ context.Context, _ int64, record func(Sent)) (int64, error) {
	if e.times--; e.times < 0 {
		return 0, errSent
	}
	s := e.ledger.spans[len(e.ledger.spans)-1]
	for i := range s.sends {
		record(Sent{I: i, Intended: 1, Sent: 1, Acked: 1})
	}
	s.done.Add(int64(s.sends))
	return 0, nil
}

// How many tasks a backlog will have that is kept up isn't known. It ends when their times no longer fit into memory.
func TestABacklogThatOutgrowsTheMemoryEnds(t *testing.T) {
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	turn := make(chan struct{})
	close(turn)
	for _, tt := range []struct {
		free int64
		ends bool
	}{{0, false}, {1, true}, {100, false}} {
		l, rec := &ledger{}, &recorder{}
		away := &ending{ledger: l, times: 20}
		s := &sender{clock: clk, ledger: l, away: away}
		d := &driver{clock: clk, sender: s, rec: rec,
			waiter: &waiter{clock: clk, fleet: &fleet{group: away, elsewhere: 1}, ledger: l, rec: rec, collect: &collector{turn: turn}}}
		f := &feeder{sender: s, tally: &tally{name: "drain", measured: true}, depth: 1000, share: share{tt.free, 1}}
		hour := int64(time.Hour)
		whole, err := d.keepFed(t.Context(), suite.Phase{Name: "drain"}, f, clk.Now()+hour, &loaded{Phase: results.Phase{Released: clk.Now() - hour}})
		if whole || errors.Is(err, ErrNotRun) != tt.ends || errors.Is(err, errSent) == tt.ends {
			t.Errorf("with %d MiB, it ended after %d tasks: %v", tt.free, f.sent, err)
		}
	}
}
