package stats_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/tqbench/tqbench/stats"
)

// Two sides were measured in seven blocks, in tasks per second.
func Example() {
	baseline := []float64{1121, 1098, 1143, 1075, 1130, 1109, 1118}
	candidate := []float64{1290, 1241, 1339, 1236, 1277, 1286, 1271}

	blocks, err := stats.Paired(baseline, candidate)
	if err != nil {
		fmt.Println(err)
		return
	}
	ratio, _ := blocks.Interval(stats.Confidence)
	judged := stats.Judge([]stats.Comparison{{Blocks: blocks}})[0]
	fmt.Printf("%.2f times as many (95 %% interval %.2f to %.2f): %s\n", ratio.Estimate, ratio.Low, ratio.High, judged.Verdict)
	// Output: 1.15 times as many (95 % interval 1.13 to 1.16): higher
}

// Three sides were measured in six blocks. Each is compared with each, and the p-values are corrected for all pairs. Two sides
// that share a letter aren't surely different.
func Example_orderOfFinish() {
	type side struct {
		name   string
		values []float64
	}
	sides := []side{
		{"slow", []float64{801, 815, 790, 822, 808, 795}},
		{"early", []float64{1121, 1098, 1143, 1075, 1130, 1109}},
		{"late", []float64{1117, 1109, 1128, 1083, 1139, 1101}},
	}
	slices.SortFunc(sides, func(a, b side) int { return cmp.Compare(stats.Median(b.values), stats.Median(a.values)) })

	var pairs [][2]int
	var family []stats.Comparison
	for i := range sides {
		for j := i + 1; j < len(sides); j++ {
			blocks, err := stats.Paired(sides[i].values, sides[j].values)
			if err != nil {
				fmt.Println(err)
				return
			}
			pairs, family = append(pairs, [2]int{i, j}), append(family, stats.Comparison{Blocks: blocks})
		}
	}
	beats := map[[2]int]bool{}
	for k, judged := range stats.Judge(family) {
		switch first, second := pairs[k][0], pairs[k][1]; judged.Verdict {
		case stats.Lower: // the second has the lower values
			beats[[2]int{first, second}] = true
		case stats.Higher:
			beats[[2]int{second, first}] = true
		}
	}
	better := func(a, b int) bool { return beats[[2]int{a, b}] }
	places := stats.Places(len(sides), better)
	letters := stats.Letters(len(sides), func(a, b int) bool { return better(a, b) || better(b, a) })
	for i, s := range sides {
		fmt.Println(places[i], s.name, letters[i])
	}
	// Output:
	// 1 early a
	// 1 late a
	// 3 slow b
}

// Six blocks of a difference of about 8 % were too noisy for a verdict.
func ExampleBlocks_Need() {
	baseline := []float64{1121, 1098, 1143, 1075, 1130, 1109}
	candidate := []float64{1290, 1041, 1339, 1136, 1077, 1286}
	blocks, err := stats.Paired(baseline, candidate)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(stats.Judge([]stats.Comparison{{Blocks: blocks}})[0].Verdict)
	fmt.Println(blocks.Need(1), "blocks would decide it alone,", blocks.Need(20), "as one of twenty comparisons")
	// Output:
	// undecided
	// 11 blocks would decide it alone, 25 as one of twenty comparisons
}

// Disturbances that are known bracket a block's ratio: a verdict that holds at both ends of the brackets is sure.
func ExampleComparison_Verdict() {
	blocks := stats.Exactly([]float64{0.21, 0.19, 0.22, 0.18, 0.20, 0.23})
	for _, within := range []float64{0.05, 0.3} {
		for i := range blocks {
			blocks[i].Low, blocks[i].High = blocks[i].Log-within, blocks[i].Log+within
		}
		c := stats.Comparison{Blocks: blocks}
		verdict, grade := c.Verdict(c.Test())
		fmt.Println(verdict, grade)
	}
	// Output:
	// higher sure
	// higher here
}

// Two runs have no common blocks.
func ExampleCompareUnpaired() {
	old := []float64{1121, 1098, 1143, 1075, 1130, 1109}
	new := []float64{1013, 994, 1035, 981, 1020, 1002}
	u, err := stats.CompareUnpaired(old, new)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f (%.2f to %.2f)\n", u.Ratio.Estimate, u.Ratio.Low, u.Ratio.High)
	fmt.Printf("%s: p = %.1e\n", u.Tests[0].Name, u.Tests[0].P)
	// Output:
	// 0.91 (0.88 to 0.93)
	// Welch's t: p = 8.9e-06
}

// Three looks at a p-value have three chances to find something: the smallest is multiplied by 3, the largest by 1.
func ExampleHolm() {
	corrected, factors := stats.Holm([]float64{0.01, 0.04, 0.02})
	fmt.Println(corrected, factors)
	// Output: [0.03 0.04 0.04] [3 1 2]
}

// Methods that assume different things give different intervals; the hull doesn't choose among them.
func ExampleHull() {
	blocks, err := stats.Paired([]float64{10, 10, 10, 10, 10, 10, 10, 10}, []float64{11, 12, 11, 13, 12, 11, 12, 19})
	if err != nil {
		fmt.Println(err)
		return
	}
	logs := blocks.Logs()
	student := stats.MeanInterval(logs, stats.Confidence).Exp()
	bootstrap := stats.BCaInterval(logs, 1000, stats.Confidence, rand.New(rand.NewPCG(1, 2))).Exp()
	all := []stats.Interval{student, bootstrap}
	if i, ok := stats.MedianInterval(logs, stats.Confidence); ok {
		all = append(all, i.Exp())
	}
	all = append(all, stats.Hull(student.Estimate, stats.Confidence, all...))
	for _, i := range all {
		fmt.Printf("%-16s %.2f to %.2f\n", i.Method, i.Low, i.High)
	}
	// Output:
	// paired t         1.07 to 1.45
	// BCa bootstrap    1.15 to 1.51
	// order statistics 1.10 to 1.90
	// widest of all    1.07 to 1.90
}
