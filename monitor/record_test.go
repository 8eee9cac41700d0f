package monitor_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/results"
)

// readLive reads a folder's live.json.
func readLive(t *testing.T, out string) results.Live {
	t.Helper()
	path := filepath.Join(out, results.LiveName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := results.DecodeLive(path, data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The file is there at once, replaced once a second, and gone at the end, with what a killed run left.
func TestALiveFileIsReplacedOnceASecond(t *testing.T) {
	out := t.TempDir()
	for _, name := range []string{results.LiveName, ".live.json.123"} {
		if err := os.WriteFile(filepath.Join(out, name), []byte("killed"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		r := monitor.Record(out, func() results.Live {
			calls++
			return results.Live{Ended: calls}
		})
		began := time.Now()
		if l := readLive(t, out); l.Ended != 1 || !l.Written.Equal(began) || l.Version != results.Version || l.Ratios == nil {
			t.Errorf("at first: %+v", l)
		}
		time.Sleep(990 * time.Millisecond)
		synctest.Wait()
		if calls != 1 {
			t.Errorf("written %d times within a second", calls)
		}
		time.Sleep(9*time.Second + 20*time.Millisecond)
		synctest.Wait()
		if l := readLive(t, out); l.Ended != 11 || !l.Written.Equal(began.Add(10*time.Second)) {
			t.Errorf("after 10 s: %+v", l)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	if entries, err := os.ReadDir(out); err != nil || len(entries) > 0 {
		t.Errorf("left: %v (%v)", entries, err)
	}
}

// A folder that can't be written costs the run nothing; Close reports the first error once.
func TestAFailedLiveFileIsReportedOnce(t *testing.T) {
	out := filepath.Join(t.TempDir(), "gone")
	synctest.Test(t, func(t *testing.T) {
		r := monitor.Record(out, func() results.Live { return results.Live{} })
		time.Sleep(3 * time.Second)
		err := r.Close()
		if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), results.LiveName) {
			t.Errorf("%v", err)
		}
	})
}

// The cost of one write, which a run pays once a second.
func BenchmarkRecord(b *testing.B) {
	out := b.TempDir()
	l := results.Live{Ended: 7, Kept: 6, Written: time.Now(), Trial: &results.LiveTrial{ID: 8, Scenario: "throughput", Broker: "redis", Arm: "celery/prefork", Stage: "paced", P99: 0.012}}
	for range 8 {
		l.Ratios = append(l.Ratios, results.LiveRatio{Scenario: "throughput", Broker: "redis", Metric: "throughput", Candidate: "asynctasq/async", Baseline: "celery/prefork", Ratio: 1.5, Low: 1.4, High: 1.6})
	}
	for b.Loop() {
		if err := results.WriteLive(out, l); err != nil {
			b.Fatal(err)
		}
	}
}
