package view

import (
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// pairOf is a section in which a candidate meets the baseline "a" with verdicts on as many metrics.
func pairOf(candidate string, verdicts ...string) Section {
	s := Section{Group: Group{Scenario: "s", Broker: "redis", product: "Redis", Base: "a", Cand: candidate}, ID: "result-s", Title: "S on Redis"}
	for i, v := range verdicts {
		c := Card{Comparison: analysis.Comparison{Verdict: v, Deciding: true, NeedBlocks: 9}, Name: "metric " + string(rune('x'+i)),
			CandidateName: candidate, BaselineName: "a"}
		s.Comparisons = append(s.Comparisons, c)
	}
	told := Card{Comparison: analysis.Comparison{Verdict: analysis.Slower}}
	s.Comparisons = append(s.Comparisons, told)
	return s
}

func TestWhatToTakeFollowsFromTheVerdicts(t *testing.T) {
	t.Parallel()
	const f, s, e, u, n = analysis.Faster, analysis.Slower, analysis.Equivalent, analysis.Undecided, analysis.NoData
	for _, tt := range []struct {
		name  string
		pairs []Section
		take  string
		sure  bool
		open  int
	}{
		{"ahead", []Section{pairOf("b", f, f)}, "b", true, 0},
		{"ahead in one, alike in the other", []Section{pairOf("b", f, e)}, "b", true, 0},
		{"ahead in one, the other open", []Section{pairOf("b", f, u)}, "b", true, 1},
		{"behind", []Section{pairOf("b", s, e)}, "a", true, 0},
		{"each ahead in one", []Section{pairOf("b", f, s)}, "it depends on what counts: b or a", false, 0},
		{"alike", []Section{pairOf("b", e, e)}, "either will do: a and b", true, 0},
		{"alike in one, the other open", []Section{pairOf("b", e, u)}, "no answer yet", false, 1},
		{"open", []Section{pairOf("b", u, n)}, "no answer yet", false, 2},
		{"no data", []Section{pairOf("b", n, n)}, "no answer yet", false, 2},
		{"nothing decides", []Section{pairOf("b")}, "no answer", false, 0},
		{"one of two ahead", []Section{pairOf("b", f), pairOf("c", s)}, "b", true, 0},
		{"both ahead", []Section{pairOf("b", f), pairOf("c", f)}, "b and c alike are ahead of a", true, 0},
		{"one behind, one alike", []Section{pairOf("b", s), pairOf("c", e)}, "a or c: either will do", true, 0},
		{"one behind, one open", []Section{pairOf("b", s), pairOf("c", u)}, "no answer yet", false, 1},
	} {
		all := decisions(tt.pairs)
		if len(all) != 1 || all[0].Take != tt.take || all[0].Sure != tt.sure || len(all[0].Open) != tt.open {
			t.Errorf("%s: %+v", tt.name, all)
		}
	}
}

func TestEachLoadHasItsLineAndItsEvidence(t *testing.T) {
	t.Parallel()
	other := pairOf("b", analysis.Undecided)
	other.Broker, other.Title = "mysql", "S on MySQL"
	all := decisions([]Section{pairOf("b", analysis.Faster), other})
	if len(all) != 2 || all[0].Load != "S on Redis" || len(all[0].Because) != 1 || all[1].Missing() != "open: metric x, about 9 blocks would decide" {
		t.Fatalf("%+v", all)
	}
	if m := decisions([]Section{pairOf("b", analysis.Undecided, analysis.NoData)})[0].Missing(); m != "open: metric x, about 9 blocks would decide; 1 of 2 deciding comparisons could not be made" {
		t.Error(m)
	}
}
