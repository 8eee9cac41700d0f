package workers

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
)

// Folder is a contender's folder from outside.
type Folder struct {
	// Name is the framework's, Dir where the folder is.
	Name, Dir string
	// Version is what the framework says of itself, where no lock tells.
	Version string
}

// How much a folder may hold: what is copied is programs, not data.
const (
	mostFiles = 1000
	mostBytes = 64 << 20
)

// BuildFolder makes the environment of a folder from outside: a copy that workers may read, which no edit changes during a run, and
// the packages of its lock, if it has one.
func (b *Builder) BuildFolder(ctx context.Context, f Folder) (Env, error) {
	files, err := readFolder(f.Dir)
	if err != nil {
		return Env{}, fmt.Errorf("read the contender in %s: %w", f.Dir, err)
	}
	var lock []byte
	for _, x := range files {
		if x.name == contenders.Lock {
			lock = x.data
		}
	}
	env, err := b.build(ctx, f.Name, lock)
	if err != nil {
		return Env{}, err
	}
	if env.Version(f.Name) == "" && f.Version != "" {
		env.Versions = append(env.Versions, results.Software{Name: f.Name, Version: f.Version})
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return Env{}, err
	}
	defer unlock()
	below := path.Join("contenders", f.Name)
	for i := range files {
		files[i].name = path.Join(below, files[i].name)
	}
	kept, err := b.keep("folders", files)
	if err != nil {
		return Env{}, fmt.Errorf("copy the contender in %s: %w", f.Dir, err)
	}
	env.Folder = filepath.Join(kept, filepath.FromSlash(below))
	return env, nil
}

// folderFile is a file of a folder, by its path with slashes.
type folderFile struct {
	name string
	data []byte
	mode fs.FileMode
}

// readFolder reads what is in a folder: regular files whose names don't begin with a dot, and no compiled Python.
func readFolder(dir string) ([]folderFile, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, regular.Bare(err)
	}
	defer root.Close()
	var out []folderFile
	left := int64(mostBytes)
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "__pycache__"):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no regular file", name)
		case len(out) == mostFiles:
			return fmt.Errorf("it has more than %d files: give the programs a folder of their own", mostFiles)
		}
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		data, err := io.ReadAll(io.LimitReader(f, left+1))
		if err != nil {
			return err
		}
		if left -= int64(len(data)); left < 0 {
			return fmt.Errorf("it has more than %d MiB: give the programs a folder of their own", mostBytes>>20)
		}
		out = append(out, folderFile{name, data, info.Mode().Perm()})
		return nil
	})
	return out, err
}
