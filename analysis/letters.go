package analysis

import "slices"

// groups gives each side letters, so that two sides share one just where they are not different: a compact letter display, by
// insertion and absorption (Piepho, "An Algorithm for a Letter-Based Representation of All-Pairwise Comparisons", Journal of
// Computational and Graphical Statistics 13, 2004). sides are in the order of finish: the first has an "a".
func groups(sides []string, different func(a, b string) bool) map[string]string {
	columns := [][]string{slices.Clone(sides)}
	for i, a := range sides {
		for _, b := range sides[i+1:] {
			if !different(a, b) {
				continue
			}
			var next [][]string
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
	rank := func(c []string) int {
		for i, s := range sides {
			if slices.Contains(c, s) {
				return i
			}
		}
		return len(sides)
	}
	slices.SortStableFunc(columns, func(a, b []string) int { return rank(a) - rank(b) })
	out := map[string]string{}
	for i, c := range columns {
		for _, s := range c {
			out[s] += letter(i)
		}
	}
	return out
}

// letter is the i-th of a, b, ..., z, A, ..., Z; those after that are z again: there are no 52 groups of nine sides.
func letter(i int) string {
	const all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return string(all[min(i, len(all)-1)])
}

func without(c []string, s string) []string {
	return slices.DeleteFunc(slices.Clone(c), func(x string) bool { return x == s })
}

// absorbed leaves out columns that are within another one.
func absorbed(columns [][]string) [][]string {
	var out [][]string
	for i, c := range columns {
		within := false
		for j, d := range columns {
			inside := !slices.ContainsFunc(c, func(s string) bool { return !slices.Contains(d, s) })
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
