package text

// Nearest is the known name that is a slip away from the given one, "" where none is.
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

// distance is how many letters have to be put in, left out or changed to make one word the other (Levenshtein).
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

// DidYouMean asks for the nearest name, in words to put behind an error; "" where none is near.
func DidYouMean(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}
