package campaign

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// folder has six blocks of a scenario in which one side is a quarter faster in throughput, and both have the same latency, which is too
// noisy to be called equivalent.
func folder(t *testing.T, scenario string, g suite.Growth) Options {
	t.Helper()
	f := madeup.Basic(6, 3000)
	f.Scenarios, f.Growth = []string{scenario}, &g
	out := t.TempDir()
	if err := f.Write(out); err != nil {
		t.Fatal(err)
	}
	return Options{Options: runner.Options{Out: out}}
}

func planOf(t *testing.T, o Options) suite.Plan {
	t.Helper()
	p, err := suite.ReadPlan(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatIsClearGetsNoFurtherBlock(t *testing.T) {
	o := folder(t, "depth", suite.Growth{Max: 12})
	look, err := grow(t.Context(), o, false)
	if err != nil || look.Why != Settled || look.Blocks != 6 || look.Next != 6 || len(look.Open) != 0 {
		t.Errorf("%+v (%v)", look, err)
	}
	if p := planOf(t, o); p.Blocks != 6 || !slices.Equal(p.Growth.Looks, []suite.Look{{Blocks: 6, Fraction: 0.5}}) {
		t.Errorf("%d blocks, looks %+v", p.Blocks, p.Growth.Looks)
	}
}

func TestWhatIsOpenGetsBlocksUpToTheNextLook(t *testing.T) {
	o := folder(t, "throughput", suite.Growth{Max: 40})
	run, err := results.ReadRun(o.Out)
	end := results.End{Run: run.ID, Why: results.EndComplete}
	for _, x := range planOf(t, o).Trials {
		end.Trials = append(end.Trials, x.ID)
	}
	if err := errors.Join(err, results.WriteEnd(o.Out, end)); err != nil {
		t.Fatal(err)
	}
	look, err := grow(t.Context(), o, false)
	if err != nil || look.Why != More || look.Blocks != 6 || look.Next != 8 || len(look.Open) == 0 {
		t.Fatalf("%+v (%v)", look, err)
	}
	p := planOf(t, o)
	if p.Blocks != 8 || len(p.Trials) != 16 || !slices.Equal(p.Growth.Looks, []suite.Look{{Blocks: 6, Fraction: 0.15}}) {
		t.Errorf("%d blocks, %d trials, looks %+v", p.Blocks, len(p.Trials), p.Growth.Looks)
	}
	// From now on, it isn't complete, even if it is interrupted before the next trial.
	if _, ended, err := results.ReadEnd(o.Out); ended || err != nil {
		t.Errorf("the run has ended (%v)", err)
	}
}

// The twelve made-up trials took 10 s each: 165 s have room for two further blocks, which are then the last.
func TestAFractionIsOfTheBlocksThatTheTimeAllows(t *testing.T) {
	o := folder(t, "throughput", suite.Growth{Max: 40, Within: suite.Duration(165 * time.Second)})
	look, err := grow(t.Context(), o, false)
	if err != nil || look.Why != More || look.Next != 8 {
		t.Fatalf("%+v (%v)", look, err)
	}
	if got := planOf(t, o).Growth.Looks; !slices.Equal(got, []suite.Look{{Blocks: 6, Fraction: 0.75}}) {
		t.Errorf("%+v", got)
	}
}

// ahead has a look at six blocks, after which there was time for one more.
func ahead(t *testing.T, within time.Duration) Options {
	t.Helper()
	o := folder(t, "throughput", suite.Growth{Max: 40, Within: suite.Duration(within)})
	p := planOf(t, o).Looked(6.0 / 7)
	p = extended(p, 7, func(string, string) bool { return true })
	if err := suite.WritePlan(o.Out, p); err != nil {
		t.Fatal(err)
	}
	return o
}

// Blocks that were to be the last, and now leave time for others, get no look: the levels are for the planned numbers of blocks.
func TestThereIsNoLookBetweenThePlannedOnes(t *testing.T) {
	looks := []suite.Look{{Blocks: 6, Fraction: 6.0 / 7}}
	o := ahead(t, time.Hour)
	look, err := grow(t.Context(), o, false)
	if err != nil || look.Why != Ahead || look.Next != 8 {
		t.Fatalf("%+v (%v)", look, err)
	}
	if p := planOf(t, o); p.Blocks != 8 || len(p.Trials) != 16 || !slices.Equal(p.Growth.Looks, looks) {
		t.Errorf("%d blocks, looks %+v", p.Blocks, p.Growth.Looks)
	} else if what, err := p.Deviation(nil); err != nil || what != "" {
		t.Errorf("a verification refuses it: %s, %v", what, err)
	}
	// Without time, the last look is there, and uses all of the error rate.
	o = ahead(t, 125*time.Second)
	look, err = grow(t.Context(), o, false)
	if err != nil || look.Why != TimeOver {
		t.Fatalf("%+v (%v)", look, err)
	}
	if got := planOf(t, o).Growth.Looks; !slices.Equal(got, append(looks, suite.Look{Blocks: 7, Fraction: 1})) {
		t.Errorf("%+v", got)
	}
}

// When the time is up, the last look may use the rest of the error rate. A second one, as in a resumed run, is the same look.
func TestTheLastLookIsOnce(t *testing.T) {
	o := folder(t, "throughput", suite.Growth{Max: 40, Within: suite.Duration(time.Hour)})
	for range 2 {
		look, err := grow(t.Context(), o, true)
		if err != nil || look.Why != TimeOver || look.Next != 6 {
			t.Fatalf("%+v (%v)", look, err)
		}
		if got := planOf(t, o).Growth.Looks; !slices.Equal(got, []suite.Look{{Blocks: 6, Fraction: 1}}) {
			t.Errorf("%+v", got)
		}
	}
}

// A plan that has its maximum of blocks ends for want of time where the time was up before they ran.
func TestAllBlocksAreAnEnd(t *testing.T) {
	for _, g := range []suite.Growth{{Max: 6}, {Max: 6, Until: 0.0011}} {
		for over, want := range map[bool]Why{false: AllBlocks, true: TimeOver} {
			o := folder(t, "throughput", g)
			if look, err := grow(t.Context(), o, over); err != nil || look.Why != want || look.Next != 6 {
				t.Errorf("%+v, time over %v: %+v (%v), want %s", g, over, look, err, want)
			}
		}
	}
}

// Each look sees a larger part than the one before, whatever the time's estimate.
func TestFractionsRise(t *testing.T) {
	p := suite.Plan{Blocks: 8, Growth: &suite.Growth{First: 6, Max: 40, Looks: []suite.Look{{Blocks: 6, Fraction: 0.8}}}}
	for _, affordable := range []int{8, 9, 20, 40} {
		if f := fraction(p, affordable); !(f > 0.8 && f <= 1) || affordable == 8 && f != 1 {
			t.Errorf("of %d blocks: %g", affordable, f)
		}
	}
}

// A run until its intervals are narrow looks at widths and never at verdicts.
func TestARunUntilItIsNarrowTakesNoLooks(t *testing.T) {
	o := folder(t, "throughput", suite.Growth{Until: 0.0011, Max: 8})
	look, err := grow(t.Context(), o, false)
	if err != nil || look.Why != More || look.Next != 7 || len(look.Wide) == 0 || look.Until != 0.0011 {
		t.Fatalf("%+v (%v)", look, err)
	}
	if p := planOf(t, o); p.Blocks != 7 || p.Growth.Looks != nil {
		t.Errorf("%d blocks, looks %+v", p.Blocks, p.Growth.Looks)
	}
	if look, err := grow(t.Context(), o, true); err != nil || look.Why != TimeOver {
		t.Errorf("%+v (%v)", look, err)
	}
}

// The time of finished trials is gone, including earlier parts of a run.
func TestTheTimeLeftIsLessTheTrials(t *testing.T) {
	o := folder(t, "throughput", suite.Growth{Max: 40, Within: suite.Duration(time.Hour)})
	ran, err := results.ReadTrials(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if left, limited := timeLeft(ran, planOf(t, o)); !limited || left != 58*time.Minute {
		t.Errorf("%s, %t", left, limited)
	}
	if _, limited := timeLeft(ran, suite.Plan{}); limited {
		t.Error("a plan without a limit has one")
	}
}
