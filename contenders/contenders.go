// Package contenders has a folder for each task queue, which describes it as data: contender.yaml says how workers are started, which
// settings make the match fair and what messages are; app.py, app.mjs or a module in _go registers the tasks; requirements.txt,
// package-lock.json or go.sum locks the packages.
//
// To add a queue, add a folder here. Package contender reads it.
package contenders

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Lock is the file of a folder that locks its packages, NodeLock that of one whose programs are in JavaScript. Required has the packages that
// Lock locks.
const (
	Lock     = "requirements.txt"
	Required = "requirements.in"
	NodeLock = "package-lock.json"
	// NodeManifest has the packages that NodeLock locks.
	NodeManifest = "package.json"
)

// Of a queue in Go, the module is in GoSource, which tqbench's own module ignores: its name begins with _. The names of its go.mod and go.sum
// end with GoSuffix, as go:embed takes no file of another module.
const (
	GoSource = "_go/"
	GoSuffix = ".txt"
	GoModule = GoSource + "go.mod" + GoSuffix
	GoSums   = GoSource + "go.sum" + GoSuffix
)

// Files are the folders.
//
//go:embed */contender.yaml */*.py */requirements.in */requirements.txt */*.mjs */package.json */package-lock.json */_go/*
var Files embed.FS

// Locked are the names of the folders that have a lock, in order.
func Locked() ([]string, error) {
	var names []string
	for _, lock := range []string{Lock, NodeLock, GoModule} {
		locks, err := fs.Glob(Files, "*/"+lock)
		if err != nil {
			return nil, fmt.Errorf("list locks: %w", err)
		}
		for _, l := range locks {
			name, _, _ := strings.Cut(l, "/")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
