package brokertest

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Root makes a small file system with programs of this machine, their libraries and an account, as a container image has them.
func Root(t *testing.T, passwd string, programs ...string) string {
	t.Helper()
	root := filepath.Join(OpenDir(t), "root")
	write := func(path string, from io.Reader, mode os.FileMode) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(to, from)
		if cerr := to.Close(); err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
	}
	library := regexp.MustCompile(`(/\S+) \(0x`)
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		paths := []string{path}
		out, err := exec.CommandContext(t.Context(), "ldd", path).Output()
		if err != nil {
			t.Fatalf("the libraries of %s: %v", path, err)
		}
		for _, m := range library.FindAllSubmatch(out, -1) {
			paths = append(paths, string(m[1]))
		}
		for _, p := range paths {
			from, err := os.Open(p)
			if err != nil {
				t.Fatal(err)
			}
			write(p, from, 0o755)
			_ = from.Close()
		}
	}
	write("/etc/passwd", strings.NewReader(passwd), 0o644)
	return root
}
