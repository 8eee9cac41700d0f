package text

// Nearest is the known name that is a slip away from the given one, or "".
func Nearest(name string, known []string) string {
	best, least := "", len(name)
	for _, k := range known {
		// A slip is one letter in three.
		if d := distance(name, k); d < least && d <= max(1, len(k)/3) {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters to insert, remove or change to turn one word into the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// DidYouMean suggests the nearest name, as text to append to an error, or "".
func DidYouMean(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}
