// Package contenders has a folder for each task queue, which describes it as data: contender.yaml says how workers are started, which
// settings make the match fair and what messages are; app.py registers the tasks; requirements.txt locks the packages.
//
// To add a queue, add a folder here. Package contender reads it.
package contenders

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

// Lock is the file of a folder that locks its packages.
const Lock = "requirements.txt"

// Files are the folders.
//
//go:embed */contender.yaml */*.py */requirements.txt
var Files embed.FS

// Locked are the names of the folders that have a lock, in order.
func Locked() ([]string, error) {
	locks, err := fs.Glob(Files, "*/"+Lock)
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	for i, l := range locks {
		locks[i] = path.Dir(l)
	}
	return locks, nil
}
