package trial

import (
	"errors"
	"slices"
	"testing"
)

// Steps are undone in reverse order, even if some fail, and see the error so far.
func TestAllIsUndoneInReverseOrder(t *testing.T) {
	cause, stuck := errors.New("cause"), errors.New("stuck")
	for _, first := range []error{nil, cause} {
		var c cleanUp
		var order []string
		undo := func(name string, fails, sees error) {
			c.add(func(err error) error {
				order = append(order, name)
				if !errors.Is(err, sees) {
					t.Errorf("%s sees %v, want %v", name, err, sees)
				}
				return fails
			})
		}
		undo("a", nil, stuck)
		undo("b", stuck, first)
		undo("c", nil, first)
		err := c.run(first)
		if !errors.Is(err, stuck) || first != nil && !errors.Is(err, first) || !slices.Equal(order, []string{"c", "b", "a"}) {
			t.Errorf("%v, %v", order, err)
		}
	}
	if err := (cleanUp{}).run(nil); err != nil {
		t.Error(err)
	}
}
