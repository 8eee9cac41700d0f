package kube

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// planted is a cluster that goes through given states.
type planted struct {
	states []Status
	// results are the files of the collector's pod, by name.
	results map[string]string
	calls   []string
	// key is that of the objects. silent is how many questions for the state get no answer, broken how many fetches break.
	key            string
	silent, broken int
	// held is what the collector says of its results, EndedWell if it is "". It says nothing from that question on, 0 is none; asked counts them.
	held        string
	mute, asked int
	// logging is how long its log takes to arrive.
	logging time.Duration
	// unmade, unreleased and undeletable are why objects can't be made, released or deleted.
	unmade, unreleased, undeletable error
	// fetching is called in the middle of a fetch, which breaks off if that ends its context.
	fetching func()
}

func (p *planted) call(format string, args ...any) {
	p.calls = append(p.calls, fmt.Sprintf(format, args...))
}

func (p *planted) Secret(_ context.Context, _ Options, values map[string]string) error {
	p.call("secret of %d", len(values))
	return nil
}

func (p *planted) Create(_ context.Context, manifest []byte) error {
	p.key = regexp.MustCompile(keyLabel + `: (\w+)`).FindStringSubmatch(string(manifest))[1]
	p.call("create")
	return p.unmade
}

func (p *planted) Status(context.Context, string) (s Status, err error) {
	if p.silent > 0 && len(p.calls) > 1 {
		p.silent--
		return s, errors.New("no answer")
	}
	s = p.states[0]
	if len(p.states) > 1 {
		p.states = p.states[1:]
	}
	return s, nil
}

func (p *planted) Follow(ctx context.Context, _ string, to io.Writer) error {
	if p.logging > 0 {
		if err := wait(ctx, time.After(p.logging)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(to, "trial 1 of 2")
	return err
}

func (p *planted) Held(context.Context, string) (string, error) {
	if p.asked++; p.mute > 0 && p.asked >= p.mute {
		return "", errors.New("no answer")
	}
	return cmp.Or(p.held, EndedWell), nil
}

func (p *planted) Fetch(ctx context.Context, pod string, to io.Writer) error {
	p.call("fetch from %s", pod)
	if p.broken > 0 {
		p.broken--
		return errors.New("the connection broke")
	}
	w := tar.NewWriter(to)
	for name, text := range p.results {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(text)), Mode: 0o644}); err != nil {
			return err
		}
		if p.fetching != nil {
			p.fetching()
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
	}
	return w.Close()
}

func (p *planted) Release(_ context.Context, pod string) error {
	p.call("release %s", pod)
	return p.unreleased
}

// Delete deletes what has the key of the objects that were made.
func (p *planted) Delete(_ context.Context, key string) error {
	if key != p.key || key == "" {
		return errors.New("the key of others")
	}
	p.call("delete")
	return p.undeletable
}

func (p *planted) ToDelete(key string) string { return "delete " + key }

func collectorIn(phase string, ready bool, ended string) Status {
	return Status{Pods: []Pod{{Name: "collector-x", Component: Collector, Phase: phase, Ready: ready, Ended: ended}}}
}

