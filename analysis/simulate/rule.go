package simulate

import (
	"fmt"
	"math"

	"github.com/tqbench/tqbench/stats"
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

// stop is what is known when the rule stops.
func (j judge) stop(all stats.Blocks) outcome {
	if j.rule.Until > 0 {
		for n := j.rule.Looks[0]; ; n++ {
			ratio, _ := all[:n].Interval(stats.Confidence)
			if n == j.rule.most() || stats.NarrowEnough(ratio, n, j.rule.Until) {
				return j.judged(stats.Comparison{Blocks: all[:n], Narrow: true})
			}
		}
	}
	var o outcome
	for k, n := range j.rule.Looks {
		o = j.judged(stats.Comparison{Blocks: all[:n], Scale: j.scales[k]})
		if stats.Settled(o.grade, n) {
			break
		}
	}
	return o
}

// outcome is what is known of blocks after the last look.
type outcome struct {
	blocks  stats.Blocks
	verdict stats.Verdict
	grade   stats.Grade
}

// judged corrects p-values for the family, as the smallest of them would be.
func (j judge) judged(c stats.Comparison) outcome {
	p, family := c.Test(), float64(j.family)
	o := outcome{blocks: c.Blocks}
	o.verdict, o.grade = c.Verdict(stats.PValues{Plain: family * p.Plain, Bracketed: family * p.Bracketed})
	return o
}

// covers reports whether the interval of the ratio holds a true one, as measured and with the brackets.
func (o outcome) covers(ratio float64) (plain, bracketed bool) {
	measured, widest := o.blocks.Interval(stats.Confidence)
	return measured.Holds(ratio), widest.Holds(ratio)
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
const margin = 1 + stats.Margin

// large is a difference that no rule should miss.
const large = 1.5

// apart are blocks whose candidate is a factor better.
func apart(b stats.Blocks, ratio float64) stats.Blocks {
	shift := math.Log(ratio)
	out := make(stats.Blocks, len(b))
	for i, x := range b {
		out[i] = stats.Block{Low: x.Low + shift, Log: x.Log + shift, High: x.High + shift}
	}
	return out
}

func different(v stats.Verdict) bool { return v == stats.Higher || v == stats.Lower }
