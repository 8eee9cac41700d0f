package broker

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tqbench/tqbench/internal/regular"
)

// largestFile is how large a file that a connection is configured by may be, in bytes.
const largestFile = 16 << 20

// checkFiles refuses files that a client library would read, and wait for: a pipe, or one without end. Those that are missing
// are the library's to tell of.
func checkFiles(paths ...string) error {
	for _, path := range paths {
		if path == "" {
			continue
		}
		_, err := regular.Read(path, regular.Limit{Kind: "a file of a connection", Bytes: largestFile})
		if errors.Is(err, regular.ErrRefused) {
			return fmt.Errorf("%w: read %s: %w", ErrSetup, path, err)
		}
	}
	return nil
}

// queryFiles are the files that a URL names in its query, under these names. A URL that can't be read names none.
func queryFiles(rawURL string, names ...string) []string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil
	}
	var out []string
	for _, name := range names {
		out = append(out, u.Query()[name]...)
	}
	return out
}

// environFiles are the files that variables name.
func environFiles(names ...string) []string {
	var out []string
	for _, name := range names {
		out = append(out, os.Getenv(name))
	}
	return out
}

// homeFiles are files of the user's home folder; without one there is none.
func homeFiles(names ...string) []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	var out []string
	for _, name := range names {
		out = append(out, filepath.Join(home, name))
	}
	return out
}
