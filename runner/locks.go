package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// Locks are the locks of the releases that a plan's contenders name, by release.
type Locks map[workers.Release]workers.Lock

const (
	// locksFolder is the folder of the locks below an output folder.
	locksFolder = "locks"
	// largestLock is the maximum size of a lock's file in bytes: wheels and sources are some.
	largestLock = 64 << 20
)

// lockPath is the folder of a release's lock below an output folder.
func lockPath(out string, r workers.Release) string {
	return filepath.Join(out, locksFolder, r.String())
}

// readLock reads a release's lock in an output folder.
func readLock(out string, r workers.Release) (workers.Lock, error) {
	dir := lockPath(out, r)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	lock := workers.Lock{}
	for _, e := range entries {
		if lock[e.Name()], err = regular.Read(filepath.Join(dir, e.Name()), regular.Limit{Kind: "a lock of packages", Bytes: largestLock}); err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, e.Name()), err)
		}
	}
	return lock, nil
}

// LockError says that a contender's release has no lock.
type LockError struct {
	// Contender is its full name.
	Contender string
	Err       error
}

func (e *LockError) Error() string { return fmt.Sprintf("contender %s: %v", e.Contender, e.Err) }

// Unwrap is why.
func (e *LockError) Unwrap() error { return e.Err }

// Resolve makes the locks of the releases in a plan, each once. A release that has a lock in the output folder keeps it, so that a repeated run
// has the same packages. builder is called if there is any release.
func Resolve(ctx context.Context, plan suite.Plan, out string, builder func() (*workers.Builder, error)) (Locks, error) {
	catalog, err := contender.NewCatalog(plan.Paths()...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	locks := Locks{}
	for _, arm := range plan.Arms {
		c, err := catalog.Find(arm.Contender)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInput, err)
		}
		r, chosen := contender.Release(c)
		if !chosen || locks[r] != nil {
			continue
		}
		kept, err := readLock(out, r)
		if err == nil && len(kept) > 0 {
			locks[r] = kept
			continue
		}
		b, err := builder()
		if err != nil {
			return nil, err
		}
		switch locks[r], err = b.Resolve(ctx, r, sourceOf(plan, r)); {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			return nil, &LockError{Contender: c.Name(), Err: err}
		}
	}
	return locks, nil
}

// sourceOf is where a plan's release comes from if no package index has it, otherwise nil.
func sourceOf(plan suite.Plan, r workers.Release) *workers.Source {
	s, ok := plan.Source(r.Framework, r.Version)
	if !ok {
		return nil
	}
	return &workers.Source{From: s.From, Revision: s.Revision, Commit: s.Commit, SHA256: s.SHA256}
}

// Write writes the locks into an output folder, each whole or not at all, and removes those of an earlier plan.
func (l Locks) Write(out string) error {
	entries, err := os.ReadDir(filepath.Join(out, locksFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep the locks: %w", err)
	}
	for _, e := range entries {
		ours := func(r workers.Release) bool { return r.String() == e.Name() }
		if strings.Contains(e.Name(), suite.ReleaseMark) && !slices.ContainsFunc(slices.Collect(maps.Keys(l)), ours) {
			if err := os.RemoveAll(filepath.Join(out, locksFolder, e.Name())); err != nil {
				return fmt.Errorf("remove the lock of an earlier plan: %w", err)
			}
		}
	}
	for r, lock := range l {
		path := lockPath(out, r)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("keep the lock of %s: %w", r, err)
		}
		err := atomicfile.WriteFolder(path, func(dir string) (err error) {
			for name, data := range lock {
				err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), data, 0o644))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("keep the lock of %s: %w", r, err)
		}
	}
	return nil
}

// release builds the environment of a release from its lock in the output folder.
func (s *session) release(ctx context.Context, r workers.Release) (workers.Env, error) {
	lock, err := readLock(s.Out, r)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return workers.Env{}, fmt.Errorf("%w: %s is missing, which locks the packages of %s: plan the run again, in another folder", ErrInput, lockPath(s.Out, r), r)
	case err != nil:
		return workers.Env{}, err
	}
	return s.Builder.BuildRelease(ctx, r, lock)
}

// releaseSettings are the settings that a set-up in a chosen release has in addition.
func (s *session) releaseSettings(c contender.Contender, sc suite.Scenario) ([]results.Setting, error) {
	r, chosen := contender.Release(c)
	if !chosen {
		return nil, nil
	}
	why := "locked once for this run, in the folder locks; other packages are those of tqbench's lock unless this release needs others"
	source := sourceOf(s.plan, r)
	if source != nil {
		why = source.String() + "; " + why
	}
	out := []results.Setting{{Name: "packages", Value: filepath.Base(lockPath("", r)), Default: "tqbench's lock", Why: why}}
	proved, err := r.Locked()
	if err != nil || source == nil && s.envs[environment(c)].Version(r.Framework) == proved {
		return out, err
	}
	if slices.ContainsFunc(sc.Phases, func(p suite.Phase) bool { return p.Producer == suite.Wire }) {
		out = append(out, results.Setting{Name: "messages", Value: "those of the client of " + proved, Default: "those of this release's client",
			Why: "the wire producer's messages are proved for " + r.Framework + " " + proved + " alone, so workers of each release get the same ones; the client producer is this release's own"})
	}
	return out, nil
}

// environment names the environment that a contender runs in.
func environment(c contender.Contender) string {
	if r, chosen := contender.Release(c); chosen {
		return r.String()
	}
	return c.Framework()
}
