package results

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzDecodeProbe(f *testing.F) {
	good := make([]byte, ProbeSize)
	binary.LittleEndian.PutUint64(good, 7)
	good[30], good[31] = ProbeOK, ProbeVersion
	f.Add(good)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := DecodeProbe(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("err = %v", err)
			}
			return
		}
		if p.Finished < p.Started || p.Version != ProbeVersion || len(b) < ProbeSize {
			t.Fatalf("%+v was taken from %x", p, b)
		}
	})
}

// fuzzFile gives the fuzzer a file of an output folder, whose reader must take it or refuse it by name.
func fuzzFile(f *testing.F, path string, read func(out string) error, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out := t.TempDir()
		path := filepath.Join(out, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := read(out); err != nil && (!errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path)) {
			t.Fatalf("err = %v", err)
		}
	})
}

func FuzzReadTrial(f *testing.F) {
	fuzzFile(f, filepath.Join("results", "trials", "0001", "trial.json"), func(out string) error {
		_, err := ReadTrials(out)
		return err
	}, `{"version":1,"id":1,"flags":[{"metrics":["*"]}]}`, `{"version":1,"phases":null,"sums":{"tasks.parquet":""}}`)
}

func FuzzReadRun(f *testing.F) {
	fuzzFile(f, filepath.Join("results", "run.json"), func(out string) error {
		_, err := ReadRun(out)
		return err
	}, `{"version":1,"id":"20261125-130000-0001","began":"2026-11-25T13:00:00Z","machine":{"cpus":2},"seed":18446744073709551615}`,
		`{"version":1,"brokers":[{"settings":[{}]}],"contenders":[{"command":["a"],"instances":-1}]}`)
}

func FuzzReadEnd(f *testing.F) {
	fuzzFile(f, filepath.Join("results", "end.json"), func(out string) error {
		_, there, err := ReadEnd(out)
		if there != (err == nil) {
			return fmt.Errorf("it is there: %t, and %w", there, err)
		}
		return err
	}, `{"version":1,"run":"20261125-130000-0001","why":"complete","trials":[1,2]}`, `{"version":1,"why":"\u202e","trials":null}`, `{"version":1,"trials":[-1,1e9]}`)
}

func FuzzDecodeLive(f *testing.F) {
	fuzzFile(f, LiveName, func(out string) error {
		path := filepath.Join(out, LiveName)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = DecodeLive(path, data)
		return err
	}, `{"version":1,"written":"2026-11-30T10:00:00Z","ended":3,"kept":2,"trial":{"id":4,"stage":"paced","p99_seconds":0.01},"ratios":[]}`,
		`{"version":2,"trial":[]}`, `{"version":1,"ended":-1,"ratios":null}`)
}

// A column file with a right sum comes from us, or from somebody who wants it to be taken for ours.
func FuzzReadColumns(f *testing.F) {
	dir := f.TempDir()
	if err := errors.Join(WriteTasks(dir, sampleTasks(40)), WriteSeries(dir, []Sample{{At: 1, Phase: "drain"}})); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{tasksFile, seriesFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		for _, name := range []string{tasksFile, seriesFile} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := WriteTrial(dir, sent(40)); err != nil {
			t.Fatal(err)
		}
		trial := readTrial(t, dir)
		_, tasks := ReadTasks(dir)
		_, series := readRows[Sample](dir, seriesFile, trial)
		for _, err := range []error{tasks, series, new(Stays).Read(dir, trial), new(Depths).Read(dir, trial)} {
			if err != nil && !errors.Is(err, ErrFormat) {
				t.Fatalf("err = %v", err)
			}
		}
	})
}
