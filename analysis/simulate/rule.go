package simulate

import (
	"fmt"
	"math"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/stats/sequential"
)

// Rule is when no further block is run.
type Rule struct {
	// Looks are the numbers of blocks at which verdicts are looked at; a comparison that is settled gets no further block.
	// One number is a fixed number of blocks.
	Looks []int
	// Until is the half-width of the interval that is narrow enough, looked at after each block from the first to the second
	// number of Looks; 0 for a rule that looks at verdicts.
	Until float64
}

// rules are those that are tried.
func rules() []Rule {
	return []Rule{
		{Looks: []int{6}}, {Looks: []int{7}}, {Looks: []int{10}}, {Looks: []int{20}},
		{Looks: []int{6, 8, 12}}, {Looks: []int{6, 8, 12, 18, 27, 40}}, {Looks: []int{6, 40}, Until: 0.05},
	}
}

func (r Rule) most() int { return r.Looks[len(r.Looks)-1] }

func (r Rule) String() string {
	switch {
	case r.Until > 0:
		return fmt.Sprintf("until %s, %d to %d blocks", percent(r.Until), r.Looks[0], r.most())
	case len(r.Looks) == 1:
		return fmt.Sprintf("%d blocks", r.Looks[0])
	}
	return fmt.Sprintf("looks at %s blocks", list(r.Looks))
}

// judge is a rule that is ready to judge.
type judge struct {
	rule   Rule
	scales []sequential.Scale
	family int
}

// judge works out the levels of the rule's looks, for the smallest p-value of a family.
func (r Rule) judge(family int) (judge, error) {
	j := judge{rule: r, family: family}
	if r.Until > 0 {
		return j, nil
	}
	var fractions []float64
	for _, n := range r.Looks {
		fractions = append(fractions, float64(n)/float64(r.most()))
		scale, err := sequential.NewScale(fractions)
		if err != nil {
			return judge{}, err
		}
		j.scales = append(j.scales, scale)
	}
	return j, nil
}

// stop is the block after which the rule stops, and what is known then.
func (j judge) stop(all analysis.Blocks) (int, *analysis.Judgement) {
	if j.rule.Until > 0 {
		for n := j.rule.Looks[0]; ; n++ {
			x := analysis.Judge(all[:n], analysis.Terms{Narrow: true, Family: j.family})
			if n == j.rule.most() || x.Narrow(j.rule.Until) {
				return n, x
			}
		}
	}
	for k, n := range j.rule.Looks {
		x := analysis.Judge(all[:n], analysis.Terms{Scale: j.scales[k], Family: j.family})
		verdict, grade := x.Verdict()
		if k == len(j.scales)-1 || analysis.Settled(verdict, grade, n) {
			return n, x
		}
	}
	return 0, nil
}

// Errors is how a rule fares on one kind of noise.
type Errors struct {
	// Alarm is how often two equal sides are called faster or slower whatever the noise did, Here how often as measured
	// here alone, Covered how often the interval with the brackets holds the ratio of a quiet machine and Plain how often
	// the one without does, Alike how often sides that differ by just the margin are called equivalent.
	Alarm, Here, Covered, Plain, Alike Share
	// Found is how often a side that is 1.5 times as good is called so, and Sure how often whatever the noise did.
	Found, Sure Share
	// Blocks is how many blocks were run on average.
	Blocks float64
}

// margin is how far apart the sides are that must not be called equivalent.
const margin = 1 + analysis.Margin

// large is a difference that no rule should miss.
const large = 1.5

// apart are blocks whose candidate is a factor better.
func apart(b analysis.Blocks, ratio float64) analysis.Blocks {
	shift := math.Log(ratio)
	out := make(analysis.Blocks, len(b))
	for i, x := range b {
		out[i] = analysis.Block{Low: x.Low + shift, Log: x.Log + shift, High: x.High + shift}
	}
	return out
}

func different(verdict string) bool { return verdict == analysis.Faster || verdict == analysis.Slower }
