package workers

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/workers/internal/interpreter"
)

func stored(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A lock has the packages of pip's report with their hashes, in order, and no address.
func TestALockHasWhatPipChose(t *testing.T) {
	t.Parallel()
	lock, err := lockedPackages(stored(t, "pip-report.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if head := header("dramatiq 2.1.0"); !strings.HasPrefix(head, "# dramatiq 2.1.0 and its packages, for CPython 3.") || strings.Count(head, "\n") != 1 {
		t.Errorf("it begins with %q", head)
	}
	if diff := gocmp.Diff(string(stored(t, "pip-lock.txt")), lock); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	local, err := lockedPackages(stored(t, "pip-report.json"), map[string]string{"dramatiq": "dramatiq-2.1.0-py3-none-any.whl"})
	if err != nil || strings.ReplaceAll(local, "./dramatiq-2.1.0-py3-none-any.whl", "dramatiq==2.1.0") != lock || local == lock {
		t.Errorf("with a wheel of its own: %v\n%s", err, local)
	}
	if got := pinsOf([]byte(lock)); len(got) != 3 || got[0].name != "dramatiq" || got[0].version != "2.1.0" {
		t.Errorf("read again: %+v", got)
	}
	for _, bad := range []string{"", "{", `{"install": [{"metadata": {"name": "a", "version": "1"}}]}`} {
		if _, err := lockedPackages([]byte(bad), nil); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

// Only a framework and what it needs may differ from tqbench's lock.
func TestOtherPackagesKeepTheirReleases(t *testing.T) {
	t.Parallel()
	pins := pinsOf([]byte(`amqp==5.4.2 \
    --hash=sha256:00
    # via kombu
celery==5.7.0 \
    --hash=sha256:01
    # via -r requirements.in
Kombu[redis]==5.7.0 \
    --hash=sha256:02
    # via celery
typing_extensions==4.16.0 \
    --hash=sha256:03
    # via
    #   -r requirements.in
    #   uvicorn
uvicorn==0.54.0 \
    --hash=sha256:04
    # via -r requirements.in
`))
	if got := string(keep(pins, neededBy(pins, "celery"))); got != "typing-extensions==4.16.0\nuvicorn==0.54.0\n" {
		t.Errorf("kept:\n%s", got)
	}
	// An extension follows the framework.
	pins = append(pins, pin{name: "celery-extra", version: "1"}, pin{name: "extra-needs", version: "2", via: []string{"celery-extra"}})
	pins[1].via = []string{"celery-extra"}
	extensions := extensionsOf(pins, "celery")
	if got := neededBy(pins, append(extensions, "celery")...); !slices.Equal(got, []string{"celery-extra", "celery", "extra-needs", "kombu", "amqp"}) {
		t.Errorf("needed: %q", got)
	}
	if got := string(loosened([]byte("celery==5.5.3\ncelery_extra==1\nuvloop==2\n"), extensions)); got != "celery==5.5.3\ncelery_extra\nuvloop==2\n" {
		t.Errorf("loosened: %s", got)
	}
	r := Release{Framework: "celery", Package: "celery", Version: "5.5.3"}
	got, err := r.in([]byte("# Extras.\ncelery[redis,sqs]==5.7.0\nhiredis==3.5.0\nuvloop\n"), "==5.5.3")
	if err != nil || string(got) != "# Extras.\ncelery[redis,sqs]==5.5.3\nhiredis==3.5.0\nuvloop\n" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := r.in([]byte("celery-types==1\n"), "==1"); err == nil {
		t.Error("no error without the package")
	}
}

// pip's words become one line that says what exists.
func TestAPipThatRefusesIsUnderstood(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]string{
		"ERROR: Could not find a version that satisfies the requirement rq==2.99 (from versions: 1.9.0, 2.9.1, 2.10.0, 2.12.0, 3.0.0)\nERROR: No matching distribution found for rq==2.99\n": "no wheel of rq 2.99 for CPython " +
			interpreter.Version + ": choose from 2.9.1, 2.10.0, 2.12.0, 3.0.0",
		"ERROR: Could not find a version that satisfies the requirement celery[redis,sqs]==99 (from versions: none)\n":                                     "no release of celery[redis,sqs]: is its index reachable?",
		"ERROR: Cannot install celery because these package versions have conflicting dependencies.\nERROR: ResolutionImpossible: for help visit a page\n": errConflict.Error(),
		"something else\nERROR: no space left\n": "pip: ERROR: no space left",
	} {
		if got := refusal([]byte(out)).Error(); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if err := refusal([]byte("ResolutionImpossible")); !errors.Is(err, errConflict) {
		t.Error(err)
	}
	known := []string{"1.0", "2.10.0", "2.2.0", "2.2.0rc1", "3.0.0", "4.0", "5.0"}
	if got := nearby(known, "2.3"); !slices.Equal(got, []string{"1.0", "2.2.0rc1", "2.2.0", "2.10.0", "3.0.0", "4.0"}) {
		t.Errorf("near 2.3: %q", got)
	}
}

// The release of tqbench's own lock is that lock, without a package manager.
func TestTheLockedReleaseKeepsItsLock(t *testing.T) {
	t.Parallel()
	for _, r := range []Release{{Framework: "rq", Package: "rq"}, {Framework: "bullmq", Package: "bullmq"},
		{Framework: "asynq", Package: "github.com/hibiken/asynq"}} {
		have, err := r.Locked()
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range []string{have, have + ".0"} {
			r.Version = version
			lock, err := (&Builder{Cache: filepath.Join(t.TempDir(), "unused")}).Resolve(t.Context(), r, nil)
			if err != nil || len(lock) == 0 {
				t.Errorf("%s: another lock, %v", r, err)
			}
			for name, data := range lock {
				if !strings.Contains(string(data), have) && name != "go.sum" {
					t.Errorf("%s: %s lacks the release", r, name)
				}
			}
		}
	}
}
