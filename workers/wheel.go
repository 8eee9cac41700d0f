package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/workers/internal/interpreter"
)

// wheel is a wheel's file. Tools are the packages that built it, if tqbench did.
type wheel struct {
	name, tools string
	data        []byte
}

// fileURL is the URL of a file.
func fileURL(at string) string { return (&url.URL{Scheme: "file", Path: at}).String() }

// wheelOf is the wheel of a source. That of a revision is built once, and kept in the cache.
func (b *Builder) wheelOf(ctx context.Context, python string, r Release, s Source) (wheel, error) {
	if s.SHA256 != "" {
		data, err := readWheel(s.From)
		if err != nil {
			return wheel{}, err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != s.SHA256 {
			return wheel{}, fmt.Errorf("%s has changed", s.From)
		}
		return wheel{name: filepath.Base(s.From), data: data}, nil
	}
	parent := filepath.Join(b.Cache, "wheels")
	if err := makeFolder(parent); err != nil {
		return wheel{}, err
	}
	dir := filepath.Join(parent, r.Framework+"-"+s.Commit+"-"+hash([]byte(interpreter.Version)))
	w, err := keptWheel(dir)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing {
		w, err = b.buildWheel(ctx, python, s)
	}
	if err != nil {
		return w, err
	}
	of, err := packageOf(w.data)
	if err == nil && normal(of) != normal(r.Package) {
		err = fmt.Errorf("%s has the package %s, not %s", s.From, of, r.Package)
	}
	if err != nil || !missing {
		return w, err
	}
	return w, atomicfile.WriteFolder(dir, func(dir string) error {
		return errors.Join(os.WriteFile(filepath.Join(dir, w.name), w.data, 0o644), os.WriteFile(filepath.Join(dir, toolsFile), []byte(w.tools), 0o644))
	})
}

// toolsFile has the packages that built a kept wheel.
const toolsFile = "tools.txt"

// keptWheel is the wheel in a folder.
func keptWheel(dir string) (wheel, error) {
	if _, err := os.Stat(dir); err != nil {
		return wheel{}, err
	}
	name, data, err := onlyWheel(dir)
	if err != nil {
		return wheel{}, err
	}
	tools, err := regular.Read(filepath.Join(dir, toolsFile), regular.Limit{Kind: "a list of packages", Bytes: 1 << 20})
	return wheel{name: name, data: data, tools: string(tools)}, err
}

// onlyWheel is the one wheel in a folder.
func onlyWheel(dir string) (name string, data []byte, err error) {
	found, err := glob.In(dir, "*"+wheelEnding)
	if err != nil || len(found) != 1 {
		return "", nil, errors.Join(fmt.Errorf("%s has %d wheels instead of one: remove it to build again", dir, len(found)), err)
	}
	data, err = readWheel(found[0])
	return filepath.Base(found[0]), data, err
}

// buildWheel builds the wheel of a revision. What builds it comes as wheels from the package index, in a folder apart from everything else.
// The build itself runs the repository's code: as a user without rights if we are root, without our variables, and with a pip that gets
// nothing from the network.
func (b *Builder) buildWheel(ctx context.Context, python string, s Source) (w wheel, err error) {
	repo, err := b.repository(ctx, s.From, s.Commit)
	if err != nil {
		return w, err
	}
	if b.Log != nil {
		b.Log("building the wheel of %s", s)
	}
	g, dir, user, err := process.FolderApart(ctx, "tqbench-build-")
	if err != nil {
		return w, err
	}
	defer g.Stop(syscall.SIGKILL, 0)
	source, tools, pip := filepath.Join(dir, "source"), filepath.Join(dir, "tools"), filepath.Join(dir, "pip")
	if err := repo.Checkout(ctx, s.Commit, source); err != nil {
		return w, err
	}
	wanted, err := buildsWith(ctx, python, source)
	if err != nil {
		return w, err
	}
	if w.tools, err = b.installTools(ctx, python, wanted, tools); err != nil {
		return w, fmt.Errorf("what builds it: %w", err)
	}
	if err := interpreter.WithPip(func(from string) error { return os.CopyFS(pip, os.DirFS(from)) }); err != nil {
		return w, err
	}
	home, out, log := filepath.Join(dir, "home"), filepath.Join(dir, "wheels"), filepath.Join(dir, "build.log")
	if err := errors.Join(os.Mkdir(home, 0o700), os.Mkdir(out, 0o700), os.WriteFile(log, nil, 0o600), process.Give(dir, user)); err != nil {
		return w, err
	}
	env := Env{Python: python, Apps: pip, Packages: tools}.Environ(map[string]string{"HOME": home, "TMPDIR": home, "PIP_CONFIG_FILE": os.DevNull,
		"PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_CONFIG_NOSYSTEM": "1"})
	err = g.Run(ctx, []process.Command{{Argv: []string{python, "-m", "pip", "wheel", "--quiet", "--no-input", "--no-deps", "--no-index",
		"--no-build-isolation", "--use-pep517", "--wheel-dir", out, source}, Env: env, Dir: home, User: user, Log: log}})
	if err != nil {
		return w, err
	}
	exit, err := g.Wait(ctx)
	if err != nil {
		return w, err
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return w, fmt.Errorf("its wheel can't be built: %s", process.LastWords(log))
	}
	w.name, w.data, err = onlyWheel(out)
	return w, err
}

// buildScript prints what builds the project in a folder: build-system.requires of its pyproject.toml, or setuptools (PEP 518).
const buildScript = `
import json, pathlib, sys, tomllib
f = pathlib.Path(sys.argv[1], "pyproject.toml")
print(json.dumps(tomllib.loads(f.read_text()).get("build-system", {}).get("requires", ["setuptools"]) if f.exists() else ["setuptools"]))`

// buildsWith are the requirements of a project's build.
func buildsWith(ctx context.Context, python, source string) ([]string, error) {
	cmd := exec.CommandContext(ctx, python, "-c", buildScript, source)
	cmd.Env, cmd.WaitDelay = Env{}.Environ(nil), lastOutput
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("read its pyproject.toml: %w", err)
	}
	var wanted []string
	if err := json.Unmarshal(out, &wanted); err != nil {
		return nil, fmt.Errorf("read its pyproject.toml: build-system.requires: %w", err)
	}
	for _, w := range wanted {
		// pip reads other lines as its options.
		if strings.HasPrefix(strings.TrimSpace(w), "-") || strings.ContainsAny(w, "\n\r@") {
			return nil, fmt.Errorf("its build needs %q, which is not from the package index", w)
		}
	}
	return wanted, nil
}

// installTools installs requirements into a folder, and returns what they are.
func (b *Builder) installTools(ctx context.Context, python string, wanted []string, target string) (string, error) {
	report, err := b.resolve(ctx, python, []byte(strings.Join(wanted, "\n")), nil)
	if err != nil {
		return "", err
	}
	lines, err := lockedPackages(report, nil)
	if err != nil || lines == "" {
		return "", errors.Join(err, os.MkdirAll(target, 0o755))
	}
	lock := target + ".txt"
	if err := os.WriteFile(lock, []byte(lines), 0o600); err != nil {
		return "", err
	}
	var names []string
	for _, p := range pinsOf([]byte(lines)) {
		names = append(names, p.name+" "+p.version)
	}
	slices.Sort(names)
	return strings.Join(names, ", "), pipInstall(ctx, python, lock, target)
}

// in writes a wheel into a folder for pip.
func (w wheel) in(dir string) (at string, err error) {
	at = filepath.Join(dir, w.name)
	return at, os.WriteFile(at, w.data, 0o644)
}

// about says how a lock's wheel came to be.
func (w wheel) about() string {
	if w.tools == "" {
		return ""
	}
	return ", built with " + w.tools + ","
}
