package workers

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/tqbench/tqbench/contenders"
)

//go:embed python/tqbench/*.py
var apps embed.FS

// modules are the Python files that workers import, by their paths below the folder that goes on PYTHONPATH: the shared module, and
// a module of each contender's folder.
func modules() (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, from := range []struct {
		files   fs.FS
		pattern string
		to      string
	}{{apps, "python/tqbench/*.py", "tqbench"}, {contenders.Files, "*/*.py", "contenders"}} {
		names, err := fs.Glob(from.files, from.pattern)
		if err != nil {
			return nil, fmt.Errorf("list the workers' modules: %w", err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(from.files, name)
			if err != nil {
				return nil, fmt.Errorf("read the workers' modules: %w", err)
			}
			below := path.Base(name)
			if from.to == "contenders" {
				below = name
			}
			out[path.Join(from.to, below)] = data
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
	names := slices.Sorted(maps.Keys(files))
	var parts [][]byte
	for _, name := range names {
		parts = append(parts, []byte(name), files[name])
	}
	dir := filepath.Join(b.Cache, "apps-"+hash(parts...))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	failed := func(err error) (string, error) { return "", fmt.Errorf("write the workers' modules: %w", err) }
	tmp, err := os.MkdirTemp(b.Cache, ".apps-")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(tmp)
	for _, name := range names {
		file := filepath.Join(tmp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return failed(err)
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return failed(err)
		}
	}
	if err := open(tmp); err != nil {
		return failed(err)
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return failed(err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return failed(err)
	}
	return dir, nil
}
