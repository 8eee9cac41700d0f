// Package glob finds files below folders whose names may have any letter: those of a pattern, too.
package glob

import (
	"path/filepath"
	"strings"
)

// In lists what matches a pattern of path elements below a folder, sorted. The folder is taken as it is. The error is
// filepath.ErrBadPattern.
func In(folder string, pattern ...string) ([]string, error) {
	escaped := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
	return filepath.Glob(filepath.Join(append([]string{escaped}, pattern...)...))
}
