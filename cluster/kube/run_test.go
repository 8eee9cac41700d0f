package kube

import (
	"archive/tar"
	"bytes"
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
	// undeletable is why the objects can't be deleted.
	undeletable error
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
	return nil
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

func (p *planted) Follow(_ context.Context, _ string, to io.Writer) error {
	_, err := fmt.Fprintln(to, "trial 1 of 2")
	return err
}

func (p *planted) Fetch(_ context.Context, pod string, to io.Writer) error {
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
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
	}
	return w.Close()
}

func (p *planted) Release(_ context.Context, pod string) error { p.call("release %s", pod); return nil }

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
	running := collectorIn("Running", false, "")
	stuck := Status{Pods: append(slices.Clone(running.Pods), Pod{Name: "worker-0", Component: Worker, Stuck: "ErrImagePull: no such image"})}
	for _, c := range []struct {
		name           string
		states         []Status
		stop           bool
		want           string
		calls          string
		kept           bool
		silent, broken int
	}{
		{"to its end", []Status{{}, {}, running, running, collectorIn("Running", true, "")}, false, "", "secret of 1, create, fetch from collector-x, release collector-x, delete", true, 0, 0},
		{"to its end, with a cluster that doesn't always answer", []Status{{}, running, collectorIn("Running", true, "")}, false, "",
			"secret of 1, create, fetch from collector-x, fetch from collector-x, release collector-x, delete", true, 20, 1},
		{"no answer for long", []Status{{}, running}, false, "no answer", "secret of 1, create, delete", false, 1000, 0},
		{"results that can't be fetched stay", []Status{{}, running, collectorIn("Running", true, "")}, false, "the pod collector-x has the complete results in /results/run",
			"secret of 1, create" + strings.Repeat(", fetch from collector-x", fetches), false, 0, 1000},
		{"no image", []Status{{}, stuck}, false, "the pod worker-0 can't start: ErrImagePull: no such image", "secret of 1, create, fetch from collector-x, delete", true, 0, 0},
		{"a collector that ends", []Status{{}, running, collectorIn("Failed", false, "Error, exit code 2")}, false, "the collector ended before its results were fetched: Error, exit code 2",
			"secret of 1, create, delete", false, 0, 0},
		{"another run of that name", []Status{running}, false, "there are pods of a run with the name nightly, such as", "", false, 0, 0},
		{"an earlier run of that name", []Status{{Pods: []Pod{{Name: "worker-0", Leaving: true}}}}, false,
			"the cluster is still deleting pods of an earlier run with the name nightly, such as worker-0: wait", "", false, 0, 0},
		{"interrupted", []Status{{}, running}, true, "context canceled", "secret of 1, create, fetch from collector-x, delete", true, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.stop {
					time.AfterFunc(time.Minute, cancel)
				}
				p := &planted{states: c.states, silent: c.silent, broken: c.broken, results: map[string]string{"./results/run.json": "{}"}}
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
			})
		})
	}
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
