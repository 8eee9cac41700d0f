package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

var errDead = errors.New("the machine is off")

// crashing is the disk of a machine that is switched off in the middle of an operation. That operation may be done, not done, or half done
// if it isn't the kernel's; no later one is.
type crashing struct {
	realDisk
	// left is how many operations are done before that.
	left int
	done int
	dead bool
	rng  *rand.Rand
}

// do does an operation, or half of it.
func (c *crashing) do(whole, half func() error) error {
	switch {
	case c.dead:
		return errDead
	case c.left > 0:
		c.left--
		c.done++
		return whole()
	}
	c.dead = true
	_ = half() // no one sees the result
	return errDead
}

// perhaps is half of an operation that happens at once or not at all.
func (c *crashing) perhaps(f func() error) func() error {
	return func() error {
		if c.rng.IntN(2) == 0 {
			return nil
		}
		return f()
	}
}

func (c *crashing) once(f func() error) error { return c.do(f, c.perhaps(f)) }

func (c *crashing) MkdirAll(dir string) error {
	return c.once(func() error { return c.realDisk.MkdirAll(dir) })
}

func (c *crashing) MkdirTemp(dir, begin string) (out string, err error) {
	err = c.once(func() error {
		var err error
		out, err = c.realDisk.MkdirTemp(dir, begin)
		return err
	})
	return out, err
}

func (c *crashing) Show(dir string) error {
	return c.once(func() error { return c.realDisk.Show(dir) })
}

func (c *crashing) Rename(from, to string) error {
	return c.once(func() error { return c.realDisk.Rename(from, to) })
}

// RemoveAll removes a folder's files one after another, in any order, and then the folder.
func (c *crashing) RemoveAll(path string) error {
	return c.do(func() error { return c.realDisk.RemoveAll(path) }, func() error {
		entries, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if c.rng.IntN(2) == 0 {
				_ = os.Remove(filepath.Join(path, e.Name()))
			}
		}
		return nil
	})
}

// write writes a file, half of which may be there.
func (c *crashing) write(path string, data []byte) error {
	return c.do(func() error { return os.WriteFile(path, data, 0o644) },
		func() error { return os.WriteFile(path, data[:c.rng.IntN(len(data)+1)], 0o644) })
}

// whole writes a file that gets its name when complete: until then, a part of it has another name.
func (c *crashing) whole(path string, v any, f func() error) error {
	return c.do(f, func() error {
		if c.rng.IntN(3) == 0 {
			return f()
		}
		data, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".123"), data[:c.rng.IntN(len(data)+1)], 0o600)
	})
}

func (c *crashing) WriteTrial(dir string, t results.Trial) error {
	return c.whole(filepath.Join(dir, "trial.json"), t, func() error { return c.realDisk.WriteTrial(dir, t) })
}

func (c *crashing) WriteRun(out string, r results.Run) error {
	return c.whole(results.RunPath(out), r, func() error { return c.realDisk.WriteRun(out, r) })
}

// story is a run that is cut short and resumed.
type story struct {
	out  string
	plan suite.Plan
	// tries counts how often each trial was run to its end.
	tries map[int]int
}

