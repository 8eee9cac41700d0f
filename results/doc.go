// Package results holds the file formats between the steps: what a run writes and an analysis reads.
//
// A results folder has run.json (what the numbers were measured on and with) and one folder a trial with
// trial.json, tasks.parquet (one row a task) and series.parquet (samples over time). Each file is written next to
// its place and renamed: it is there whole, or not at all. Times are nanoseconds of CLOCK_MONOTONIC.
package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tqbench/tqbench/internal/regular"
)

// Version is the version of every file format in this package. A reader takes its own version only.
const Version = 1

// ErrFormat marks a file that can't be read as what its name says: damaged, or of another version.
var ErrFormat = errors.New("not a usable file")

// versioned is what each JSON file starts with.
type versioned struct {
	Version int `json:"version"`
}

// largestDocument is how large run.json and trial.json may be, in bytes. The first has some thousand for each arm on each
// broker in each scenario.
const largestDocument = 64 << 20

// readJSON reads a file of this package's version into v, whose version is at that place in it.
func readJSON(path string, v any, version *int) error {
	data, err := regular.Read(path, regular.Limit{Kind: "a " + filepath.Base(path), Bytes: largestDocument})
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return decode(path, data, v, version)
}

// decode reads the content of a file of this package's version, which was read from path, into v.
func decode(path string, data []byte, v any, version *int) error {
	err := json.Unmarshal(data, v)
	if err == nil && *version == Version {
		return CheckSeal(path, data)
	}
	// A file of another version may have other fields: that it is of one is what is wrong with it.
	var head versioned
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("read %s: %w: %v", path, ErrFormat, err)
	}
	if head.Version != Version {
		return fmt.Errorf("read %s: %w: it has version %d, this tqbench reads version %d: "+
			"use the tqbench that wrote it, or another folder", path, ErrFormat, head.Version, Version)
	}
	return fmt.Errorf("read %s: %w: %v", path, ErrFormat, err)
}
