package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tqbench/tqbench/internal/process"
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

// readable refuses files that the workers can't read: if root runs tqbench, they run as another user.
func readable(paths ...string) error {
	for _, path := range paths {
		if path == "" || os.Getuid() != 0 {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("%w: a file of the URL: %w", ErrSetup, err)
		}
		shut, err := process.Shut(path)
		if err != nil {
			return fmt.Errorf("%w: a file of the URL: %w", ErrSetup, err)
		}
		if shut != "" || info.Mode()&0o004 == 0 {
			return fmt.Errorf("%w: workers run as another user than root, who can't read %s: let all users read it, or run tqbench as a user without root's rights",
				ErrSetup, path)
		}
	}
	return nil
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
