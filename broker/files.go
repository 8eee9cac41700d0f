package broker

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tqbench/tqbench/internal/regular"
)

// largestFile is the maximum size in bytes of a file that configures a connection.
const largestFile = 16 << 20

// checkFiles refuses files that a client library would wait for: a pipe, or one without an end. The library itself reports missing ones.
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

// queryFiles are the files in a URL's query, under these names. An unreadable URL has none.
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

// environFiles are the files in variables.
func environFiles(names ...string) []string {
	var out []string
	for _, name := range names {
		out = append(out, os.Getenv(name))
	}
	return out
}

// homeFiles are files in the user's home folder; without one there are none.
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
