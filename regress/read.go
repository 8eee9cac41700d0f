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
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/regress/tools"
	"github.com/tqbench/tqbench/results"
)

// Read reads a run from an output folder that has an analysis.json, from such a file, or from a file of another tool, of a history its
// newest entry.
func Read(path string) (*Run, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	var runs []*Run
	if info.IsDir() {
		runs, err = readFolder(path)
	} else {
		runs, err = read(path)
	}
	if err != nil {
		return nil, err
	}
	return runs[len(runs)-1], nil
}

// readFolder reads an output folder's run.
func readFolder(path string) ([]*Run, error) {
	a, err := analysis.ReadFile(analysis.Path(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s has no analysis.json: run tqbench analyze --out %s", ErrInput, path, path)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	if err := a.Current(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	r, err := FromAnalysis(path, a)
	return []*Run{r}, err
}

// FromAnalysis takes a run from its analysis, which was read below path.
func FromAnalysis(path string, a analysis.Analysis) (*Run, error) {
	if len(a.Trials) == 0 {
		return nil, fmt.Errorf("%w: %s has no trials", ErrInput, path)
	}
	return newRun(path, a), nil
}

// History is the runs below a folder, in the order in which they began. Those that don't say when come first, in the order of their paths.
type History struct {
	Runs []*Run
	// LeftOut are files that are no results, damaged, or there twice.
	LeftOut []LeftOut
	// Skipped are folders with results that have no analysis.
	Skipped []string
}

// errNoRun marks a folder without any.
var errNoRun = errors.New("no run below")

// ReadHistory reads every run below a folder: each folder with an analysis.json, and elsewhere each other file whose
// name ends in .json, .txt or .js. Names that begin with a dot are left alone. The folder may also be the file of a tool's history.
func ReadHistory(folder string) (History, error) {
	var h History
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return h, fmt.Errorf("%w: %w", ErrInput, err)
	case !info.IsDir():
		runs, err := read(folder)
		if errors.Is(err, results.ErrFormat) || errors.Is(err, regular.ErrRefused) || err == nil && runs[0].tool != tools.Action {
			return h, fmt.Errorf("%w: %s is not a folder: a history is a folder with a run in each of its folders", ErrInput, folder)
		}
		h.Runs = runs
		return h, err
	}
	var paths []string
	// With the slash, a link to a folder is that folder.
	top := strings.TrimSuffix(folder, string(filepath.Separator)) + string(filepath.Separator)
	err = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrInput, err)
		case path != top && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.IsDir():
			if d.Type()&fs.ModeSymlink != 0 {
				if info, err := os.Stat(path); err == nil && info.IsDir() {
					h.LeftOut = append(h.LeftOut, LeftOut{path, "it is a link to a folder, which is not followed: name that folder"})
					return nil
				}
			}
			if foreignName(d.Name()) {
				paths = append(paths, path)
			}
			return nil
		case results.Exists(analysis.Path(path)):
			paths = append(paths, analysis.Path(path))
			return fs.SkipDir
		case results.Exists(filepath.Join(path, "plan.json")):
			h.Skipped = append(h.Skipped, filepath.Clean(path))
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return h, err
	}
	h.addAll(paths)
	if len(h.Runs) == 0 && len(h.Skipped) > 0 {
		return h, fmt.Errorf("%w: %s has no analysis.json: run tqbench analyze --out %s", ErrInput, h.Skipped[0], h.Skipped[0])
	}
	if len(h.Runs) == 0 {
		why := ""
		if len(h.LeftOut) > 0 {
			why = fmt.Sprintf(" (%s: %s)", h.LeftOut[0].Path, h.LeftOut[0].Why)
		}
		return h, fmt.Errorf("%w: %w %s: each needs a folder with an analysis.json, as tqbench analyze writes it, or another tool's result%s", ErrInput, errNoRun, folder, why)
	}
	h.sort()
	for _, x := range h.twice() {
		if x.again.tool == "" {
			return h, fmt.Errorf("%w: %s and %s are the same run: a history has each once", ErrInput, x.first.Path, x.again.Path)
		}
		h.LeftOut = append(h.LeftOut, LeftOut{x.again.Path, "it has the same result as " + x.first.Path})
	}
	return h, nil
}

// NewHistory is the history of runs that were read already. It leaves out those that can't be in one.
func NewHistory(runs []*Run) History {
	var h History
	for _, r := range runs {
		h.take(r.Path, r)
	}
	h.sort()
	for _, x := range h.twice() {
		h.LeftOut = append(h.LeftOut, LeftOut{x.again.Path, "it is the same run as " + x.first.Path})
	}
	return h
}

// take adds a run that was read at path, or notes why not.
func (h *History) take(path string, r *Run) {
	if r.tool == "" && r.Began.IsZero() {
		h.LeftOut = append(h.LeftOut, LeftOut{path, "it doesn't say when its run began"})
		return
	}
	h.Runs = append(h.Runs, r)
}

func (h *History) sort() {
	slices.SortStableFunc(h.Runs, func(a, b *Run) int { return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.Path, b.Path)) })
}

// twins are a run and a later one that is the same.
type twins struct{ first, again *Run }

// twice takes out the runs that are there again.
func (h *History) twice() (out []twins) {
	seen := map[identity]*Run{}
	h.Runs = slices.DeleteFunc(h.Runs, func(r *Run) bool {
		first, again := seen[r.identity()]
		if again {
			out = append(out, twins{first, r})
			return true
		}
		seen[r.identity()] = r
		return false
	})
	return out
}
