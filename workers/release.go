package workers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/tqbench/tqbench/contenders"
)

// ErrRelease marks a release that has no lock, as it doesn't exist, or as its packages don't go together.
var ErrRelease = errors.New("can't lock the release")

// Release is a chosen release of a framework with a folder in contenders/.
type Release struct {
	// Framework is the folder's name, Package the one whose release it is.
	Framework, Package string
	// Version is that of a published release, or the name of a Source.
	Version string
}

// String is FRAMEWORK@VERSION, which is safe in file names.
func (r Release) String() string { return r.Framework + "@" + r.Version }

// Lock fixes a release's packages: the files that its package manager reads, by their names, and a wheel or sources that no index has.
type Lock map[string][]byte

// locker makes and uses the locks of a runtime.
type locker interface {
	// own is tqbench's own lock of a framework.
	own(r Release) (Lock, error)
	// locked is the release in a lock.
	locked(r Release, lock Lock) (string, error)
	// resolve makes the lock of another release, or that of a source.
	resolve(ctx context.Context, r Release, s *Source) (Lock, error)
	// published are the releases that the package index has for this machine, and those that can't run here.
	published(ctx context.Context, r Release) (known []string, left []Left, err error)
	// build makes the environment of a lock, or finds it.
	build(ctx context.Context, r Release, lock Lock) (Env, error)
}

func (b *Builder) locker(r Release) (locker, error) {
	o, err := ownOf(r.Framework)
	if err != nil {
		return nil, err
	}
	switch o.runtime {
	case Go:
		return goLocker{b, o}, nil
	case NodeJS:
		return npmLocker{b, o}, nil
	}
	return pipLocker{b}, nil
}

// Locked is the release in tqbench's own lock.
func (r Release) Locked() (string, error) {
	l, err := (&Builder{}).locker(r)
	if err != nil {
		return "", err
	}
	lock, err := l.own(r)
	if err != nil {
		return "", err
	}
	return l.locked(r, lock)
}

// Resolve makes the lock of a release, or of a source that has the release's name. Other packages are those of tqbench's own lock, so that
// sides differ in the release alone. If they don't go together, the framework's extensions and the packages that it needs may differ, too.
// The release of tqbench's own lock gets that lock.
func (b *Builder) Resolve(ctx context.Context, r Release, s *Source) (Lock, error) {
	l, err := b.locker(r)
	if err != nil {
		return nil, err
	}
	own, err := l.own(r)
	if err != nil {
		return nil, err
	}
	have, err := l.locked(r, own)
	if err != nil || s == nil && sameVersion(have, r.Version) {
		return own, err
	}
	lock, err := l.resolve(ctx, r, s)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %w", ErrRelease, err)
	}
	if err == nil && b.Log != nil {
		b.Log("locked %s with its packages", r)
	}
	return lock, err
}

// BuildRelease makes the environment of a release from its lock, or finds it.
func (b *Builder) BuildRelease(ctx context.Context, r Release, lock Lock) (Env, error) {
	l, err := b.locker(r)
	if err != nil {
		return Env{}, err
	}
	return l.build(ctx, r, lock)
}

// filesOf are files of a framework's folder, by the names that they have in a lock.
func filesOf(framework string, names map[string]string) (Lock, error) {
	out := Lock{}
	for name, as := range names {
		data, err := fs.ReadFile(contenders.Files, path.Join(framework, name))
		if err != nil {
			return nil, fmt.Errorf("read the lock of %s: %w", framework, err)
		}
		out[as] = data
	}
	return out, nil
}

// with are an own contender's files, with those of another lock instead.
func (o own) with(lock Lock, names ...string) own {
	files := make([]folderFile, 0, len(o.files))
	below := path.Join("contenders", o.name)
	for _, f := range o.files {
		for _, name := range names {
			if f.name == path.Join(below, name) {
				f.data = lock[name]
			}
		}
		files = append(files, f)
	}
	o.files = files
	return o
}
