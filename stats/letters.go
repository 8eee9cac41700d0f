package stats

import "slices"

// Letters gives each of n sides letters, so that two share one just where they are not different: a compact letter display, by
// insertion and absorption (Piepho, "An Algorithm for a Letter-Based Representation of All-Pairwise Comparisons", Journal of
// Computational and Graphical Statistics 13, 2004). Sides are in the order of finish: the first has an "a". different is asked
// with the earlier side first.
func Letters(n int, different func(first, second int) bool) []string {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	columns := [][]int{all}
	for a := range n {
		for b := a + 1; b < n; b++ {
			if !different(a, b) {
				continue
			}
			var next [][]int
			for _, c := range columns {
				if !slices.Contains(c, a) || !slices.Contains(c, b) {
					next = append(next, c)
					continue
				}
				next = append(next, without(c, a), without(c, b))
			}
			columns = absorbed(next)
		}
	}
	// A column's sides are in order, so that its first is its best.
	slices.SortStableFunc(columns, func(a, b []int) int { return a[0] - b[0] })
	out := make([]string, n)
	for i, c := range columns {
		for _, s := range c {
			out[s] += letter(i)
		}
	}
	return out
}

// Places gives each of n sides its place in an order of finish: one more than the number of sides that are surely better.
func Places(n int, better func(a, b int) bool) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1
		for j := range n {
			if j != i && better(j, i) {
				out[i]++
			}
		}
	}
	return out
}

// letter is the i-th of a, b, ..., z, A, ..., Z; those after that are Z again: there are no 52 groups of nine sides.
func letter(i int) string {
	const all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return string(all[min(i, len(all)-1)])
}

func without(c []int, s int) []int {
	return slices.DeleteFunc(slices.Clone(c), func(x int) bool { return x == s })
}

// absorbed leaves out columns that are within another one, and empty ones.
func absorbed(columns [][]int) [][]int {
	var out [][]int
	for i, c := range columns {
		within := false
		for j, d := range columns {
			inside := !slices.ContainsFunc(c, func(s int) bool { return !slices.Contains(d, s) })
			if i != j && inside && (len(c) < len(d) || j < i) {
				within = true
			}
		}
		if !within && len(c) > 0 {
			out = append(out, c)
		}
	}
	return out
}