func TestARunIsFollowedFetchedAndDeleted(t *testing.T) {
	t.Parallel()
	running, done, failed := collectorIn("Running", false, ""), collectorIn("Running", true, ""), collectorIn("Failed", false, "Error, exit code 2")
	stuck := Status{Pods: append(slices.Clone(running.Pods), Pod{Name: "worker-0", Component: Worker, Stuck: "ErrImagePull: no such image"})}
	const whole = "secret of 1, create, fetch from collector-x, release collector-x, delete"
	for _, c := range []struct {
		name   string
		states []Status
		// change changes the cluster, stop interrupts the run after a minute.
		change      func(*planted)
		stop        bool
		want, calls string
		// kept says that the results are there, logged that the log is.
		kept, logged bool
	}{
		{name: "to its end", states: []Status{{}, {}, running, running, done}, calls: whole, kept: true, logged: true},
		{name: "to its end, with a cluster that doesn't always answer", states: []Status{{}, running, done}, change: func(p *planted) { p.silent, p.broken = 20, 1 },
			calls: "secret of 1, create, fetch from collector-x, fetch from collector-x, release collector-x, delete", kept: true, logged: true},
		{name: "to its end, with a collector that isn't released", states: []Status{{}, running, done}, change: func(p *planted) { p.unreleased = errors.New("no answer") },
			calls: whole, kept: true, logged: true},
		{name: "to a bad end", states: []Status{{}, running, done}, change: func(p *planted) { p.held = "no side's first trial ran" },
			want: "the collector failed: no side's first trial ran", calls: whole, kept: true, logged: true},
		{name: "no answer for long", states: []Status{{}, running}, change: func(p *planted) { p.silent = 1000 }, want: "the cluster gave no answer for 2m0s: no answer",
			calls: "secret of 1, create, delete"},
		{name: "results that can't be fetched stay", states: []Status{{}, running, done}, change: func(p *planted) { p.broken = 1000 },
			want: "the pod collector-x has the complete results in /results/run", calls: "secret of 1, create" + strings.Repeat(", fetch from collector-x", fetches), logged: true},
		{name: "what a failed run measured stays, too", states: []Status{{}, running, done}, change: func(p *planted) { p.held, p.broken = "no side's first trial ran", 1000 },
			want:  "the collector failed: no side's first trial ran; the pod collector-x has what it measured in /results/run",
			calls: "secret of 1, create" + strings.Repeat(", fetch from collector-x", fetches), logged: true},
		{name: "with the reason of the only answer", states: []Status{{}, running, done}, change: func(p *planted) { p.held, p.broken, p.mute = "no side's first trial ran", 1, 2 },
			want: "the collector failed: no side's first trial ran; the pod", calls: "secret of 1, create, fetch from collector-x", logged: true},
		{name: "without any answer", states: []Status{{}, running, done}, change: func(p *planted) { p.mute = 1 },
			want: "the pod collector-x has what the run measured in /results/run", calls: "secret of 1, create", logged: true},
		{name: "no image", states: []Status{{}, stuck}, want: "the pod worker-0 can't start: ErrImagePull: no such image",
			calls: "secret of 1, create, fetch from collector-x, delete", kept: true, logged: true},
		{name: "a collector that ends", states: []Status{{}, running, failed}, change: func(p *planted) { p.logging = lastLog / 2 },
			want:  "the collector ended before its results were fetched: Error, exit code 2; its log above has the reason",
			calls: "secret of 1, create, delete", logged: true},
		{name: "a collector that ends at once", states: []Status{{}, {}, failed}, want: "exit code 2; its log above has the reason", calls: "secret of 1, create, delete", logged: true},
		{name: "a collector whose log doesn't come", states: []Status{{}, failed}, change: func(p *planted) { p.logging = time.Hour },
			want: "were fetched: Error, exit code 2", calls: "secret of 1, create, delete"},
		{name: "a collector that ends well without a fetch", states: []Status{{}, running, collectorIn("Succeeded", false, "")},
			want: "the collector ended before its results were fetched: exit code 0", calls: "secret of 1, create, delete", logged: true},
		{name: "a collector that was drained", states: []Status{{}, running, {Failed: []string{"nightly-collector: BackoffLimitExceeded"}}},
			want: "the job nightly-collector: BackoffLimitExceeded", calls: "secret of 1, create, fetch from collector-x, delete", kept: true, logged: true},
		{name: "another run of that name", states: []Status{running}, want: "there are pods of a run with the name nightly, such as"},
		{name: "an earlier run of that name", states: []Status{{Pods: []Pod{{Name: "worker-0", Leaving: true}}}},
			want: "the cluster is still deleting pods of an earlier run with the name nightly, such as worker-0: wait"},
		{name: "interrupted", states: []Status{{}, running}, stop: true, want: "context canceled", calls: "secret of 1, create, fetch from collector-x, delete", kept: true, logged: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.stop {
					time.AfterFunc(time.Minute, cancel)
				}
				p := &planted{states: c.states, results: map[string]string{"./results/run.json": "{}"}}
				if c.change != nil {
					c.change(p)
				}
				var log bytes.Buffer
				o := small()
				o.Name = "nightly"
				err := Run{Options: o, Values: map[string]string{TokenKey: "x"}, Out: out, Patience: time.Hour, Log: &log, Tell: t.Logf}.Do(ctx, p)
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if got := strings.Join(p.calls, ", "); got != c.calls {
					t.Errorf("calls %q, want %q", got, c.calls)
				}
				if _, err := os.Stat(filepath.Join(out, "results", "run.json")); (err == nil) != c.kept {
					t.Errorf("the results: %v", err)
				}
				if (log.Len() > 0) != c.logged || err != nil && !c.logged && strings.Contains(err.Error(), "its log above") {
					t.Errorf("error %v, log %q", err, &log)
				}
			})
		})
	}
}

