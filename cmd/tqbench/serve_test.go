package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The command prints its address, answers there, and ends at once with its port free.
func TestServeIsAtTheAddressItPrintsUntilASignal(t *testing.T) {
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "old"), 0, 7, 1)
	analysed(t, filepath.Join(dir, "sub", "new"), 1, 7, 0.8)
	// The page shows what compare writes.
	compare, want, stderr := tqbench(t.Context(), t, dir, "compare", "old", "sub/new", "--anyway", "--fail-if", "throughput < -50%", "--json", "-")
	if err := compare.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	cmd, _, stderr := tqbench(t.Context(), t, dir, "serve", ".", "--listen", "127.0.0.1:0")
	line, err := firstLine(t, cmd)
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	address := strings.TrimSpace(line)
	get := func(path string) string {
		r, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s (%v)", path, r.Status, err)
		}
		return string(body)
	}
	if page := get(""); !strings.Contains(page, "sub/new") {
		t.Errorf("the page lacks a run: %.300s", page)
	}
	if page := get("files/old/report/index.html"); !strings.Contains(page, "tqbench report") {
		t.Errorf("no report: %.300s", page)
	}
	if got := get("compare.json?old=old&new=sub/new&fail-if=" + url.QueryEscape("throughput < -50%")); got != want.String() {
		t.Errorf("the comparison is another:\n%.500s\n%.500s", got, want)
	}
	// A request under way doesn't delay it.
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if _, err := io.WriteString(slow, "GET / HTTP/1.1\r\nHost:"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exit(cmd.Wait()); code != exitDone || stderr.Len() > 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	l, err := net.Listen("tcp", u.Host)
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	_ = l.Close()
	if _, err := os.Stat(filepath.Join(dir, "old", "report")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a report was written into the run's folder (%v)", err)
	}
	if left := remains(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestServeRefusesWhatItCannotServe(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	for says, args := range map[string][]string{
		"asks for no password":  {".", "--listen", "0.0.0.0:8090"},
		"127.0.0.1:PORT":        {".", "--listen", "8090"},
		"no such file":          {"none"},
		"file is not a folder":  {"file"},
		"takes FOLDER: 0 given": {},
		"unknown flag: --open":  {".", "--open"},
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, append([]string{"serve"}, args...)...)
		if code := exit(cmd.Run()); code != exitInput || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), says) {
			t.Errorf("%q: exit code %d: %s%s", args, code, stdout, stderr)
		}
	}
}
