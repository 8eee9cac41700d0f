package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	// loadLimit bounds the loading of an application.
	loadLimit = 60 * time.Second
	// mostDescribed is the maximum size of a description.
	mostDescribed = 8 << 20
	// nowhere is the address that contender.Nowhere has.
	nowhere = "127.0.0.1:1"
	// namesShown is how many of an application's tasks an error names.
	namesShown = 10
)

// Application is a user's own application, as its interpreter describes it after loading it.
type Application struct {
	// Python is the interpreter's version, Version the framework's in it.
	Python  string `json:"python"`
	Version string `json:"version"`
	// Packages are those of the interpreter.
	Packages []results.Software `json:"packages"`
	// Names are its tasks.
	Names []string `json:"names"`
	// Settings are its settings that are replaced, as they lead to its own broker.
	Settings []results.Setting `json:"settings"`
	// Unlike is why the framework's client sends other messages of the task than the wire producer would, or "".
	Unlike string `json:"unlike"`
	// Unbound are calls whose arguments the task doesn't take.
	Unbound []unbound    `json:"unbound"`
	Error   *loadFailure `json:"error"`
}

// unbound is a call, counted from 1, that a task doesn't take.
type unbound struct {
	Call  int    `json:"call"`
	Why   string `json:"why"`
	Takes string `json:"takes"`
}

// loadFailure is why an application can't be loaded.
type loadFailure struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	File string `json:"file"`
	Line string `json:"line"`
	// Variable is the variable of the environment that it looked for, Module the module.
	Variable string `json:"variable"`
	Module   string `json:"module"`
}

// Inspect loads the application of a target in its interpreter, with the environment of its workers, and checks the task and its calls.
// Nothing connects to the target's broker.
func Inspect(ctx context.Context, c contender.Contender, t contender.Target, task string, calls []suite.Call) (Application, error) {
	setup, err := c.Setup(t)
	if err != nil {
		return Application{}, err
	}
	watch, err := clock.New()
	if err != nil {
		return Application{}, err
	}
	keeper, folder, err := process.Folder(ctx, "tqbench-app-")
	if err != nil {
		return Application{}, fmt.Errorf("make a folder: %w", err)
	}
	defer keeper.Stop(syscall.SIGKILL, 0)
	box := &sandbox{clock: watch, target: t, set: setup.Environ, folder: folder, dir: folder}
	box.redact = box.redactor()
	if err := box.giveUpRoot(); err != nil {
		return Application{}, err
	}
	a, err := box.describe(ctx, setup.App, task, calls)
	if err == nil {
		bare := len(calls) == 1 && string(calls[0].Args) == "[]" && string(calls[0].Kwargs) == "{}"
		err = a.wrong(c.Framework(), t.Own, task, bare, box.redact)
	}
	return a, err
}

// describe lets the application's interpreter describe it.
func (b *sandbox) describe(ctx context.Context, module, task string, calls []suite.Call) (a Application, err error) {
	spec, out, log := filepath.Join(b.folder, "spec"), filepath.Join(b.folder, "described"), filepath.Join(b.folder, "app.log")
	data, err := json.Marshal(map[string]any{"app": module, "path": b.target.Own.Path, "task": task, "calls": calls, "out": out})
	if err == nil {
		err = process.WriteFor(b.user, spec, data)
	}
	if err != nil {
		return a, fmt.Errorf("ask about the application: %w", err)
	}
	slow := fmt.Errorf("it did not load within %s", loadLimit)
	limited, cancel := context.WithTimeoutCause(ctx, loadLimit, slow)
	defer cancel()
	exit, _, err := b.run(limited, process.Command{Argv: []string{b.target.Env.Python, "-m", "tqbench.application", spec}, Log: log})
	app := "--app " + b.target.Env.Name + "=" + b.target.Own.App
	switch {
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	case errors.Is(context.Cause(limited), slow):
		return a, fmt.Errorf("%s: %w; its last words: %s", app, slow, b.lastWords(log))
	case err != nil:
		return a, fmt.Errorf("%s: the interpreter %s can't be started: %w", app, b.target.Env.Python, err)
	}
	data, err = regular.ReadUnlinked(out, regular.Limit{Kind: "a description of an application", Bytes: mostDescribed})
	switch {
	case errors.Is(err, os.ErrNotExist):
		return a, fmt.Errorf("%s: %s can't load it (%s): %s", app, b.target.Env.Python, exit, b.lastWords(log))
	case err != nil:
		return a, fmt.Errorf("%s: read its description: %w", app, err)
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("%s: read its description: %w", app, err)
	}
	return a, nil
}

// wrong is what hinders a run of the task, with what to do, or nil. A bare call has no arguments.
func (a Application) wrong(framework string, own *contender.Own, task string, bare bool, hide redact.Redactor) error {
	app := "--app " + framework + "=" + own.App
	if a.Error != nil {
		return fmt.Errorf("%s can't be loaded: %s", app, a.Error.sentence(framework, own, hide))
	}
	if !slices.Contains(a.Names, task) {
		known := strings.Join(a.Names[:min(len(a.Names), namesShown)], ", ")
		if more := len(a.Names) - namesShown; more > 0 {
			known += fmt.Sprintf(" and %d more", more)
		}
		if len(a.Names) == 0 {
			known = "no task at all: name the module that has them"
		}
		return fmt.Errorf("--task %s: %s has no such task%s; it has %s", task, app, text.DidYouMean(task, a.Names), known)
	}
	if len(a.Unbound) > 0 {
		u := a.Unbound[0]
		how, do := fmt.Sprintf("call %d of --calls", u.Call), ""
		if bare {
			how, do = "a call without arguments", "; give its arguments with --calls"
		}
		return fmt.Errorf("--task %s%s doesn't take %s: %s%s", task, u.Takes, how, u.Why, do)
	}
	return nil
}

// sentence says why an application can't be loaded, and what to do.
func (f loadFailure) sentence(framework string, own *contender.Own, hide redact.Redactor) string {
	said := f.Kind + ": " + f.Text
	if f.Kind == "SystemExit" {
		said = f.Text
	}
	if f.File != "" {
		file := f.File
		if rel, err := filepath.Rel(own.Path, file); err == nil && !strings.HasPrefix(rel, "..") {
			file = rel
		}
		said += fmt.Sprintf(" (%s, line %s)", file, f.Line)
	}
	said = hide.String(said)
	switch {
	case strings.Contains(f.Text+" ", nowhere+" ") || strings.Contains(f.Text, nowhere+"."):
		said += "; it sends a task while it is loaded, when no broker is there: send tasks from functions only"
	case f.Variable != "":
		said += fmt.Sprintf("; it needs the variable %s: add --app-env %s=VALUE, --app-env %s to pass on yours, or --app-env-file", f.Variable, f.Variable, f.Variable)
	case f.Module == strings.SplitN(own.App, ".", 2)[0] || f.Module == strings.SplitN(own.App, ":", 2)[0]:
		said += fmt.Sprintf("; it is not in %s: name its folder with --app-path", own.Path)
	case f.Module == framework && own.Python != "":
		said += fmt.Sprintf("; install %s for %s, or name another interpreter with --app-python", framework, own.Python)
	case f.Module != "" && own.Python == "":
		said += "; name the interpreter that has your application's packages with --app-python, such as .venv/bin/python"
	case f.Module != "":
		said += fmt.Sprintf("; install it for %s, or name another interpreter with --app-python", own.Python)
	}
	return said
}
