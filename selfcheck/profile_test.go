package selfcheck

import (
	"slices"
	"testing"

	"github.com/google/pprof/profile"
)

func TestTheHottestAreTheFunctionsThatWereRunning(t *testing.T) {
	at := func(names ...string) *profile.Location {
		l := &profile.Location{}
		for _, n := range names { // the innermost of those that were inlined comes first
			l.Line = append(l.Line, profile.Line{Function: &profile.Function{Name: n}})
		}
		return l
	}
	p := &profile.Profile{Sample: []*profile.Sample{
		{Location: []*profile.Location{at("write"), at("main")}, Value: []int64{1, 60}},
		{Location: []*profile.Location{at("copy", "append"), at("write"), at("main")}, Value: []int64{1, 30}},
		{Location: []*profile.Location{at("main")}, Value: []int64{1, 5}},
		{Location: []*profile.Location{at("lock"), at("main")}, Value: []int64{1, 2}},
		{Location: []*profile.Location{at("futex"), at("main")}, Value: []int64{1, 2}},
		{Location: []*profile.Location{at("last"), at("main")}, Value: []int64{1, 1}},
		{Value: []int64{1, 100}}, // nobody knows where
	}}
	want := []Hot{{"write", 60}, {"copy", 30}, {"main", 5}, {"futex", 2}, {"lock", 2}}
	if got := hottestOf(p); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := hottestOf(&profile.Profile{}); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}
