package workers

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/contenders"
)

// goLocker locks the releases of queues in Go with the go command.
type goLocker struct {
	b *Builder
	o own
}

// Files of a module's lock. The sources of a revision are an archive, which is unpacked into a folder of the module.
const (
	goModFile  = "go.mod"
	goSumFile  = "go.sum"
	goSources  = "source.tar"
	goUnpacked = "source"
)

func (goLocker) own(r Release) (Lock, error) {
	return filesOf(r.Framework, map[string]string{contenders.GoModule: goModFile, contenders.GoSums: goSumFile})
}

// required is a line of go.mod with a module and its version.
var required = regexp.MustCompile(`(?m)^\s*(?:require )?(\S+) v(\S+)`)

// versionsIn are the versions of the modules in a go.mod.
func versionsIn(gomod []byte) map[string]string {
	out := map[string]string{}
	for _, m := range required.FindAllSubmatch(gomod, -1) {
		out[string(m[1])] = string(m[2])
	}
	return out
}

func (goLocker) locked(r Release, lock Lock) (string, error) {
	if v := versionsIn(lock[goModFile])[r.Package]; v != "" {
		return v, nil
	}
	return "", fmt.Errorf("the go.mod of %s lacks %s", r.Framework, r.Package)
}

// modulesOf are the package's module and those below it, which belong to the same releases.
func modulesOf(name string, versions map[string]string) []string {
	out := []string{name}
	for m := range versions {
		if strings.HasPrefix(m, name+"/") {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out
}

// resolve lets go choose the modules of a release, and compiles tqbench's programs with it, as another release may lack what they call.
func (l goLocker) resolve(ctx context.Context, r Release, s *Source) (Lock, error) {
	dir, err := os.MkdirTemp("", "tqbench-lock-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := writeFiles(dir, l.o.files); err != nil {
		return nil, err
	}
	module := filepath.Join(dir, l.o.below())
	gomod, err := os.ReadFile(filepath.Join(module, goModFile))
	if err != nil {
		return nil, err
	}
	lock, modules := Lock{}, modulesOf(r.Package, versionsIn(gomod))
	if s == nil {
		err = l.choose(ctx, module, r, modules)
	} else {
		lock[goSources], err = l.replace(ctx, module, r, *s, modules)
	}
	if err != nil {
		return nil, err
	}
	// It adds the hashes of what only the other release needs.
	if _, err := goCommand(ctx, module, "list", "-mod=mod", "-deps", "./..."); err != nil {
		return nil, err
	}
	for _, name := range []string{goModFile, goSumFile} {
		if lock[name], err = os.ReadFile(filepath.Join(module, name)); err != nil {
			return nil, err
		}
	}
	if _, err := l.build(ctx, r, lock); err != nil {
		return nil, fmt.Errorf("tqbench's programs don't compile with it: %w", err)
	}
	return lock, nil
}

// choose takes a release of modules.
func (l goLocker) choose(ctx context.Context, dir string, r Release, modules []string) error {
	args := []string{"get"}
	for _, m := range modules {
		args = append(args, m+"@v"+r.Version)
	}
	_, err := goCommand(ctx, dir, args...)
	if err == nil || ctx.Err() != nil {
		return err
	}
	known, listErr := goReleases(ctx, dir, r.Package)
	if listErr != nil || slices.ContainsFunc(known, func(v string) bool { return v == r.Version }) {
		return err
	}
	return fmt.Errorf("go finds no release %s of %s: choose from %s", r.Version, r.Package, strings.Join(nearby(known, r.Version), ", "))
}

// goReleases are the published releases of a module, without those that it retracted.
func goReleases(ctx context.Context, dir, module string) ([]string, error) {
	out, err := goCommand(ctx, dir, "list", "-mod=readonly", "-m", "-versions", "-json", module)
	if err != nil {
		return nil, err
	}
	var m struct{ Versions []string }
	if err := json.Unmarshal(out, &m); err != nil {
		return nil, fmt.Errorf("read the releases of %s: %w", module, err)
	}
	for i := range m.Versions {
		m.Versions[i] = strings.TrimPrefix(m.Versions[i], "v")
	}
	return m.Versions, nil
}

// replace takes modules from a repository's revision, and returns its archive.
func (l goLocker) replace(ctx context.Context, dir string, r Release, s Source, modules []string) ([]byte, error) {
	repo, err := l.b.repository(ctx, s.From, s.Commit)
	if err != nil {
		return nil, err
	}
	archive, err := repo.Archive(ctx, s.Commit)
	if err != nil {
		return nil, err
	}
	files, err := unpacked(archive, goUnpacked)
	if err != nil {
		return nil, err
	}
	if err := writeFiles(dir, files); err != nil {
		return nil, err
	}
	args := []string{"mod", "edit"}
	for _, m := range modules {
		in := path.Join(goUnpacked, strings.TrimPrefix(m, r.Package))
		gomod := fileOf(files, path.Join(in, goModFile))
		switch name, _, _ := strings.Cut(strings.TrimSpace(afterModule(gomod)), "\n"); {
		case m == r.Package && strings.TrimSpace(name) != m:
			return nil, fmt.Errorf("%s is not the module %s", s.From, m)
		case gomod != nil:
			args = append(args, "-replace="+m+"=./"+in)
		}
	}
	_, err = goCommand(ctx, dir, args...)
	return archive, err
}

// afterModule is a go.mod after its word "module".
func afterModule(gomod []byte) string {
	_, rest, _ := strings.Cut("\n"+string(gomod), "\nmodule ")
	return rest
}

// unpacked are the regular files of an archive, below a folder. Others, such as links, are left out: a module has none.
func unpacked(archive []byte, below string) ([]folderFile, error) {
	var out []folderFile
	left := int64(mostBytes)
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the archive of the sources: %w", err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if !filepath.IsLocal(h.Name) {
			return nil, fmt.Errorf("the archive of the sources has a file outside, %q", h.Name)
		}
		if left -= h.Size; left < 0 {
			return nil, fmt.Errorf("the sources have more than %d MiB", mostBytes>>20)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("read the archive of the sources: %w", err)
		}
		out = append(out, folderFile{path.Join(below, path.Clean(h.Name)), data, 0o644})
	}
}

// build compiles the programs with a lock's modules, or finds them.
func (l goLocker) build(ctx context.Context, _ Release, lock Lock) (Env, error) {
	o := l.o.with(lock, goModFile, goSumFile)
	if archive := lock[goSources]; archive != nil {
		files, err := unpacked(archive, path.Join("contenders", o.name, goUnpacked))
		if err != nil {
			return Env{}, err
		}
		o.files = append(o.files, files...)
	}
	return l.b.buildOwn(ctx, o)
}
