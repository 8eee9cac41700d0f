// Package bundle reads and writes bundles: one file with a whole run, which others can check.
//
// A bundle is a tar archive in gzip. Its first entry is manifest.json, which has the SHA-256 sum of each other entry; these follow in the
// order of their names: analysis.json, the locks of chosen releases, plan.json, and the files of results. Each entry is a regular file of
// mode 0644 with the owner 0 and the time 0, in the USTAR format (POSIX.1-1988), so that one run gives the same bytes wherever and whenever it is
// bundled by one build of tqbench. Any tar reads it; package verify says whether its content is right.
package bundle

import (
	"archive/tar"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/results"
)

// Version is the version of the format.
const Version = 1

// ErrFormat marks a file that isn't a bundle, or not one that is read here.
var ErrFormat = errors.New("not a bundle")

// ErrInput marks a run that can't be bundled as it is.
var ErrInput = errors.New("can't bundle")

// Manifest is manifest.json: what a bundle has, and what made its analysis.
type Manifest struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	// Tqbench, Go and System made the analysis: results of floating-point arithmetic may differ in the last digit between two of them.
	Tqbench results.Software `json:"tqbench"`
	Go      string           `json:"go"`
	System  string           `json:"system"`
	// Files are all other entries, in the order of their names.
	Files []File `json:"files"`
}

// File is an entry of a bundle.
type File struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// The names of entries.
const (
	manifestName = "manifest.json"
	// AnalysisName, PlanName and RunName are those of the files that each bundle has.
	AnalysisName = "analysis.json"
	PlanName     = "plan.json"
	RunName      = "results/run.json"
	formatName   = "tqbench-bundle"
	// columnEnding is that of column files' names.
	columnEnding = ".parquet"
)

// The bounds of a bundle.
const (
	mostFiles       = 200_000
	largestManifest = 64 << 20
	largestContent  = 8 << 30
	largestFile     = 4 << 30
	largestRatio    = 200     // bytes of content for one of the file: text compresses to a tenth, zeros to a thousandth
	largestPacked   = 16      // the same of column files, which are compressed already
	smallContent    = 4 << 20 // which is never too much
	longestName     = 99      // a tar header has no more
)

// entryName is what names of entries look like: no folder or file begins with a dot, so that none leads out of the bundle's folder.
var entryName = regexp.MustCompile(`^(analysis\.json|plan\.json|locks/[A-Za-z0-9][A-Za-z0-9@._+-]*/[A-Za-z0-9_][A-Za-z0-9@._+-]*|results/(run|end)\.json|results/trials/[0-9]{4,9}/[A-Za-z0-9_][A-Za-z0-9@._+-]*)$`)

// hashed is the form of a name that has the beginning of the file's own SHA-256 sum.
var hashed = regexp.MustCompile(`^` + formatName + `-([0-9a-f]{32})\.tar\.gz$`)

// Namespace is what a signature of a bundle is for, in OpenSSH's terms: one for another purpose isn't taken for one.
const Namespace = "tqbench-bundle@tqbench.github.io"

// SignaturePath is where the signature of a bundle is.
func SignaturePath(file string) string { return file + ".sig" }

// Name is the name of a bundle with that SHA-256 sum in hexadecimal.
func Name(sum string) string { return formatName + "-" + sum[:32] + ".tar.gz" }

// checkName compares the sum in a bundle's name, if it has one, with that of its content.
func checkName(file, sum string) error {
	if m := hashed.FindStringSubmatch(filepath.Base(file)); m != nil && m[1] != sum[:len(m[1])] {
		return fmt.Errorf("its name has the SHA-256 sum %s..., and its content has %s...: it was changed, or it is damaged", m[1], sum[:len(m[1])])
	}
	return nil
}

// header is the tar header of an entry.
func header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
}

// decodeManifest reads and checks a manifest.
func decodeManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w: %s: %v", ErrFormat, manifestName, err)
	}
	wrong := func(format string, args ...any) (Manifest, error) {
		return Manifest{}, fmt.Errorf("%w: %s: %s", ErrFormat, manifestName, fmt.Sprintf(format, args...))
	}
	switch {
	case m.Format != formatName:
		return wrong("its format is %.40q, not %q", m.Format, formatName)
	case m.Version != Version:
		return wrong("it has version %d, this tqbench reads version %d: use the tqbench that wrote it", m.Version, Version)
	case len(m.Files) > mostFiles:
		return wrong("it lists %d files, and a bundle may have %d", len(m.Files), mostFiles)
	}
	total, before := int64(0), ""
	lower := map[string]bool{}
	for _, f := range m.Files {
		low := strings.ToLower(f.Path)
		switch {
		case len(f.Path) > longestName || !entryName.MatchString(f.Path) || path.Clean(f.Path) != f.Path:
			return wrong("%.120q is no name of a bundle's file", f.Path)
		case f.Path <= before:
			return wrong("%s comes after %s: files are listed once, in the order of their names", f.Path, before)
		case lower[low]:
			return wrong("%s differs from another name by upper and lower case alone", f.Path)
		case f.Bytes < 0 || f.Bytes > largestContent-total:
			return wrong("%s has %d bytes: a bundle may have %d in all", f.Path, f.Bytes, int64(largestContent))
		}
		total += f.Bytes
		before, lower[low] = f.Path, true
	}
	for _, name := range []string{AnalysisName, PlanName, RunName} {
		if !slices.ContainsFunc(m.Files, func(f File) bool { return f.Path == name }) {
			return wrong("it lists no %s", name)
		}
	}
	return m, nil
}

// content is how many bytes the files have.
func (m Manifest) content() (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

// packed is how many bytes the column files have.
func (m Manifest) packed() (n int64) {
	for _, f := range m.Files {
		if path.Ext(f.Path) == columnEnding {
			n += f.Bytes
		}
	}
	return n
}

// Find returns the entry of that name.
func (m Manifest) Find(name string) (File, bool) {
	i, ok := slices.BinarySearchFunc(m.Files, name, func(f File, name string) int { return cmp.Compare(f.Path, name) })
	if !ok {
		return File{}, false
	}
	return m.Files[i], true
}
