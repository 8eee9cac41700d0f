package trial

import (
	"errors"
	"testing"

	"github.com/tqbench/tqbench/suite"
)

// A load whose times don't fit into memory ends before it begins.
func TestALoadThatDoesNotFitIntoMemoryIsNotRun(t *testing.T) {
	for _, tt := range []struct {
		phase suite.Phase
		steps int
		free  int64
		want  string
	}{
		{suite.Phase{Tasks: 36_000, Rate: 200}, 1, 500, ""},
		{suite.Phase{Tasks: 80_640_000, Rate: 2800}, 1, 32_000, ""},
		{suite.Phase{Tasks: 80_640_000, Rate: 2800}, 1, 8000,
			"the times of 80640000 tasks, 8h0m0s at 2800 a second, need about 19687 MiB of memory, and 8000 MiB are free: 3h15m3s would fit"},
		{suite.Phase{Tasks: 80_640_000, Rate: 2800}, 1, 0, ""},
		{suite.Phase{Tasks: 4096}, 2, 1, "the times of 8192 tasks need about 2 MiB of memory, and 1 MiB are free"},
		{suite.Phase{Tasks: 4096}, 1, 1, ""},
	} {
		err := room(tt.phase, tt.steps, tt.free)
		if err == nil {
			if tt.want != "" {
				t.Errorf("%+v runs with %d MiB", tt.phase, tt.free)
			}
			continue
		}
		if !errors.Is(err, ErrNotRun) || err.Error() != tt.want {
			t.Errorf("%+v with %d MiB: %v, want %q", tt.phase, tt.free, err, tt.want)
		}
	}
}

// What the process no longer uses, such as the times of another side, is given back before a load is refused.
func TestALoadIsRefusedOnlyAfterMemoryIsGivenBack(t *testing.T) {
	for name, tt := range map[string]struct {
		free, then int64
		released   int
		want       string
	}{
		"it fits":                 {20_000, 20_000, 0, ""},
		"it fits after that":      {8000, 20_000, 1, ""},
		"it doesn't fit then":     {8000, 9000, 1, "the times of 80640000 tasks, 8h0m0s at 2800 a second, need about 19687 MiB of memory, and 9000 MiB are free: 3h39m26s would fit"},
		"how much isn't known":    {0, 0, 0, ""},
		"it isn't known any more": {8000, 0, 1, ""},
	} {
		released := 0
		d := &driver{memory: memory{free: func() int64 { return []int64{tt.free, tt.then}[released] }, release: func() { released++ }}}
		err := d.fits(suite.Phase{Tasks: 80_640_000, Rate: 2800})
		if err == nil && tt.want != "" || err != nil && (!errors.Is(err, ErrNotRun) || err.Error() != tt.want) || released != tt.released {
			t.Errorf("%s: %v after %d releases, want %q after %d", name, err, released, tt.want, tt.released)
		}
	}
}
