// Package atomicfile writes a file, or a folder of files, so that a reader finds it whole or not at all.
package atomicfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/internal/text"
)

// Write calls fill with a temporary file beside path, then flushes it to disk and renames it to path. When
// anything fails, the temporary file is removed and what stood at path before is untouched.
func Write(path string, fill func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// flushedAtOnce is how many files are flushed at a time: the file system commits those together.
const flushedAtOnce = 16

// WriteFolder calls fill with an empty folder beside path, which then takes path's place, with all that was there. Its files
// are flushed to disk once all are written, which costs less than to flush each as it is: fill writes them plainly. When
// anything fails, what stood at path before is untouched. Where we are killed between the two moves, it lies beside.
func WriteFolder(path string, fill func(dir string) error) (err error) {
	tmp, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	fresh, old, stuck := filepath.Join(tmp, "new"), filepath.Join(tmp, "old"), false
	defer func() {
		if !stuck {
			err = errors.Join(err, os.RemoveAll(tmp))
		}
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	// The temporary folder is its owner's alone, as the one that stays need not be.
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return err
	}
	if err := fill(fresh); err != nil {
		return err
	}
	if err := flush(fresh); err != nil {
		return err
	}
	err = os.Rename(path, old)
	if errors.Is(err, os.ErrNotExist) {
		return os.Rename(fresh, path)
	} else if err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		back := os.Rename(old, path)
		stuck = back != nil
		return errors.Join(err, back)
	}
	return nil
}

// flush has the files of a folder on disk.
func flush(folder string) error {
	var g errgroup.Group
	g.SetLimit(flushedAtOnce)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		g.Go(func() error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			return errors.Join(f.Sync(), f.Close())
		})
		return nil
	})
	return errors.Join(err, g.Wait())
}

// WriteJSON writes v as indented JSON with a closing newline, as Write does.
func WriteJSON(path string, v any) error {
	return Write(path, JSON(v))
}

// JSON fills a file with v as indented JSON with a closing newline. What can't be seen of its text is escaped, so that a
// reader gets it back and a terminal doesn't obey it.
func JSON(v any) func(io.Writer) error {
	return func(w io.Writer) error {
		enc := json.NewEncoder(text.NewWriter(w)) // which is given each value in one write
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
}
