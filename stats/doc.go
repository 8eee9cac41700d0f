// Package stats compares two sides that were measured in blocks: estimates, intervals, tests, effect sizes and verdicts.
//
// It works on plain slices and knows nothing of where their values come from. A value is one measurement that is independent
// of the others, such as the throughput of one trial. Values of one block belong together, since both sides of it were
// measured next to each other under the same conditions: what is compared is the ratio within the block.
//
// Most functions are about values on any scale and give their results in the same unit. For ratios, hand them logarithms, as
// Logs and Blocks.Logs give them, and turn an interval into one of ratios by Interval.Exp: a ratio and its inverse are equally
// far from 1 on a scale of logarithms only.
//
// A verdict takes blocks, not values:
//
//	blocks, err := stats.Paired(baseline, candidate)
//	...
//	judged := stats.Judge([]stats.Comparison{{Blocks: blocks}})[0]
//
// No function changes a slice that it is given, and none panics: what becomes of a sample that is empty, constant or too small
// is said with each. Values are to be finite, and a confidence is between 0 and 1.
package stats

import "math"

// The rules of every verdict.
const (
	// Confidence is that of the intervals that go with verdicts, and Alpha the error rate of the tests.
	Confidence = 0.95
	Alpha      = 1 - Confidence
	// Margin is the relative difference below which two results count as equivalent.
	Margin = 0.05
	// MinBlocks is the least number of blocks that allows a verdict: that of the least sample with an interval of order
	// statistics of 95 %.
	MinBlocks = 6
	// MaxNeed bounds the search for how many blocks, or values a side, would decide.
	MaxNeed = 1000
)

// IsFinite reports whether x is neither NaN nor infinite.
func IsFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
