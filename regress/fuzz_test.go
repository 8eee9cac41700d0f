package regress

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An analysis.json of anywhere is refused by name, or it can be compared and followed.
func FuzzRead(f *testing.F) {
	good, err := json.Marshal(made(0, 2, 1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"trials":[{"metrics":{"throughput":-1e308}},{}],"cells":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "analysis.json")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Read(path)
		if err != nil {
			if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), path) {
				t.Fatalf("err = %v", err)
			}
			return
		}
		other := newRun("other", made(1, 3, 1))
		for _, pair := range [][2]*Run{{r, r}, {r, other}, {other, r}} {
			c, err := Compare(Sides{Old: pair[:1], New: pair[1:]}, nil)
			if err == nil {
				err = json.NewEncoder(io.Discard).Encode(c)
			}
			if err != nil && !errors.Is(err, ErrInput) {
				t.Fatalf("err = %v", err)
			}
		}
		if h, err := ReadHistory(dir); err == nil {
			h.Runs = append(h.Runs, other)
			tr, err := NewTrend(h, Options{Level: DefaultLevel, New: 1})
			if err == nil {
				err = json.NewEncoder(io.Discard).Encode(tr)
			}
			if err != nil && !errors.Is(err, ErrInput) {
				t.Fatalf("err = %v", err)
			}
		}
	})
}
