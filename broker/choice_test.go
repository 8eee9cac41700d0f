package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// A version is looked for wherever programs are, and a folder of the user's is the only place to look in.
func TestTheProgramOfAVersionIsFound(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil { // programs are asked for their version by a user without rights
		t.Fatal(err)
	}
	program := func(dir, says string) string {
		t.Helper()
		path := filepath.Join(root, dir, "server")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\necho '%s'\n", says), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fifteen, seventeen := program("15/bin", "server (Some) 15.6"), program("17/bin", "server (Some) 17.2")
	mine, silent := program("mine/usr/sbin", "v=18.1.1"), program("silent", "no version")
	if err := os.Mkdir(filepath.Join(root, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := Program{Name: "server", Package: "some-server", Hidden: true, Version: []string{"--version"}, Dirs: []string{filepath.Join(root, "1*/bin")}}
	for _, c := range []struct {
		version, bin, want, says string
	}{
		{"", "", seventeen, ""}, {"15", "", fifteen, ""}, {"17.2", "", seventeen, ""},
		{"", "mine", mine, ""}, {"18", "mine", mine, ""}, {"18", "mine/usr/sbin", mine, ""}, {"18", "silent", silent, ""},
		{"16", "", "", "postgres@16 is not installed, only 17.2 at " + seventeen + ", 15.6 at " + fifteen + ": install it, name the folder"},
		{"15", "mine", "", "the folder of postgres@15 has only 18.1.1 at " + mine},
		{"15", "nowhere", "", "the folder with the programs of postgres@15: stat "}, {"15", "15/bin/server", "", "server is a file: name the folder"},
		{"15", "empty", "", "has no server: --broker-bin names the folder"},
	} {
		want := choice{Name: brokername.Name{Product: "postgres", Version: c.version}}
		if c.bin != "" {
			want.bin = filepath.Join(root, c.bin)
		}
		got, err := want.find(t.Context(), p)
		if got != c.want || (err != nil) != (c.says != "") || err != nil && (!errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%q in %q: %s (%v)", c.version, c.bin, got, err)
		}
	}
	p.Dirs = nil
	if _, err := (choice{}).find(t.Context(), p); err == nil || !strings.Contains(err.Error(), "apt-get install some-server") {
		t.Errorf("a missing one: %v", err)
	}
}

// A server that is attached to, or says no version before it runs, must be what its name says.
func TestAnotherServerThanTheNamesIsRefused(t *testing.T) {
	testneeds.Real(t, "a broker")
	b, err := Open(t.Context(), "redis", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	d, err := b.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"redis@" + d.Version: "", "redis@1": "the server for redis@1 is Redis " + d.Version, "valkey": "the server for valkey is Redis " + d.Version} {
		attached, err := Open(t.Context(), name, Options{URL: b.URL()})
		if err == nil {
			attached.Close()
		}
		if (err == nil) != (want == "") || err != nil && (!errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// An image is foreign: links in it lead nowhere else, and what it says of itself is asked without rights.
func TestALinkDoesNotLeadOutOfARoot(t *testing.T) {
	testneeds.Real(t, "a broker")
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "null"), []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"tmp", "dev"} {
		root := t.TempDir()
		if err := os.Symlink(outside, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
		if _, err := habitable(root); !errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), "is no folder") {
			t.Errorf("%s is a link: %v", link, err)
		}
	}
	if kept, err := os.ReadFile(filepath.Join(outside, "null")); err != nil || string(kept) != "keep" {
		t.Errorf("a file outside has %q (%v)", kept, err)
	}
	root := t.TempDir()
	for path, target := range map[string]string{"etc/passwd": "", "bin/sh": "", "usr/bin/redis-server": "/bin/true"} {
		path = filepath.Join(root, path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil && target == "" {
			err = os.WriteFile(path, nil, 0o755)
		} else if err == nil {
			err = os.Symlink(target, path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := choice{Name: brokername.Name{Product: "redis"}, bin: root}
	if exe, err := want.find(t.Context(), redisPrograms(want)[0]); err == nil {
		t.Errorf("a link out of the root is taken for the program %s", exe)
	}
}