// What went wrong before the objects were made is for the user to put right. A cluster that can't be asked later is no bad input.
func TestOnlyWhatWasNeverMadeIsBadInput(t *testing.T) {
	t.Parallel()
	running := collectorIn("Running", false, "")
	for name, c := range map[string]struct {
		cluster *planted
		input   bool
	}{
		"forbidden":        {&planted{states: []Status{{}}, unmade: errors.New("forbidden")}, true},
		"no answer":        {&planted{states: []Status{{}, running}, silent: 1000}, false},
		"fetches break":    {&planted{states: []Status{{}, running, collectorIn("Running", true, "")}, broken: 1000}, false},
		"can't be deleted": {&planted{states: []Status{{}, collectorIn("Running", true, "")}, undeletable: errors.New("no answer")}, false},
	} {
		out := filepath.Join(t.TempDir(), "out")
		synctest.Test(t, func(t *testing.T) {
			err := Run{Options: small(), Out: out, Patience: time.Hour, Log: io.Discard, Tell: t.Logf}.Do(t.Context(), c.cluster)
			if err == nil || errors.Is(err, ErrInput) != c.input {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// Ctrl-C while complete results are fetched leaves them in the cluster, and says where. No file is there in part.
func TestAnInterruptedFetchKeepsTheResults(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &planted{states: []Status{{}, collectorIn("Running", true, "")}, results: map[string]string{"./results/run.json": "{}"}, fetching: cancel}
		err := Run{Options: small(), Out: out, Patience: time.Hour, Log: io.Discard, Tell: t.Logf}.Do(ctx, p)
		var left *LeftError
		if !errors.As(err, &left) || !strings.HasPrefix(left.Results, "the pod collector-x has the complete results in /results/run") || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if got, want := strings.Join(p.calls, ", "), "secret of 0, create, fetch from collector-x"; got != want {
			t.Errorf("calls %q, want %q", got, want)
		}
		if files, err := os.ReadDir(out); err != nil || len(files) > 0 {
			t.Errorf("there are %v (%v)", files, err)
		}
	})
}

// What is left has a line that deletes it, and nothing else: a name may be that of others' objects too.
func TestObjectsThatAreLeftHaveALineThatDeletesThem(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*planted{
		"no answer":       {states: []Status{{}, collectorIn("Running", false, ""), collectorIn("Running", true, "")}, undeletable: errors.New("no answer")},
		"not fetched yet": {states: []Status{{}, collectorIn("Running", false, ""), collectorIn("Running", true, "")}, broken: fetches},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			synctest.Test(t, func(t *testing.T) {
				err := Run{Options: small(), Out: out, Patience: time.Hour, Log: io.Discard, Tell: t.Logf}.Do(t.Context(), p)
				var left *LeftError
				if want := "delete " + p.key; !errors.As(err, &left) || left.Delete != want || !strings.HasSuffix(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			})
		})
	}
}

// A pod is a machine of others: what it sends stays in the output folder.
func TestNothingIsWrittenOutsideTheFolder(t *testing.T) {
	t.Parallel()
	for _, h := range []tar.Header{
		{Name: "../evil", Typeflag: tar.TypeReg}, {Name: "/evil", Typeflag: tar.TypeReg}, {Name: "a/../../evil", Typeflag: tar.TypeReg},
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, {Name: "device", Typeflag: tar.TypeChar},
	} {
		parent := t.TempDir()
		var archive bytes.Buffer
		w := tar.NewWriter(&archive)
		if err := errors.Join(w.WriteHeader(&h), w.Close()); err != nil {
			t.Fatal(err)
		}
		if err := unpack(&archive, filepath.Join(parent, "out")); err == nil {
			t.Errorf("%s was taken", h.Name)
		}
		if files, err := filepath.Glob(filepath.Join(parent, "*")); err != nil || len(files) != 1 {
			t.Errorf("%s: there are %q (%v)", h.Name, files, err)
		}
	}
}

// Of an archive that breaks off, the trials that are whole are taken, and what was there before stays.
func TestABrokenArchiveGivesWholeTrials(t *testing.T) {
	t.Parallel()
	files := []struct{ name, text string }{{"./plan.json", "{}"}, {"./results/trials/0001/trial.json", "one"}, {"./results/trials/0001/tasks.parquet", "of one"},
		{"./results/trials/0002/trial.json", "two"}, {"./results/trials/0002/tasks.parquet", "of two"}}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range files {
		err := w.WriteHeader(&tar.Header{Name: f.name, Typeflag: tar.TypeReg, Size: int64(len(f.text)), Mode: 0o644})
		if _, werr := io.WriteString(w, f.text); errors.Join(err, werr) != nil {
			t.Fatal(err, werr)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const block = 512 // of an archive: each file has a header, and one block here
	for cut, want := range map[int][]string{
		8*block + 300: {"plan.json", "results/old.json", "results/trials/0001/tasks.parquet", "results/trials/0001/trial.json"},
		9*block + 3:   {"plan.json", "results/old.json", "results/trials/0001/tasks.parquet", "results/trials/0001/trial.json"},
		3*block + 1:   {"plan.json", "results/old.json"},
		archive.Len(): {"plan.json", "results/old.json", "results/trials/0001/tasks.parquet", "results/trials/0001/trial.json", "results/trials/0002/tasks.parquet",
			"results/trials/0002/trial.json"},
	} {
		out := t.TempDir()
		if err := os.Mkdir(filepath.Join(out, "results"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, "results", "old.json"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		err := unpack(bytes.NewReader(archive.Bytes()[:cut]), out)
		var got []string
		werr := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				path, err = filepath.Rel(out, path)
				got = append(got, path)
			}
			return err
		})
		if (err == nil) != (cut == archive.Len()) || werr != nil || !slices.Equal(got, want) {
			t.Errorf("after %d bytes: %q, want %q (%v, %v)", cut, got, want, err, werr)
		}
	}
}
