package workers

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// The names of interpreters and compilers among versions; that of Node.js is nodeJS.
const (
	cpython    = "cpython"
	goCompiler = "go command"
)

// Env is a framework's environment, ready to run.
type Env struct {
	// Name is its lock's.
	Name string
	// Python is the interpreter's path.
	Python string
	// Packages has the installed packages, Apps the shared module; both go on PYTHONPATH.
	Packages string
	Apps     string
	// Folder has the files of a contender that was copied or built: an external one's, or those of programs in JavaScript or Go.
	Folder string
	// Node is the path of Node.js, if the contender's programs are in JavaScript.
	Node string
	// Versions has the interpreter and each package.
	Versions []results.Software
	// Lock is a sum of the lock, or of the files that programs in JavaScript or Go are built from.
	Lock string
}

// Version is the version of one package, or "".
func (e Env) Version(name string) string {
	for _, v := range e.Versions {
		if v.Name == name {
			return v.Version
		}
	}
	return ""
}

// Main are the versions of what runs the contender's programs, and of its framework.
func (e Env) Main() []results.Software {
	return slices.DeleteFunc(slices.Clone(e.Versions), func(s results.Software) bool {
		return !slices.Contains([]string{cpython, nodeJS, goCompiler, e.Name}, s.Name)
	})
}

// Path is where Python looks for the shared module and the packages.
func (e Env) Path() string {
	path := []string{e.Apps}
	if e.Folder != "" {
		path = append(path, filepath.Dir(filepath.Dir(e.Folder))) // contenders/NAME is below it
	}
	if e.Packages != "" {
		path = append(path, e.Packages)
	}
	return strings.Join(path, string(os.PathListSeparator))
}

// Environ is the environment of a Python process: the caller's variables and those that it needs to run, and no others of this machine.
func (e Env) Environ(set map[string]string) []string {
	env := map[string]string{
		"PATH":                    "/usr/local/bin:/usr/bin:/bin",
		"HOME":                    os.TempDir(),
		"LANG":                    "C.UTF-8",
		"PYTHONPATH":              e.Path(),
		"PYTHONNOUSERSITE":        "1",
		"PYTHONDONTWRITEBYTECODE": "1",
		"PYTHONUNBUFFERED":        "1",
		// A worker never reaches AWS by accident: only a set-up for AWS removes these.
		"AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ENDPOINT_URL":          "http://127.0.0.1:9",
		"AWS_ACCESS_KEY_ID":         "tqbench",
		"AWS_SECRET_ACCESS_KEY":     "tqbench",
	}
	for k, v := range set {
		env[k] = v
	}
	var out []string
	for k, v := range env {
		out = append(out, k+"="+v)
	}
	slices.Sort(out)
	return out
}

// versionsScript prints an environment's content as results.Software. Importing the standard library's larger modules here also leaves
// their bytecode in the interpreter's folder, which no worker writes to later.
const versionsScript = `
import asyncio, concurrent.futures, importlib.metadata, json, logging.config, multiprocessing, platform, ssl, sqlite3
rows = sorted((d.metadata["Name"].lower(), d.version) for d in importlib.metadata.distributions())
rows.insert(0, ("cpython", platform.python_version()))
print(json.dumps([{"name": n, "version": v} for n, v in rows]))`

// ask runs the environment's interpreter to list its versions.
func (e Env) ask(ctx context.Context) ([]byte, error) {
	cmd := exec.CommandContext(ctx, e.Python, "-c", versionsScript)
	cmd.Env = e.Environ(map[string]string{"PYTHONDONTWRITEBYTECODE": ""})
	var stderr bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &stderr, lastOutput
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run the interpreter: %w: %s", err, process.LastLine(stderr.Bytes()))
	}
	return out, nil
}
