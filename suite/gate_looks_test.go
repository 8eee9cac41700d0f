package suite

import (
	"slices"
	"testing"
)

// The last look is at the maximum, and looks are at the same numbers of blocks before it.
func TestAGateLooksUpToItsMaximum(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		decisions int
		want      []int
	}{
		{1, []int{8, 12, 18, 27, 40}}, {2, []int{8, 12, 18, 27, 40, 48}}, {5, []int{8, 12, 18, 27, 40, 48}}, {6, []int{8, 12, 18, 27, 40, 54}},
		{13, []int{8, 12, 18, 27, 40, 60}},
	} {
		if got := GateLooks(MostGateBlocks(test.decisions)); !slices.Equal(got, test.want) {
			t.Errorf("%d decisions: looks at %v, want %v", test.decisions, got, test.want)
		}
	}
}
