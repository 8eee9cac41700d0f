package workers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/tqbench/tqbench/contenders"
)

// pipLocker locks the releases of queues in Python with pip.
type pipLocker struct{ b *Builder }

func (pipLocker) own(r Release) (Lock, error) {
	lock, err := lockOf(r.Framework)
	return Lock{contenders.Lock: lock}, err
}

func (pipLocker) locked(r Release, lock Lock) (string, error) {
	for _, p := range pinsOf(lock[contenders.Lock]) {
		if p.name == normal(r.Package) {
			return p.version, nil
		}
	}
	return "", fmt.Errorf("the lock of %s lacks %s", r.Framework, r.Package)
}

func (l pipLocker) resolve(ctx context.Context, r Release, s *Source) (Lock, error) {
	own, err := lockOf(r.Framework)
	if err != nil {
		return nil, err
	}
	wanted, err := fs.ReadFile(contenders.Files, path.Join(r.Framework, contenders.Required))
	if err != nil {
		return nil, fmt.Errorf("read the packages of %s: %w", r.Framework, err)
	}
	env, err := l.b.build(ctx, r.Framework, nil, nil)
	if err != nil {
		return nil, err
	}
	lock, files, about, pinned := Lock{}, map[string]string{}, r.Package+" "+r.Version, "=="+r.Version
	if s != nil {
		w, err := l.b.wheelOf(ctx, env.Python, r, *s)
		if err != nil {
			return nil, err
		}
		dir, err := os.MkdirTemp("", "tqbench-lock-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		at, err := w.in(dir)
		if err != nil {
			return nil, err
		}
		lock[w.name], files[normal(r.Package)] = w.data, w.name
		about, pinned = r.Package+", "+s.String()+w.about(), " @ "+fileURL(at)
	}
	if wanted, err = r.in(wanted, pinned); err != nil {
		return nil, err
	}
	pins := pinsOf(own)
	extensions := extensionsOf(pins, normal(r.Package))
	report, err := l.b.resolve(ctx, env.Python, wanted, keep(pins, []string{normal(r.Package)}))
	if errors.Is(err, errConflict) {
		needed := neededBy(pins, append(extensions, normal(r.Package))...)
		report, err = l.b.resolve(ctx, env.Python, loosened(wanted, extensions), keep(pins, needed))
	}
	if err != nil {
		return nil, err
	}
	lines, err := lockedPackages(report, files)
	if err != nil {
		return nil, err
	}
	lock[contenders.Lock] = []byte(header(about) + lines)
	return lock, nil
}

// build installs the locked packages, or finds them.
func (l pipLocker) build(ctx context.Context, r Release, lock Lock) (Env, error) {
	wheels := map[string][]byte{}
	for name, data := range lock {
		if strings.HasSuffix(name, wheelEnding) {
			wheels[name] = data
		}
	}
	return l.b.build(ctx, r.Framework, lock[contenders.Lock], wheels)
}
