package workers

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/results"
)

// shared is what tqbench's own contenders in JavaScript and Go import.
//
//go:embed javascript/*.mjs gotask/bodies.go gotask/client.go gotask/gotask.go gotask/probe.go
var shared embed.FS

// gotaskModule is the go.mod of the copy of package gotask in a contender's module.
const gotaskModule = "module github.com/tqbench/tqbench/workers/gotask\n\ngo 1.26.0\n"

// own is one of tqbench's own contenders whose programs are built.
type own struct {
	name, runtime string
	files         []folderFile
}

// ownOf reads one of tqbench's own contenders: its files and those that it imports, by where they are built. Its runtime is empty if its
// programs are in Python.
func ownOf(name string) (own, error) {
	o := own{name: name}
	in := func(lock string) bool {
		_, err := fs.Stat(contenders.Files, path.Join(name, lock))
		return err == nil // embedded files can only be missing
	}
	var err error
	switch {
	case in(contenders.NodeLock):
		o.runtime = NodeJS
		err = errors.Join(o.add(contenders.Files, name, path.Join("contenders", name)), o.add(shared, "javascript", "workers/javascript"))
	case in(contenders.GoModule):
		o.runtime = Go
		below := path.Join("contenders", name)
		err = errors.Join(o.add(contenders.Files, name, below), o.add(shared, "gotask", path.Join(below, "gotask")))
		o.files = append(o.files, folderFile{path.Join(below, "gotask", "go.mod"), []byte(gotaskModule), 0o644})
	}
	if err != nil {
		return o, fmt.Errorf("read the files of %s: %w", name, err)
	}
	return o, nil
}

// add adds the files of a folder, as they are in another.
func (o *own) add(files fs.FS, from, to string) error {
	return fs.WalkDir(files, from, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, file)
		name := strings.TrimPrefix(file, from+"/")
		if module, ok := strings.CutPrefix(name, contenders.GoSource); ok {
			name = strings.TrimSuffix(module, contenders.GoSuffix)
		}
		o.files = append(o.files, folderFile{path.Join(to, name), data, 0o644})
		return err
	})
}

// sum is that of its files.
func (o own) sum() string {
	var parts [][]byte
	for _, f := range o.files {
		parts = append(parts, []byte(f.name), f.data)
	}
	return hash(parts...)
}

// below is the place of the contender's folder below that of its files.
func (o own) below() string { return filepath.Join("contenders", o.name) }

// versions are those of all packages in its folder.
func (o own) versions(dir string) ([]results.Software, error) {
	if o.runtime == Go {
		return goVersions(dir, o.name)
	}
	return nodeVersions(dir)
}

// buildOwn makes the environment of such a contender, or finds it.
func (b *Builder) buildOwn(ctx context.Context, o own) (Env, error) {
	env, err := b.build(ctx, o.name, nil, nil)
	if err != nil {
		return Env{}, err
	}
	m, err := b.programs(ctx, &env, o.runtime, o.below())
	if err != nil {
		return Env{}, err
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return Env{}, err
	}
	defer unlock()
	dir, err := b.keep(o.name, o.files, m)
	if err != nil {
		return Env{}, fmt.Errorf("build the %s workers: %w", o.name, err)
	}
	env.Folder, env.Lock = filepath.Join(dir, o.below()), o.sum()
	versions, err := o.versions(env.Folder)
	env.Versions = append(env.Versions, versions...)
	return env, err
}

// installedOwn finds the environment of such a contender; the second result is false if it has to be built.
func (b *Builder) installedOwn(o own) (Env, bool, error) {
	env := Env{Name: o.name}
	if o.runtime == NodeJS {
		if _, ok, err := b.Installed(nodeLock); err != nil || !ok {
			return env, false, err
		}
	}
	m, err := b.programs(context.Background(), &Env{Name: o.name}, o.runtime, o.below())
	if err != nil {
		return env, false, err
	}
	env.Folder = filepath.Join(b.kept(o.name, o.files, m), o.below())
	env.Versions, err = o.versions(env.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return env, false, nil
	}
	return env, err == nil, err
}

// WriteGo writes the module of each of tqbench's own contenders in Go below a folder, as it is when it is built, and returns their folders.
func WriteGo(dir string) ([]string, error) {
	names, err := contenders.Locked()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		o, err := ownOf(name)
		if err != nil {
			return nil, err
		}
		if o.runtime != Go {
			continue
		}
		if err := writeFiles(dir, o.files); err != nil {
			return nil, fmt.Errorf("write the module of %s: %w", name, err)
		}
		out = append(out, filepath.Join(dir, o.below()))
	}
	return out, nil
}
