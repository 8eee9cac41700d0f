package trial

import (
	"errors"
	"slices"
)

// cleanUp is what to undo when a trial ends, in any way.
type cleanUp []func(err error) error

// add adds a step that is undone before all earlier ones. It gets the error that the trial ends with.
func (c *cleanUp) add(undo func(err error) error) { *c = append(*c, undo) }

// run undoes everything, and joins failures to the trial's error.
func (c cleanUp) run(err error) error {
	for _, undo := range slices.Backward(c) {
		if failed := undo(err); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}
