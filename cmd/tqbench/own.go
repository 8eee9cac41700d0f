package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/suite"
)

// ownOptions are the flags of a user's own task.
type ownOptions struct {
	apps, tasks         []string
	path, python, calls string
	rate                int
	// sides are where the sides of a gate have the application, by arm.
	sides map[string]suite.OwnSide
}

func ownFlags() []string { return []string{"app", "task", "app-path", "app-python", "calls", "rate"} }

func (o *ownOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.apps, "app", nil, "your own application, `FRAMEWORK=MODULE` ("+contenders.ExampleApp+"); its --task replaces the scenario")
	f.StringArrayVar(&o.tasks, "task", nil, "your own task, by its framework's `NAME` for it ("+contenders.ExampleTask+"); FRAMEWORK=NAME where they differ")
	f.StringVar(&o.path, "app-path", ".", "folder to import your application from")
	f.StringVar(&o.python, "app-python", "", "interpreter with your application's packages, including its framework (default: tqbench's own)")
	f.StringVar(&o.calls, "calls", "", "JSON file with your task's arguments: an array of arrays, or of objects with args and kwargs (default: none)")
	f.IntVar(&o.rate, "rate", 50, "tasks per second of the paced phase of your own task")
}

func (o *ownOptions) given() bool { return len(o.apps) > 0 || len(o.tasks) > 0 || o.calls != "" }

// frameworks are those of the applications, in the order of the command line: the first is the baseline.
func (o *ownOptions) frameworks() []string {
	var out []string
	for _, a := range o.apps {
		framework, _, _ := strings.Cut(a, "=")
		out = append(out, framework)
	}
	return out
}

// isModule reports whether a text is a Python module's name, or a name within a module.
func isModule(s string) bool {
	module, within, ok := strings.Cut(s, ":")
	names := strings.Split(module, ".")
	if ok {
		names = append(names, strings.Split(within, ".")...)
	}
	return !slices.ContainsFunc(names, func(name string) bool {
		other := strings.IndexFunc(name, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		return name == "" || other >= 0 || unicode.IsDigit([]rune(name)[0])
	})
}

// named are the applications by framework.
func (o *ownOptions) named(catalog *contender.Catalog) (map[string]string, error) {
	out := map[string]string{}
	for _, a := range o.apps {
		framework, module, ok := strings.Cut(a, "=")
		if name, ok := strings.CutSuffix(module, ".py"); ok {
			return nil, fmt.Errorf("%w: --app %q: write the module's name, %s=%s", errUsage, a, framework, strings.ReplaceAll(name, "/", "."))
		}
		if !ok || !isModule(module) {
			return nil, fmt.Errorf("%w: --app %q: write FRAMEWORK=MODULE, such as %s", errUsage, a, contenders.ExampleApp)
		}
		var known []string
		for _, c := range catalog.Frameworks() {
			known = append(known, c.Framework())
		}
		switch {
		case !slices.Contains(known, framework):
			return nil, fmt.Errorf("%w: --app %q: unknown framework %q%s: choose from %s", errUsage, a, framework, text.DidYouMean(framework, known), strings.Join(known, ", "))
		case out[framework] != "":
			return nil, fmt.Errorf("%w: --app %q: %s has an application already, %s: give one for each framework", errUsage, a, framework, out[framework])
		}
		out[framework] = module
	}
	return out, nil
}

// tasksOf are the tasks by framework.
func (o *ownOptions) tasksOf(apps map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range o.tasks {
		if of, _, ok := strings.Cut(t, "="); ok && apps[of] == "" {
			return nil, fmt.Errorf("%w: --task %q: there is no --app %s=MODULE", errUsage, t, of)
		}
	}
	for framework := range apps {
		for _, t := range o.tasks {
			if of, name, ok := strings.Cut(t, "="); ok && of == framework {
				out[framework] = name
			} else if !ok && out[framework] == "" {
				out[framework] = t
			}
		}
		if out[framework] == "" {
			return nil, fmt.Errorf("%w: --task is missing: which task of %s to run", errUsage, framework)
		}
	}
	return out, nil
}

// scenario is the load for the user's own task.
func (o *ownOptions) scenario(catalog *contender.Catalog) (suite.Scenario, error) {
	switch {
	case len(o.apps) == 0:
		return suite.Scenario{}, fmt.Errorf("%w: --task needs --app FRAMEWORK=MODULE, such as %s", errUsage, contenders.ExampleApp)
	case len(o.tasks) == 0:
		return suite.Scenario{}, fmt.Errorf("%w: --app needs --task, the name of the task to run", errUsage)
	}
	own := suite.Own{Calls: []suite.Call{{Args: json.RawMessage("[]"), Kwargs: json.RawMessage("{}")}}}
	var err error
	if own.Apps, err = o.named(catalog); err == nil {
		own.Tasks, err = o.tasksOf(own.Apps)
	}
	if err != nil {
		return suite.Scenario{}, err
	}
	if own.Path, err = filepath.Abs(o.path); err != nil {
		return suite.Scenario{}, fmt.Errorf("%w: --app-path: %w", errUsage, err)
	}
	if info, err := os.Stat(own.Path); err != nil || !info.IsDir() {
		return suite.Scenario{}, fmt.Errorf("%w: --app-path %s: no such folder", errUsage, o.path)
	}
	own.Sides = o.sides
	if o.python != "" {
		if own.Python, err = program("app-python", o.python); err != nil {
			return suite.Scenario{}, err
		}
	}
	if o.calls != "" {
		data, err := regular.Read(o.calls, regular.Limit{Kind: "a file of calls", Bytes: largestInput})
		if err != nil {
			return suite.Scenario{}, fmt.Errorf("%w: --calls %s: %w", errUsage, o.calls, err)
		}
		if own.Calls, err = suite.ParseCalls(data); err != nil {
			return suite.Scenario{}, fmt.Errorf("%w: --calls %s: %w", errUsage, o.calls, err)
		}
	}
	s, err := suite.OwnScenario(own, o.rate)
	if err != nil {
		return suite.Scenario{}, fmt.Errorf("%w: %w", errUsage, err)
	}
	return s, nil
}

// program is the absolute path of the program that a flag names.
func program(flag, path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%w: --%s: %w", errUsage, flag, err)
	}
	info, err := os.Stat(abs)
	if err == nil && info.IsDir() {
		return "", fmt.Errorf("%w: --%s %s: no such program but a folder: name the program in it, such as %s", errUsage, flag, path, filepath.Join(path, "bin", "python"))
	}
	if err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("%w: --%s %s: no such program", errUsage, flag, path)
	}
	return abs, nil
}
