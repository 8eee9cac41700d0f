package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tqbench/tqbench/internal/regular"
)

const (
	appEnvName     = "app-env"
	appEnvFileName = "app-env-file"
)

// appEnvFlag is --app-env: values by name, nil for those to pass on from our own environment.
type appEnvFlag map[string]*string

// appEnvFlags adds the flags for the variables of the user's own application. They don't shape the plan: values may be secrets, and are
// never written.
func appEnvFlags(cmd *cobra.Command) {
	cmd.Flags().Var(appEnvFlag{}, appEnvName, "a variable that your application needs, `NAME=VALUE`, or NAME to pass on yours (safer, as process lists don't show it); values are never written")
	cmd.Flags().StringArray(appEnvFileName, nil, "`FILE` of such variables, a line NAME=VALUE each; --app-env takes precedence")
}

// String names the variables; a value may be a secret.
func (e appEnvFlag) String() string { return strings.Join(slices.Sorted(maps.Keys(e)), ",") }

// Type is the value's name if the help has no other.
func (e appEnvFlag) Type() string { return "NAME=VALUE" }

// Set takes one variable.
func (e appEnvFlag) Set(s string) error {
	name, value, given := strings.Cut(s, "=")
	if err := variable(name); err != nil {
		return err
	}
	e[name] = nil
	if given {
		e[name] = &value
	}
	return nil
}

// resolved are all variables with their values.
func (e appEnvFlag) resolved() (map[string]string, error) {
	out := map[string]string{}
	for name, given := range e {
		if given != nil {
			out[name] = *given
			continue
		}
		value, set := os.LookupEnv(name)
		if !set {
			return nil, fmt.Errorf("%w: --%s %s: it is not set here: write %s=VALUE, or set it", errUsage, appEnvName, name, name)
		}
		out[name] = value
	}
	return out, nil
}

// args are flags for the command that continues, without values.
func (e appEnvFlag) args() (args []string) {
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if e[name] != nil {
			name += "=VALUE"
		}
		args = append(args, "--"+appEnvName, name)
	}
	return args
}

// variable checks the name of a variable of an application.
func variable(name string) error {
	odd := strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	})
	switch {
	case name == "" || odd >= 0 || unicode.IsDigit(rune(name[0])):
		return errors.New("write NAME=VALUE, or NAME, of letters, digits and _")
	case strings.HasPrefix(name, "TQBENCH_"):
		return fmt.Errorf("%s: names that begin with TQBENCH_ are for tqbench itself", name)
	}
	return nil
}

// appEnv are the variables of a command line, of its files first.
func appEnv(cmd *cobra.Command) (map[string]string, error) {
	out := map[string]string{}
	files, err := cmd.Flags().GetStringArray(appEnvFileName)
	if err != nil {
		return nil, nil // the command has no such flag
	}
	for _, path := range files {
		if err := readVariablesIn(appEnvFileName, path, out); err != nil {
			return nil, err
		}
	}
	if e, ok := cmd.Flag(appEnvName).Value.(appEnvFlag); ok {
		given, err := e.resolved()
		if err != nil {
			return nil, err
		}
		maps.Copy(out, given)
	}
	return out, nil
}

// readVariablesIn reads the file that a flag names.
func readVariablesIn(flag, path string, to map[string]string) error {
	data, err := regular.Read(path, regular.Limit{Kind: "a file of variables", Bytes: largestScenario})
	if err == nil {
		err = readVariables(data, to)
	}
	if err != nil {
		return fmt.Errorf("%w: --%s %s: %w", errUsage, flag, path, err)
	}
	return nil
}

// readVariables reads lines of NAME=VALUE. A value may be in quotes; a line may begin with export, and one with # is a comment. An error
// shows no value.
func readVariables(data []byte, to map[string]string) error {
	text := strings.TrimPrefix(string(data), "\ufeff")
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		err := variable(name)
		switch {
		case !ok:
			return fmt.Errorf("line %d: write NAME=VALUE", i+1)
		case err != nil:
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		if value, ok = unquoted(value); !ok {
			return fmt.Errorf("line %d: the quotation mark of %s is not closed: a value is one line", i+1, name)
		}
		if strings.ContainsRune(value, 0) {
			return fmt.Errorf("line %d: %s has a zero byte, which no variable can have", i+1, name)
		}
		to[name] = value
	}
	return nil
}

// unquoted is a value without its quotation marks, or, if it has none, without a comment.
func unquoted(value string) (string, bool) {
	if value == "" || value[0] != '"' && value[0] != '\'' {
		value, _, _ = strings.Cut(value, " #")
		return strings.TrimSpace(value), true
	}
	inside, rest, closed := strings.Cut(value[1:], value[:1])
	rest = strings.TrimSpace(rest)
	return inside, closed && (rest == "" || rest[0] == '#')
}

// appEnvArgs are the flags for the command that continues, without values.
func appEnvArgs(cmd *cobra.Command) (args []string) {
	if f := cmd.Flag(appEnvName); f != nil {
		if e, ok := f.Value.(appEnvFlag); ok {
			args = e.args()
		}
	}
	if f := cmd.Flag(appEnvFileName); f != nil {
		if files, ok := f.Value.(pflag.SliceValue); ok {
			for _, path := range files.GetSlice() {
				args = append(args, "--"+appEnvFileName, path)
			}
		}
	}
	for _, name := range []string{baseEnvName, changeEnvName} {
		if f := cmd.Flag(name); f != nil && f.Changed {
			args = append(args, "--"+name, f.Value.String())
		}
	}
	return args
}
