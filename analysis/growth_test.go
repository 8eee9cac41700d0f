package analysis

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// spent is what an analysis of a folder made and read.
type spent struct {
	trials, allocations int
	read, there         int64
}

// analysisOf analyses a made-up folder of so many blocks.
func analysisOf(t *testing.T, blocks int) spent {
	t.Helper()
	out := t.TempDir()
	f := madeup.Basic(blocks, 60)
	f.Brokers = []string{"redis", "postgres"}
	if err := f.Write(out); err != nil {
		t.Fatal(err)
	}
	s := spent{trials: 2 * len(f.Brokers) * blocks}
	err := filepath.WalkDir(out, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			s.there += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read := bytesRead(t)
	a, err := Analyze(out)
	if err != nil {
		t.Fatal(err)
	}
	s.read = bytesRead(t) - read
	runtime.ReadMemStats(&after)
	s.allocations = int(after.Mallocs - before.Mallocs)
	if len(a.Trials) != s.trials {
		t.Fatalf("%d trials, want %d", len(a.Trials), s.trials)
	}
	return s
}

// bytesRead is how many bytes this process has read so far: rchar of proc(5).
func bytesRead(t *testing.T) int64 {
	t.Helper()
	data, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	if _, err := fmt.Sscanf(string(data), "rchar: %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What an analysis reads and makes grows with the trials and not faster, and each file is read once. Both are counted for the whole
// process: the test runs alone.
func TestAnalysisGrowsWithItsTrials(t *testing.T) {
	testneeds.Real(t, "more than a few seconds")
	analysisOf(t, 6) // what is made once
	few, many := analysisOf(t, 10), analysisOf(t, 80)
	t.Logf("%+v, %+v", few, many)
	for _, s := range []spent{few, many} {
		if s.read > s.there+s.there/10+4096 {
			t.Errorf("%d bytes are read of %d", s.read, s.there)
		}
	}
	perTrial := func(s spent) float64 { return float64(s.allocations) / float64(s.trials) }
	if perTrial(many) > 1.2*perTrial(few) {
		t.Errorf("%.0f allocations a trial of %d trials, %.0f of %d", perTrial(many), many.trials, perTrial(few), few.trials)
	}
}
