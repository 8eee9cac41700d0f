package results

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// End is end.json: how a run ended, and which trials it kept. It is written when a run ends, and taken away when it goes on, so
// that a folder without it is of a run that is under way or was killed. A trial that it lists and that isn't there was lost
// afterwards.
type End struct {
	Version int    `json:"version"`
	Run     string `json:"run"`
	// Why is one of the constants below.
	Why string `json:"why"`
	// Trials are the numbers of all trials that were kept, ascending.
	Trials []int `json:"trials"`
}

// Why a run ended.
const (
	// EndComplete: all trials of the plan ran, or were tried.
	EndComplete = "complete"
	// EndInterrupted: the user ended it.
	EndInterrupted = "interrupted"
	// EndTimeOver: the trials that are missing would not have ended in time.
	EndTimeOver = "time over"
	// EndPaused: it was to pause, and goes on with its next part.
	EndPaused = "paused"
	// EndFailed: something went wrong.
	EndFailed = "failed"
)

// EndPath is where end.json is below an output folder.
func EndPath(out string) string { return filepath.Join(out, "results", "end.json") }

// WriteEnd writes end.json.
func WriteEnd(out string, e End) error {
	e.Version = Version
	if e.Trials == nil {
		e.Trials = []int{}
	}
	return WriteSealed(EndPath(out), e)
}

// ReadEnd reads end.json. The second result is false where there is none.
func ReadEnd(out string) (End, bool, error) {
	var e End
	err := readJSON(EndPath(out), &e, &e.Version)
	if errors.Is(err, fs.ErrNotExist) {
		return End{}, false, nil
	}
	return e, err == nil, err
}

// DecodeEnd reads the content of an end.json that was read from path.
func DecodeEnd(path string, data []byte) (End, error) {
	var e End
	err := decode(path, data, &e, &e.Version)
	return e, err
}

// RemoveEnd takes end.json away, if there is one: the run goes on.
func RemoveEnd(out string) error {
	if err := os.Remove(EndPath(out)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
