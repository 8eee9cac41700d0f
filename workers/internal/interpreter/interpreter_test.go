package interpreter_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/workers/internal/interpreter"
)

func TestTheInterpreterIsOfTheStatedVersion(t *testing.T) {
	testneeds.Real(t, "the interpreter")
	exe, err := interpreter.Unpack(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), exe, "-c", "import platform; print(platform.python_version())").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := strings.TrimSpace(string(out)); got != interpreter.Version {
		t.Errorf("the interpreter says it is %s, not %s", got, interpreter.Version)
	}
}
