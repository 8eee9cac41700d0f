// Package interpreter unpacks the workers' pinned CPython, and its pip.
//
// Only this package knows where the interpreter comes from: another source needs another Unpack.
package interpreter

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/kluctl/go-embed-python/pip"
	"github.com/kluctl/go-embed-python/python"
)

// Version is the embedded CPython release; a test asks the interpreter itself.
const Version = "3.14.6"

// Unpack unpacks the interpreter below dir, or finds it there, and returns its executable's path. The folder's name has a hash of its
// content.
func Unpack(dir string) (exe string, err error) {
	p, err := python.NewEmbeddedPythonWithTmpDir(filepath.Join(dir, "python"), true)
	if err != nil {
		return "", fmt.Errorf("unpack CPython %s for %s/%s below %s: %w", Version, runtime.GOOS, runtime.GOARCH, dir, err)
	}
	exe, err = p.GetExePath()
	if err != nil {
		return "", fmt.Errorf("unpack CPython %s: %w", Version, err)
	}
	return exe, nil
}

// WithPip unpacks pip into a temporary folder, calls use with it, and removes it. The folder's name can't be guessed: pip runs from there.
func WithPip(use func(dir string) error) (err error) {
	lib, err := pip.NewPipLib("tqbench-" + rand.Text())
	if err != nil {
		return fmt.Errorf("unpack pip: %w", err)
	}
	dir := lib.GetExtractedPath()
	defer func() {
		err = errors.Join(err, lib.Cleanup(), os.Remove(dir+".lock"))
	}()
	return use(dir)
}
