package kube

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/results"
)

// fetched is where an archive is unpacked in an output folder, before its files come to their places.
const fetched = ".fetched"

// unpack writes the files of an archive below a folder, which it makes. Nothing is written outside of it. Files come to their places once the archive
// has ended. If it breaks off, what came last stays out, as a part of it may be missing: a trial, or another file.
func unpack(r io.Reader, dir string) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := errors.Join(root.RemoveAll(fetched), root.Mkdir(fetched, 0o755)); err != nil { // a killed process may have left one
		return err
	}
	defer func() { err = errors.Join(err, root.RemoveAll(fetched)) }()
	into, err := root.OpenRoot(fetched)
	if err != nil {
		return err
	}
	defer into.Close()
	last, err := extract(r, into)
	if err != nil && last != "" {
		err = errors.Join(err, into.RemoveAll(last))
	}
	return errors.Join(err, place(root))
}

// extract writes the files of an archive below a folder. last is the file that it wrote last, or the trial that this is of.
func extract(r io.Reader, into *os.Root) (last string, err error) {
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			// tar writes blocks after the archive's end, and fails if they aren't read. Its other errors are its caller's.
			_, _ = io.Copy(io.Discard, r)
			return last, nil
		}
		if err != nil {
			return last, err
		}
		name := path.Clean(h.Name)
		switch h.Typeflag {
		case tar.TypeDir: // its files make it
		case tar.TypeReg:
			last = whole(name)
			err = write(into, name, archive)
		default:
			err = fmt.Errorf("%s is neither a file nor a folder", h.Name)
		}
		if err != nil {
			return last, err
		}
	}
}

// whole is what is of use as a whole only: the folder of a trial, of whose files this is one, or else the file.
func whole(name string) string {
	trials := filepath.ToSlash(filepath.Dir(results.TrialDir("", 1)))
	rest, ok := strings.CutPrefix(name, trials+"/")
	if trial, _, inside := strings.Cut(rest, "/"); ok && inside {
		return path.Join(trials, trial)
	}
	return name
}

func write(root *os.Root, name string, r io.Reader) (err error) {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, r)
	return err
}

// place moves all that was unpacked to its place.
func place(root *os.Root) error {
	return fs.WalkDir(root.FS(), fetched, func(from string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		to := strings.TrimPrefix(from, fetched+"/")
		if err := root.MkdirAll(path.Dir(to), 0o755); err != nil {
			return err
		}
		return root.Rename(from, to)
	})
}