func newStory(t *testing.T) *story {
	t.Helper()
	s, err := suite.Parse("x", []byte(`{id: 1, name: x, title: x, question: x, why: x, lies: x, task: noop, processes: 1, concurrency: 1,
warmup: {limit: 1s}, phases: [{name: drain, arrivals: backlog, producer: wire, tasks: 100}], decide: [throughput], limit: 1s}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{s}, Brokers: []string{"redis"}, Contenders: []string{"a", "b"}, Blocks: 3, Scale: 1, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return &story{out: t.TempDir(), plan: p, tries: map[int]int{}}
}

// run runs the missing trials on a disk, as Run does. Every third trial does not run the first time.
func (s *story) run(d *crashing) error {
	r := &session{Options: Options{Out: s.out, Resume: true}, plan: s.plan, disk: d}
	r.execute = func(_ context.Context, t suite.Trial, dir string, _ *trial.Turn, _ func(trial.Progress)) (results.Trial, error) {
		for i, name := range []string{"worker-1.log", "tasks.parquet", "series.parquet"} {
			if err := d.write(filepath.Join(dir, name), fmt.Appendf(nil, "%d of trial %d, try %d", i, t.ID, s.tries[t.ID])); err != nil {
				return unrun(t), err
			}
		}
		s.tries[t.ID]++
		if t.ID%3 == 0 && s.tries[t.ID] == 1 {
			return unrun(t), trial.NotRun("no reason")
		}
		return unrun(t), nil
	}
	todo, err := r.todo()
	if err == nil {
		err = r.tidy()
	}
	if err != nil || len(todo) == 0 {
		return err
	}
	if err := d.WriteRun(s.out, results.Run{ID: "x"}); err != nil {
		return err
	}
	return r.trials(context.Background(), todo)
}

// kept reads the present trials and checks that each is complete.
func (s *story) kept() ([]results.Trial, error) {
	trials, err := results.ReadTrials(s.out)
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		if !s.plan.Has(suite.Trial{ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm}) {
			return nil, fmt.Errorf("trial %d is none of the plan's", t.ID)
		}
		for _, name := range []string{"tasks.parquet", "series.parquet"} {
			data, err := os.ReadFile(filepath.Join(results.TrialDir(s.out, t.ID), name))
			if err != nil {
				return nil, err
			}
			if sum := sha256.Sum256(data); t.Sums[name] != hex.EncodeToString(sum[:]) {
				return nil, fmt.Errorf("%s of trial %d is not whole: %q", name, t.ID, data)
			}
		}
	}
	return trials, nil
}

// hidden are the files and folders that no one should find at the end.
func (s *story) hidden() (out []string, err error) {
	err = filepath.WalkDir(s.out, func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".") {
			out = append(out, path)
		}
		return err
	})
	return out, err
}

// A run that is cut short at any of 1,000 points, possibly again in its resumption, resumes to the same trials. Nothing half written is
// ever read, and no temporary data are left.
func TestARunCutShortAnywhereResumesToTheSameTrials(t *testing.T) {
	testneeds.Real(t, "more than a few seconds")
	plain := &crashing{left: math.MaxInt, rng: rand.New(rand.NewPCG(1, 1))}
	s := newStory(t)
	for range 2 { // the second time for those that did not run
		if err := s.run(plain); err != nil {
			t.Fatal(err)
		}
	}
	if plain.done < 50 {
		t.Fatalf("a run has %d operations only", plain.done)
	}
	want, err := s.kept()
	if err != nil || len(want) != len(s.plan.Trials) {
		t.Fatalf("%d trials of %d: %v", len(want), len(s.plan.Trials), err)
	}
	names := func(trials []results.Trial) (out []string) {
		for _, t := range trials {
			out = append(out, fmt.Sprintf("%d %d %s %s %s %v", t.ID, t.Block, t.Scenario, t.Broker, t.Arm, t.Done()))
		}
		return out
	}
	for seed := range 1000 {
		s := newStory(t)
		rng := rand.New(rand.NewPCG(uint64(seed), 2))
		for crashes, left := 0, seed%plain.done; ; crashes, left = crashes+1, rng.IntN(plain.done) {
			d := &crashing{left: left, rng: rng}
			if crashes > rng.IntN(3) {
				d.left = math.MaxInt
			}
			if err := s.run(d); err != nil && !errors.Is(err, errDead) {
				t.Fatalf("seed %d: the run after %d crashes: %v", seed, crashes, err)
			}
			trials, err := s.kept()
			if err != nil {
				t.Fatalf("seed %d: after %d crashes: %v", seed, crashes, err)
			}
			if d.dead || len(trials) < len(want) || slices.ContainsFunc(trials, func(t results.Trial) bool { return !t.Done() }) {
				continue
			}
			if got := names(trials); !slices.Equal(got, names(want)) {
				t.Fatalf("seed %d: %q, want %q", seed, got, names(want))
			}
			break
		}
		if left, err := s.hidden(); err != nil || len(left) > 0 {
			t.Fatalf("seed %d: left %q (%v)", seed, left, err)
		}
		if _, err := results.ReadRun(s.out); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := os.RemoveAll(s.out); err != nil {
			t.Fatal(err)
		}
	}
}
