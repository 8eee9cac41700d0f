package workers

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/contenders"
)

//go:embed python/tqbench/*.py
var apps embed.FS

// modules are the Python files that workers import, by their paths below the folder on PYTHONPATH: the shared module, and a module for each
// contender's folder.
func modules() ([]folderFile, error) {
	var out []folderFile
	for _, from := range []struct {
		files   fs.FS
		pattern string
		place   func(name string) string
	}{
		{apps, "python/tqbench/*.py", func(name string) string { return path.Join("tqbench", path.Base(name)) }},
		{contenders.Files, "*/*.py", func(name string) string { return path.Join("contenders", name) }},
	} {
		names, err := fs.Glob(from.files, from.pattern)
		if err != nil {
			return nil, fmt.Errorf("list the workers' modules: %w", err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(from.files, name)
			if err != nil {
				return nil, fmt.Errorf("read the workers' modules: %w", err)
			}
			out = append(out, folderFile{from.place(name), data, 0o644})
		}
	}
	return out, nil
}

// unpackApps writes the modules into the cache.
func (b *Builder) unpackApps() (string, error) {
	files, err := modules()
	if err != nil {
		return "", err
	}
	dir, err := b.keep("apps", files, nil)
	if err != nil {
		return "", fmt.Errorf("write the workers' modules: %w", err)
	}
	return dir, nil
}

// making builds something from cached files, and depends on further inputs.
type making struct {
	of   []string
	make func(dir string) error
}

// kept is the place of such files.
func (b *Builder) kept(name string, files []folderFile, m *making) string {
	var parts [][]byte
	for _, f := range files {
		parts = append(parts, []byte(f.name), f.data, []byte(f.mode.String()))
	}
	if m != nil {
		parts = append(parts, []byte(strings.Join(m.of, "\n")))
	}
	return filepath.Join(b.Cache, name+"-"+hash(parts...))
}

// keep writes files into a cache folder that every user may read, and builds from them, or finds the finished folder: its name has a hash
// of them. The caller holds the cache's lock.
func (b *Builder) keep(name string, files []folderFile, m *making) (string, error) {
	dir := b.kept(name, files, m)
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	tmp, err := os.MkdirTemp(b.Cache, "."+name+"-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := writeFiles(tmp, files); err != nil {
		return "", err
	}
	if m != nil {
		if err := m.make(tmp); err != nil {
			return "", err
		}
	}
	if err := open(tmp); err != nil {
		return "", err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", err
	}
	return dir, os.Rename(tmp, dir)
}

// writeFiles writes files below a folder.
func writeFiles(dir string, files []folderFile) error {
	for _, f := range files {
		file := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, f.data, f.mode|0o600); err != nil {
			return err
		}
	}
	return nil
}
