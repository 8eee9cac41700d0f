// Package workers makes the Python environments of workers: one pinned interpreter for all frameworks, one locked set of packages per
// framework, one shared module of task bodies.
//
// Everything is in a cache folder, under names with a hash of the inputs, so that a second build finds the first one's work and two
// versions of tqbench don't disturb each other.
package workers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers/internal/interpreter"
)

//go:embed locks/*.txt
var locks embed.FS

// CacheEnv names the variable that replaces the user's cache folder.
const CacheEnv = "TQBENCH_CACHE"

// Names lists the environments that can be built, by the names of their locks.
func Names() ([]string, error) {
	files, err := fs.Glob(locks, "locks/*.txt")
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".txt")
	}
	folders, err := contenders.Locked()
	if err != nil {
		return nil, err
	}
	files = append(files, folders...)
	slices.Sort(files)
	return files, nil
}

// lockOf is the lock of that name, or that of the contender's folder.
func lockOf(name string) ([]byte, error) {
	lock, err := locks.ReadFile("locks/" + name + ".txt")
	if errors.Is(err, fs.ErrNotExist) {
		lock, err = fs.ReadFile(contenders.Files, path.Join(name, contenders.Lock))
	}
	if err != nil {
		names, _ := Names()
		return nil, fmt.Errorf("unknown worker environment %q: choose from %s", name, strings.Join(names, ", "))
	}
	return lock, nil
}

// Builder builds environments.
type Builder struct {
	// Cache is the folder that keeps them.
	Cache string
	// Log receives messages about slow steps; it may be nil.
	Log func(format string, args ...any)
}

// ErrNoCache says that no folder for the environments is known.
var ErrNoCache = errors.New("no folder for the workers' packages")

// NewBuilder returns a builder on the user's cache folder, or on TQBENCH_CACHE.
func NewBuilder(log func(string, ...any)) (*Builder, error) {
	cache := os.Getenv(CacheEnv)
	if cache == "" {
		var err error
		if cache, err = defaultCache(); err != nil {
			return nil, fmt.Errorf("%w: %w: set %s to a folder, or HOME", ErrNoCache, err, CacheEnv)
		}
	}
	cache, err := filepath.Abs(cache)
	if err != nil {
		return nil, fmt.Errorf("find the cache folder: %w", err)
	}
	return &Builder{Cache: cache, Log: log}, nil
}

// rootsCache is root's cache folder: programs that root starts run as other users, who can't enter root's own folder.
const rootsCache = "/var/cache/tqbench"

func defaultCache() (string, error) {
	if os.Getuid() == 0 && runtime.GOOS == "linux" {
		return rootsCache, nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "tqbench"), err
}

// makeFolder makes a folder that every user may read. Root's umask may keep its files private.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// open lets every user read a folder's content.
func open(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if mode&0o100 != 0 {
			mode |= 0o111
		}
		if mode == info.Mode().Perm() {
			return nil
		}
		return os.Chmod(path, mode)
	})
}

// Build makes the environment of that name, or finds it.
func (b *Builder) Build(ctx context.Context, name string) (Env, error) {
	o, err := ownOf(name)
	if err != nil {
		return Env{}, err
	}
	if o.runtime != "" {
		return b.buildOwn(ctx, o)
	}
	lock, err := lockOf(name)
	if err != nil {
		return Env{}, err
	}
	return b.build(ctx, name, lock, nil)
}

// build makes a lock's environment; without a lock it is the interpreter alone. The wheels, by name, are those that no index has.
func (b *Builder) build(ctx context.Context, name string, lock []byte, wheels map[string][]byte) (Env, error) {
	if err := makeFolder(b.Cache); err != nil {
		return Env{}, fmt.Errorf("make the cache folder: %w", err)
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return Env{}, err
	}
	defer unlock()

	exe, err := interpreter.Unpack(b.Cache)
	if err != nil {
		return Env{}, err
	}
	if err := b.share(exe); err != nil {
		return Env{}, fmt.Errorf("let others run the interpreter: %w", err)
	}
	appDir, err := b.unpackApps()
	if err != nil {
		return Env{}, err
	}
	env := Env{Name: name, Python: exe, Apps: appDir}
	if lock == nil {
		env.Versions = []results.Software{{Name: cpython, Version: interpreter.Version}}
		return env, nil
	}
	env.Packages, env.Lock = b.packages(name, lock), hash(lock)
	stamp, data, err := stampOf(env)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = b.install(ctx, env, lock, wheels)
	}
	if err != nil {
		return Env{}, fmt.Errorf("build the %s workers: %w", name, err)
	}
	if err := json.Unmarshal(data, &env.Versions); err != nil {
		return Env{}, fmt.Errorf("read %s: %w: remove its folder to build it again", stamp, err)
	}
	return env, nil
}

