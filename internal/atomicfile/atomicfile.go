// Package atomicfile writes a file, or a folder of files, so that a reader finds it complete or not at all.
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

// Write calls fill with a temporary file next to path, then flushes it to disk and renames it to path. On an error, it removes the
// temporary file and leaves path unchanged.
func Write(path string, fill func(io.Writer) error) error { return write(path, fill, true) }

// WriteUnflushed is Write without waiting for the disk: a file that was written just before the machine failed may be empty afterwards.
func WriteUnflushed(path string, fill func(io.Writer) error) error { return write(path, fill, false) }

func write(path string, fill func(io.Writer) error, flushed bool) (err error) {
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
	if flushed {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// flushedAtOnce is how many files to flush at a time: the file system commits them together.
const flushedAtOnce = 16

// WriteFolder calls fill with an empty folder next to path, which then replaces path with all its content. Its files are flushed to disk
// after all are written, which costs less than flushing each: fill writes them plainly. On an error, path is unchanged. If we are killed
// between the two moves, its old content is next to it.
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
	// The temporary folder is private to its owner; the final one need not be.
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

// flush flushes a folder's files to disk.
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

// WriteBytes writes data, as Write does.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteJSON writes v as indented JSON with a closing newline, as Write does.
func WriteJSON(path string, v any) error {
	return Write(path, JSON(v))
}

// JSON fills a file with v as indented JSON with a closing newline. Invisible characters are escaped, so that a reader gets them back and a
// terminal doesn't obey them.
func JSON(v any) func(io.Writer) error {
	return func(w io.Writer) error {
		enc := json.NewEncoder(text.NewWriter(w)) // which is given each value in one write
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
}
