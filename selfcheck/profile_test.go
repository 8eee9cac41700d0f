package selfcheck

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/tqbench/tqbench/internal/flame"
)

// made is a made-up profile: a copy that is inlined into an append, and a sample without a place.
func made() *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}}
	functions := map[string]*profile.Function{}
	at := func(names ...string) *profile.Location {
		l := &profile.Location{ID: uint64(len(p.Location) + 1)}
		p.Location = append(p.Location, l)
		for _, n := range names { // the innermost of those that were inlined comes first
			if functions[n] == nil {
				functions[n] = &profile.Function{ID: uint64(len(functions) + 1), Name: n}
				p.Function = append(p.Function, functions[n])
			}
			l.Line = append(l.Line, profile.Line{Function: functions[n]})
		}
		return l
	}
	p.Sample = []*profile.Sample{
		{Location: []*profile.Location{at("write"), at("main")}, Value: []int64{6, 60}},
		{Location: []*profile.Location{at("copy", "append"), at("write"), at("main")}, Value: []int64{3, 30}},
		{Location: []*profile.Location{at("main")}, Value: []int64{1, 5}},
		{Location: []*profile.Location{at("lock"), at("main")}, Value: []int64{1, 2}},
		{Location: []*profile.Location{at("futex"), at("main")}, Value: []int64{1, 2}},
		{Location: []*profile.Location{at("last"), at("main")}, Value: []int64{1, 1}},
		{Value: []int64{1, 100}},
	}
	return p
}

func TestTheHottestAreTheFunctionsThatWereRunning(t *testing.T) {
	want := []Hot{{"write", 60}, {"copy", 30}, {"main", 5}, {"futex", 2}, {"lock", 2}}
	if got := hottestOf(made()); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := hottestOf(&profile.Profile{}); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

// A profile that was written and read is folded as pprof's own stacks are: outermost first, inlined functions apart.
func TestSamplesAreFoldedByWhoCalledWhom(t *testing.T) {
	var raw bytes.Buffer
	if err := made().Write(&raw); err != nil {
		t.Fatal(err)
	}
	of, err := profile.Parse(&raw)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	var walk func(f *flame.Frame, above []string)
	walk = func(f *flame.Frame, above []string) {
		stack := append(slices.Clone(above), f.Name)
		got[strings.Join(stack[1:], ";")] = f.Count
		for _, c := range f.Calls {
			walk(c, stack)
		}
	}
	walk(fold(of), nil)
	want := map[string]int64{"": 13, "main": 13, "main;write": 9, "main;write;append": 3, "main;write;append;copy": 3, "main;lock": 1,
		"main;futex": 1, "main;last": 1}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if root := fold(&profile.Profile{}); root.Count != 0 || len(root.Calls) != 0 {
		t.Errorf("of nothing: %+v", root)
	}
}

// The picture must not show the outermost function of a cut-off stack as one without a caller.
func TestAStackThatWasCutOffIsShownAsOne(t *testing.T) {
	f := &profile.Function{ID: 1, Name: "f"}
	for frames, want := range map[int]string{profiledFrames - 1: "f", profiledFrames: cutOff} {
		s := &profile.Sample{Value: []int64{1}}
		for range frames {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: f}}})
		}
		if root := fold(&profile.Profile{Sample: []*profile.Sample{s}}); len(root.Calls) != 1 || root.Calls[0].Name != want {
			t.Errorf("%d frames begin with %+v, want %s", frames, root.Calls, want)
		}
	}
}
