package trial

import (
	"os"
	"path/filepath"
	"testing"
)

// A client's report is only accepted for the tasks that it was given.
func FuzzClientRows(f *testing.F) {
	f.Add(make([]byte, 2*clientRow), int64(0), int64(2))
	f.Add([]byte{1}, int64(-1), int64(1))
	f.Add([]byte{}, int64(0), int64(0))
	f.Fuzz(func(t *testing.T, data []byte, first, count int64) {
		path := filepath.Join(t.TempDir(), "rows")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		rows := int64(0)
		err := readClientRows(path, Order{First: first, Count: count}, func(i int, _, _, _ int64) {
			if i < 0 || int64(i) >= count {
				t.Fatalf("task %d of %d", i, count)
			}
			rows++
		})
		if err == nil && rows != count {
			t.Fatalf("%d rows of %d", rows, count)
		}
	})
}
