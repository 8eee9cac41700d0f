package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker/brokertest"
)

// formsOf are a secret's forms in programs: plain, escaped, and in base64 at any position.
func formsOf(secret string) []string {
	quoted, _ := json.Marshal(secret) // a string always can be
	forms := []string{secret, url.PathEscape(secret), url.QueryEscape(secret), url.UserPassword("", secret).String(), strings.Trim(string(quoted), `"`)}
	for before := range 3 {
		// The letters at both ends depend on the neighbours.
		text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))
		forms = append(forms, text[(8*before+5)/6:len(text)-2])
	}
	return forms
}

// commandLines collects the command lines and titles of a process and all below it, until over is closed.
func commandLines(pid int, over <-chan struct{}) <-chan []string {
	out := make(chan []string, 1)
	go func() {
		seen := map[string]bool{}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			for _, p := range append(brokertest.Descendants(pid), pid) {
				for _, file := range []string{"cmdline", "comm"} {
					if data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p), file)); err == nil {
						seen[string(bytes.ReplaceAll(data, []byte{0}, []byte{' '}))] = true
					}
				}
			}
			select {
			case <-over:
				var lines []string
				for l := range seen {
					lines = append(lines, l)
				}
				slices.Sort(lines)
				out <- lines
				return
			case <-tick.C:
			}
		}
	}()
	return out
}

// private checks that a run can't be reached from another machine or read by another user. It returns the number of temporary folders.
func private(t *testing.T, dir string, listening []net.TCPAddr) int {
	t.Helper()
	for _, l := range listening {
		if !l.IP.IsLoopback() {
			t.Errorf("something listens on %s", &l)
		}
	}
	folders, err := filepath.Glob(filepath.Join(temporaryOf(dir), "tqbench-*"))
	if err != nil {
		t.Error(err)
	}
	for _, f := range folders {
		if info, err := os.Stat(f); err == nil && info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%s is %s", f, info.Mode())
		}
	}
	return len(folders)
}

// Helpers of a broker only listen on loopback, too: the delay in front of it, the service for tasks, and the web application.
func TestNoHelperListensBeyondLoopback(t *testing.T) {
	dir := t.TempDir()
	cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "orders", "fastapi", "--blocks", "1", "--contender", "asynctasq", "--scale", "0.01", "--rtt", "1ms")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	most, folders := 0, 0
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case err := <-over:
			tick.Stop()
			// Broker, delay and the service or the application: at one time.
			if err != nil || most < 3 || folders == 0 {
				t.Errorf("%v; at most %d addresses were listened on and %d temporary folders were there at one time: %s", err, most, folders, stderr)
			}
			return
		case <-tick.C:
			listening, err := brokertest.Listeners(cmd.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			if most = max(most, len(listening)); len(listening) > 0 {
				folders = max(folders, private(t, dir, listening))
			}
		}
	}
}
