package results

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/atomicfile"
)

// Live is live.json: what a run is doing now. The run replaces it once a second and removes it at its end. A file in a folder that no
// tqbench has locked, or from before the lock was taken, is of a run that was killed. No result uses it.
type Live struct {
	Version int `json:"version"`
	// Written is when this was written.
	Written time.Time `json:"written"`
	// Ended is how many trials of the run have ended. Kept of them ran, and no flag keeps them out of any metric.
	Ended int `json:"ended"`
	Kept  int `json:"kept"`
	// Ends is when the last planned trial is expected to end, absent if that is unknown. A run that grows may plan more.
	Ends time.Time `json:"ends,omitzero"`
	// Trial is absent before the first trial and between two.
	Trial *LiveTrial `json:"trial,omitempty"`
	// Ratios compare what the trials measured so far, of the places that had a trial in this part of the run.
	Ratios []LiveRatio `json:"ratios"`
}

// LiveTrial is the current trial.
type LiveTrial struct {
	ID       int    `json:"id"`
	Block    int    `json:"block"`
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
	// Stage is "start", "warm-up", "stop" or the name of a phase.
	Stage string `json:"stage"`
	// Done is the part of the stage that is over, from 0 to 1, and 0 if that is unknown.
	Done float64 `json:"done"`
	// SentPerSecond and FinishedPerSecond are measured tasks in the last second: those that the broker took, and those that succeeded.
	SentPerSecond     float64 `json:"sent_per_second"`
	FinishedPerSecond float64 `json:"finished_per_second"`
	// P99 is the 99th percentile of the latest phase's latencies so far, absent in a phase without a schedule.
	P99 float64 `json:"p99_seconds,omitempty"`
}

// LiveRatio is a deciding metric of a candidate over that of the baseline, from the trials so far. It is no verdict.
type LiveRatio struct {
	Scenario  string `json:"scenario"`
	Broker    string `json:"broker"`
	Metric    string `json:"metric"`
	Title     string `json:"title"`
	Candidate string `json:"candidate"`
	Baseline  string `json:"baseline"`
	// HigherIsBetter tells which direction is an improvement.
	HigherIsBetter bool `json:"higher_is_better"`
	// Ratio is the estimate, Low and High the ends of its 95 % interval. Both are absent while too few blocks have a ratio.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low,omitempty"`
	High  float64 `json:"high,omitempty"`
	// Blocks is how many blocks have a ratio, Noisy in how many of them other programs or stolen CPU time can have changed a value.
	Blocks int `json:"blocks"`
	Noisy  int `json:"noisy"`
}

// LiveName is the name of live.json in an output folder.
const LiveName = "live.json"

// WriteLive replaces live.json. It doesn't wait for the disk, which the brokers under test may be waiting for.
func WriteLive(out string, l Live) error {
	l.Version = Version
	if l.Ratios == nil {
		l.Ratios = []LiveRatio{}
	}
	return atomicfile.WriteUnflushed(filepath.Join(out, LiveName), atomicfile.JSON(l))
}

// DecodeLive reads the content of a live.json, which was read from path.
func DecodeLive(path string, data []byte) (Live, error) {
	var l Live
	err := decode(path, data, &l, &l.Version)
	return l, err
}

// RemoveLive removes live.json, and what a killed run left of its writing.
func RemoveLive(out string) error {
	files, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, f := range files {
		if f.Name() != LiveName && !strings.HasPrefix(f.Name(), "."+LiveName+".") {
			continue
		}
		if e := os.Remove(filepath.Join(out, f.Name())); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}
