package regress

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// Read reads a run from an output folder that has an analysis.json, or from such a file.
func Read(path string) (*Run, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	file := path
	if info.IsDir() {
		file = analysis.Path(path)
	}
	a, err := analysis.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s has no analysis.json: run tqbench analyze --out %s", ErrInput, path, path)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return FromAnalysis(path, a)
}

// FromAnalysis takes a run from its analysis, which was read below path.
func FromAnalysis(path string, a analysis.Analysis) (*Run, error) {
	if len(a.Trials) == 0 {
		return nil, fmt.Errorf("%w: %s has no trials", ErrInput, path)
	}
	return newRun(path, a), nil
}

// History is the runs below a folder, in the order in which they began.
type History struct {
	Runs []*Run
	// Skipped are folders with results that have no analysis.
	Skipped []string
}

// ReadHistory reads every run below a folder: each folder with an analysis.json, and elsewhere each other file whose
// name ends in .json. Names that begin with a dot are left alone.
func ReadHistory(folder string) (History, error) {
	var h History
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return h, fmt.Errorf("%w: %w", ErrInput, err)
	case !info.IsDir():
		return h, fmt.Errorf("%w: %s is not a folder: a history is a folder with a run in each of its folders", ErrInput, folder)
	}
	add := func(path string) error {
		r, err := Read(path)
		if err != nil {
			return err
		}
		if r.Began.IsZero() {
			return fmt.Errorf("%w: %s doesn't tell when its run began", ErrInput, path)
		}
		h.Runs = append(h.Runs, r)
		return nil
	}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrInput, err)
		case path != folder && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.IsDir():
			if filepath.Ext(path) != ".json" {
				return nil
			}
			return add(path)
		case results.Exists(analysis.Path(path)):
			return cmp.Or(add(path), fs.SkipDir)
		case results.Exists(filepath.Join(path, "plan.json")):
			h.Skipped = append(h.Skipped, path)
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return h, err
	}
	if len(h.Runs) == 0 {
		return h, fmt.Errorf("%w: no run below %s: each needs a folder with an analysis.json, as tqbench analyze writes it", ErrInput, folder)
	}
	slices.SortStableFunc(h.Runs, func(a, b *Run) int { return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.Path, b.Path)) })
	for i := 1; i < len(h.Runs); i++ {
		if a, b := h.Runs[i-1], h.Runs[i]; a.same(b) {
			return h, fmt.Errorf("%w: %s and %s are the same run: a history has each once", ErrInput, a.Path, b.Path)
		}
	}
	return h, nil
}
