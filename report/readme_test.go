package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/internal/realrun"
)

// The README shows how a real run ended, as the terminal has it.
func TestTheREADMEShowsARealRun(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := bytes.Cut(readme, []byte("-update -->\n```\n"))
	shown, after, closed := bytes.Cut(rest, []byte("```\n"))
	if !found || !closed {
		t.Fatal("the README has no place for it")
	}
	var want bytes.Buffer
	if err := Terminal(&want, realrun.Read(t), Screen{Width: 80}); err != nil {
		t.Fatal(err)
	}
	if *Update {
		data := bytes.Join([][]byte{before, []byte("-update -->\n```\n"), want.Bytes(), []byte("```\n"), after}, nil)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		shown = want.Bytes()
	}
	if diff := cmp.Diff(want.String(), string(shown)); diff != "" {
		t.Errorf("run go test ./report -run TestTheREADME -update:\n%s", diff)
	}
}
