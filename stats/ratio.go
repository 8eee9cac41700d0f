package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Why two samples have no ratio.
var (
	ErrTooFew   = errors.New("fewer than two values on a side")
	ErrNoRatio  = errors.New("a ratio needs values above zero")
	ErrUnpaired = errors.New("both sides need a value in each block")
)

// Ratio turns a difference of logarithms into a ratio, of at least exp(-700) and at most exp(700): with two wild blocks the
// bound of an interval can lie beyond the largest float.
func Ratio(log float64) float64 { return math.Exp(min(max(log, -700), 700)) }

// LogRatio is the logarithm of candidate over baseline, and false where that is no ratio. Two negative values have a quotient,
// but to have twice as little of less than nothing is no ratio.
func LogRatio(baseline, candidate float64) (float64, bool) {
	log := math.Log(candidate / baseline)
	return log, baseline > 0 && candidate > 0 && IsFinite(log)
}

// Logs are the logarithms of those values that are above zero.
func Logs(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if v > 0 {
			out = append(out, math.Log(v))
		}
	}
	return out
}

// GeometricMean is in the unit of the values, and 0 of none and where a value isn't above zero.
func GeometricMean(values []float64) float64 {
	if len(values) == 0 || slices.Min(values) <= 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}

// Block is the logarithm of a block's ratio, candidate over baseline, and of the ends of its bracket: where the ratio would lie
// without what is known to have disturbed the measurement. Low <= Log <= High; all three are the same where nothing did.
type Block struct{ Low, Log, High float64 }

// Blocks are those of one comparison, in any order.
type Blocks []Block

// Exactly are blocks of known log ratios, without brackets.
func Exactly(logs []float64) Blocks {
	out := make(Blocks, len(logs))
	for i, x := range logs {
		out[i] = Block{x, x, x}
	}
	return out
}

// Paired are the blocks of two sides, without brackets: baseline[i] and candidate[i] were measured in the same block, in one
// unit. The error is ErrUnpaired for sides of unequal length, and ErrNoRatio where a value isn't above zero.
func Paired(baseline, candidate []float64) (Blocks, error) {
	if len(baseline) != len(candidate) {
		return nil, fmt.Errorf("%w: %d and %d values", ErrUnpaired, len(baseline), len(candidate))
	}
	logs := make([]float64, len(baseline))
	for i := range logs {
		log, ok := LogRatio(baseline[i], candidate[i])
		if !ok {
			return nil, fmt.Errorf("%w: block %d has %g and %g", ErrNoRatio, i+1, baseline[i], candidate[i])
		}
		logs[i] = log
	}
	return Exactly(logs), nil
}

// Logs are the log ratios.
func (b Blocks) Logs() []float64 { return b.each(func(x Block) float64 { return x.Log }) }

// Lows are the lower ends of the brackets.
func (b Blocks) Lows() []float64 { return b.each(func(x Block) float64 { return x.Low }) }

// Highs are the upper ends of the brackets.
func (b Blocks) Highs() []float64 { return b.each(func(x Block) float64 { return x.High }) }

func (b Blocks) each(of func(Block) float64) []float64 {
	out := make([]float64, len(b))
	for i, x := range b {
		out[i] = of(x)
	}
	return out
}

// Interval is Student's interval of the ratio: the geometric mean over blocks, as it was measured. Bracketed reaches over the
// intervals of both ends of the brackets: it is where the ratio lies whatever disturbed the blocks. Of fewer than two blocks,
// both have a confidence of 0.
func (b Blocks) Interval(confidence float64) (ratio, bracketed Interval) {
	ratio = MeanInterval(b.Logs(), confidence).Exp()
	low, high := MeanInterval(b.Lows(), confidence).Exp(), MeanInterval(b.Highs(), confidence).Exp()
	bracketed = ratio
	bracketed.Low, bracketed.High = min(low.Low, ratio.Low), max(high.High, ratio.High)
	return ratio, bracketed
}
