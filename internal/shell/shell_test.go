package shell_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/shell"
)

// The judge is the shell itself.
func TestAShellReadsBackWhatWasJoined(t *testing.T) {
	args := []string{"tqbench", "--out", "my results", "it's", "$HOME", "", "a=b", "*", "`id`", "new\nline", `back\slash`}
	out, err := exec.Command("/bin/sh", "-c", "printf '%s\\0' "+shell.Join(args)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(args, "\x00") + "\x00"; got != string(out) {
		t.Errorf("the shell read %q", out)
	}
}
