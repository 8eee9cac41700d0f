// Package contenders has a folder for each task queue, which describes it as data: contender.yaml says how workers are started, which
// settings make the match fair and what messages are; app.py or app.mjs registers the tasks; requirements.txt or package-lock.json locks the
// packages.
//
// To add a queue, add a folder here. Package contender reads it.
package contenders

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// Lock is the file of a folder that locks its packages, NodeLock that of one whose programs are in JavaScript.
const (
	Lock     = "requirements.txt"
	NodeLock = "package-lock.json"
)

// Files are the folders.
//
//go:embed */contender.yaml */*.py */requirements.txt */*.mjs */package.json */package-lock.json
var Files embed.FS

// Locked are the names of the folders that have a lock, in order.
func Locked() ([]string, error) {
	var names []string
	for _, lock := range []string{Lock, NodeLock} {
		locks, err := fs.Glob(Files, "*/"+lock)
		if err != nil {
			return nil, fmt.Errorf("list locks: %w", err)
		}
		for _, l := range locks {
			names = append(names, path.Dir(l))
		}
	}
	slices.Sort(names)
	return names, nil
}
