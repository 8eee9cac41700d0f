package stats

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Two sides share a letter just where they are not different, whatever differs, and the order gives the letters.
func TestSidesShareALetterWhereTheyDontDiffer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		sides, different string // different are pairs
		want             string
	}{
		{"x", "", "x:a"},
		{"xy", "", "x:a y:a"},
		{"xy", "xy", "x:a y:b"},
		{"xyz", "xz", "x:a y:ab z:b"},
		{"xyz", "xy xz", "x:a y:b z:b"},
		{"xyz", "xy xz yz", "x:a y:b z:c"},
		{"wxyz", "wz", "w:a x:ab y:ab z:b"},
		{"wxyz", "wy wz xz", "w:a x:ab y:bc z:c"},
	} {
		got := Letters(len(tt.sides), func(a, b int) bool { return strings.Contains(tt.different, tt.sides[a:a+1]+tt.sides[b:b+1]) })
		var words []string
		for i, s := range strings.Split(tt.sides, "") {
			words = append(words, s+":"+got[i])
		}
		if s := strings.Join(words, " "); s != tt.want {
			t.Errorf("%s, of which %s differ: %s, want %s", tt.sides, tt.different, s, tt.want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n := 1 + rng.IntN(9)
		differ := map[[2]int]bool{}
		share := rng.Float64()
		for j := range n {
			for i := range j {
				differ[[2]int{i, j}] = rng.Float64() < share
			}
		}
		letters := Letters(n, func(a, b int) bool { return differ[[2]int{a, b}] })
		for j := range n {
			for i := range j {
				if d := differ[[2]int{i, j}]; strings.ContainsAny(letters[i], letters[j]) == d {
					t.Fatalf("%v: %d has %s and %d has %s, and that they differ is %v", differ, i, letters[i], j, letters[j], d)
				}
			}
		}
	}
	if got := Letters(0, nil); len(got) != 0 {
		t.Errorf("no side has %v", got)
	}
}

// A place is one more than the number of sides that are surely better, however the others are ordered.
func TestAPlaceCountsTheSidesThatAreBetter(t *testing.T) {
	t.Parallel()
	beats := []string{"ac", "ad", "bd"}
	got := Places(4, func(a, b int) bool {
		for _, p := range beats {
			if int(p[0]-'a') == a && int(p[1]-'a') == b {
				return true
			}
		}
		return false
	})
	for i, want := range []int{1, 1, 2, 3} {
		if got[i] != want {
			t.Errorf("places %v", got)
		}
	}
}
