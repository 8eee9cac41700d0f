package process_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/internal/process"
)

func TestLastLineIsTheLastThatSaysSomething(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "it said nothing",
		"\n \n":                  "it said nothing",
		"one":                    "one",
		"one\n  two  \r\n\n\t\n": "two",
	} {
		if got := process.LastLine([]byte(text)); got != want {
			t.Errorf("LastLine(%q) = %q, want %q", text, got, want)
		}
	}
	if got := process.LastWords(filepath.Join(t.TempDir(), "none")); got != "it left no log" {
		t.Errorf("a missing log: %q", got)
	}
}

// Only the ends of a log are read, at any length; a pipe in its place isn't waited for.
func TestOfALogTheEndsAreRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	for text, want := range map[string][2]string{"": {"", ""}, "abcdef": {"", "abcdef"}, "abcdefg": {"abc", "efg"}, "abcdefghijkl": {"abc", "jkl"}} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		begin, end, err := process.ReadEnds(path, 3)
		if got := [2]string{string(begin), string(end)}; err != nil || got != want {
			t.Errorf("of %q: %q (%v), want %q", text, got, err, want)
		}
	}
	const huge = 1 << 40
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteAt([]byte("\nlast words\n"), huge)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if got := process.LastWords(path); got != "last words" {
		t.Errorf("of a huge log: %q", got)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := process.LastWords(pipe); got != "it left no log" {
		t.Errorf("of a pipe: %q", got)
	}
}

// A program with another user's rights may replace a log by a pipe: a guard must not wait for its reader.
func TestALogThatIsAPipeIsRefused(t *testing.T) {
	dir := t.TempDir()
	c := shell(t, dir, "exit 0")
	if err := errors.Join(os.RemoveAll(c.Log), syscall.Mkfifo(c.Log, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := process.Start(t.Context(), []process.Command{c}); err == nil || !strings.Contains(err.Error(), c.Log) {
		t.Errorf("err = %v", err)
	}
}
