package workers

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/tqbench/tqbench/contenders"
)

// shared is the JavaScript that tqbench's own contenders import.
//
//go:embed javascript/*.mjs
var shared embed.FS

// ownFiles are the files of one of tqbench's own contenders whose programs are in JavaScript, and those that it imports, by their paths in
// the repository. There are none if its programs are in Python.
func ownFiles(name string) ([]folderFile, error) {
	if _, err := fs.Stat(contenders.Files, path.Join(name, contenders.NodeLock)); err != nil {
		return nil, nil //nolint:nilerr // embedded files can only be missing
	}
	var out []folderFile
	for _, from := range []struct {
		files  fs.FS
		dir    string
		prefix string
	}{{contenders.Files, name, "contenders"}, {shared, "javascript", "workers"}} {
		err := fs.WalkDir(from.files, from.dir, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(from.files, file)
			out = append(out, folderFile{path.Join(from.prefix, file), data, 0o644})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the files of %s: %w", name, err)
		}
	}
	return out, nil
}

// ownFolder is the place of such a contender's folder below the folder of its files.
func ownFolder(name string) string { return filepath.Join("contenders", name) }

// buildOwn makes the environment of such a contender, or finds it.
func (b *Builder) buildOwn(ctx context.Context, name string, files []folderFile) (Env, error) {
	env, err := b.build(ctx, name, nil)
	if err != nil {
		return Env{}, err
	}
	m, err := b.programs(ctx, &env, NodeJS, ownFolder(name))
	if err != nil {
		return Env{}, err
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return Env{}, err
	}
	defer unlock()
	dir, err := b.keep(name, files, m)
	if err != nil {
		return Env{}, fmt.Errorf("build the %s workers: %w", name, err)
	}
	env.Folder = filepath.Join(dir, ownFolder(name))
	versions, err := nodeVersions(env.Folder)
	env.Versions = append(env.Versions, versions...)
	return env, err
}

// installedOwn finds the environment of such a contender; the second result is false if it has to be built.
func (b *Builder) installedOwn(name string, files []folderFile) (Env, bool, error) {
	env := Env{Name: name}
	node, ok, err := b.Installed(nodeLock)
	if err != nil || !ok {
		return env, false, err
	}
	env.Folder = filepath.Join(b.kept(name, files, b.npm(context.Background(), node, ownFolder(name), name)), ownFolder(name))
	env.Versions, err = nodeVersions(env.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return env, false, nil
	}
	return env, err == nil, err
}