// share lets every user run an unpacked interpreter, and lock it as Unpack does.
func (b *Builder) share(exe string) error {
	dir := filepath.Dir(filepath.Dir(exe)) // two levels above bin's content
	for _, path := range []string{dir, dir + ".lock"} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode()&0o004 != 0 {
			continue
		}
		if err := open(path); err != nil {
			return err
		}
	}
	return nil
}

// packages is the place of a lock's packages.
func (b *Builder) packages(name string, lock []byte) string {
	return filepath.Join(b.Cache, "packages", name+"-"+hash(lock, []byte(interpreter.Version+runtime.GOOS+runtime.GOARCH)))
}

// stampOf is the file with the versions of an environment, and its content.
func stampOf(env Env) (path string, data []byte, err error) {
	path = filepath.Join(env.Packages, "tqbench-versions.json")
	data, err = regular.Read(path, regular.Limit{Kind: "a list of versions", Bytes: 1 << 20})
	return path, data, err
}

// Installed is the environment of that name with its versions. It installs nothing: if it would have to, the second result is false.
func (b *Builder) Installed(name string) (Env, bool, error) {
	o, err := ownOf(name)
	if err != nil {
		return Env{}, false, err
	}
	if o.runtime != "" {
		return b.installedOwn(o)
	}
	lock, err := lockOf(name)
	if err != nil {
		return Env{}, false, err
	}
	env := Env{Name: name, Packages: b.packages(name, lock)}
	stamp, data, err := stampOf(env)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return env, false, nil
	case err != nil:
		return env, false, err
	}
	if err := json.Unmarshal(data, &env.Versions); err != nil {
		return env, false, fmt.Errorf("read %s: %w", stamp, err)
	}
	return env, true, nil
}

const (
	// lockPoll is how often to try a lock that another process has.
	lockPoll = 50 * time.Millisecond
	// lockSilence is how long to wait for it without a word: longer than it takes to find that nothing has to be built.
	lockSilence = time.Second
)

// lock reserves the cache for us until unlock is called: two concurrent builds would write into one folder. A cache in which we may not write
// needs no lock: what is there is complete.
func (b *Builder) lock(ctx context.Context) (unlock func(), err error) {
	l := flock.New(filepath.Join(b.Cache, "build.lock"), flock.SetFlag(os.O_CREATE|os.O_RDONLY|syscall.O_NONBLOCK), flock.SetPermissions(0o644))
	ok, err := l.TryLock()
	if err != nil && !b.writable() {
		return func() {}, nil
	}
	if err == nil && !ok {
		waiting, stop := context.WithTimeout(ctx, lockSilence)
		ok, err = l.TryLockContext(waiting, lockPoll)
		stop()
	}
	if !ok && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		if b.Log != nil {
			b.Log("waiting for another tqbench, which builds in %s", b.Cache)
		}
		_, err = l.TryLockContext(ctx, lockPoll)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", b.Cache, err)
	}
	return func() { _ = l.Close() }, nil
}

// writable reports whether we may make files in the cache.
func (b *Builder) writable() bool { return unix.Access(b.Cache, unix.W_OK|unix.X_OK) == nil }

// lastOutput is how long a killed program's children may keep its output open.
const lastOutput = time.Second

// install installs the locked packages next to their final place, from the network only what matches the lock's hashes, and renames.
func (b *Builder) install(ctx context.Context, env Env, lock []byte, wheels map[string][]byte) ([]byte, error) {
	if b.Log != nil {
		b.Log("installing the locked packages for %s", env.Name)
	}
	parent := filepath.Dir(env.Packages)
	if err := makeFolder(parent); err != nil {
		return nil, err
	}
	// A killed build left its folder; no one else builds while we hold the lock.
	stale, err := glob.In(parent, ".*")
	if err != nil {
		return nil, err
	}
	for _, dir := range stale {
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
	}
	tmp, err := os.MkdirTemp(parent, "."+env.Name+"-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	for name, data := range wheels {
		if err := os.WriteFile(filepath.Join(tmp, filepath.Base(name)), data, 0o644); err != nil {
			return nil, err
		}
	}
	lockFile, target := filepath.Join(tmp, "lock.txt"), filepath.Join(tmp, "packages")
	// pip would look for wheels in the folder in which we run, not in that of the lock.
	lock = bytes.ReplaceAll(lock, []byte("\n./"), []byte("\n"+fileURL(tmp)+"/"))
	if err := os.WriteFile(lockFile, lock, 0o644); err != nil {
		return nil, err
	}
	if err := pipInstall(ctx, env.Python, lockFile, target); err != nil {
		return nil, err
	}
	built := env
	built.Packages = target
	versions, err := built.ask(ctx)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(target, "tqbench-versions.json"), versions, 0o644); err != nil {
		return nil, err
	}
	if err := open(target); err != nil {
		return nil, err
	}
	if err := os.Rename(target, env.Packages); err != nil {
		return nil, err
	}
	return versions, nil
}

func hash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
