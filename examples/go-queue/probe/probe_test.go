//go:build linux

package probe

import (
	"os"
	"testing"
)

// TestRecord writes two records into the folder that TQBENCH_PROBE_DIR names, for tqbench's test, or into its own.
func TestRecord(t *testing.T) {
	if os.Getenv("TQBENCH_PROBE_DIR") == "" {
		t.Setenv("TQBENCH_PROBE_DIR", t.TempDir())
	}
	for range 2 {
		if err := Record(1<<40+7, Now(), Now(), Failed); err != nil {
			t.Fatal(err)
		}
	}
}
