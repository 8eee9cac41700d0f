package trial

import (
	"errors"
	"slices"
)

// cleanUp is what must be undone when a trial ends, however it does.
type cleanUp []func(err error) error

// add adds what is undone before all that was added earlier. It gets the error with which the trial ends.
func (c *cleanUp) add(undo func(err error) error) { *c = append(*c, undo) }

// run undoes everything, and joins what fails to the trial's error.
func (c cleanUp) run(err error) error {
	for _, undo := range slices.Backward(c) {
		if failed := undo(err); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}
