package contender

import (
	"errors"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/workers"
)

// A name may end in a release. Nothing but the packages depends on it.
func TestANameMayEndInARelease(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		name    string
		release workers.Release
	}{
		"rq":                          {name: "rq/fork"},
		"rq@2.6.1":                    {"rq/fork@2.6.1", workers.Release{Framework: "rq", Package: "rq", Version: "2.6.1"}},
		"rq/simple@3.0.0rc1":          {"rq/simple@3.0.0rc1", workers.Release{Framework: "rq", Package: "rq", Version: "3.0.0rc1"}},
		"celery/threads@5.5.3":        {"celery/threads@5.5.3", workers.Release{Framework: "celery", Package: "celery", Version: "5.5.3"}},
		"bullmq/threads@5.1.0-beta.1": {"bullmq/threads@5.1.0-beta.1", workers.Release{Framework: "bullmq", Package: "bullmq", Version: "5.1.0-beta.1"}},
		"asynq@0.25.1":                {"asynq/goroutines@0.25.1", workers.Release{Framework: "asynq", Package: "github.com/hibiken/asynq", Version: "0.25.1"}},
		"rq@git-0123456789":           {"rq/fork@git-0123456789", workers.Release{Framework: "rq", Package: "rq", Version: "git-0123456789"}},
		"celery/threads+early@5.5.3":  {"celery/threads+early@5.5.3", workers.Release{Framework: "celery", Package: "celery", Version: "5.5.3"}},
	} {
		c, err := catalog(t).Find(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, chosen := Release(c)
		if c.Name() != want.name || got != want.release || chosen != (got.Version != "") {
			t.Errorf("%s: %s, %+v", name, c.Name(), got)
		}
		if again, err := catalog(t).Find(c.Name()); err != nil || again.Name() != c.Name() {
			t.Errorf("%s: its full name leads to %v, %v", name, again, err)
		}
	}
}

func TestARunInNoReleaseIsRefused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"rq@":                  "digits first",
		"rq@latest":            "digits first",
		"rq@../../x":           "digits first",
		"rq@2.6 --index-url=x": "digits first",
		"rq@2.6@2.7":           "digits first",
		"rq@2.6.*":             "digits first",
		"celery@5.5.3+early":   "write celery/prefork+early@5.5.3",
		"rq@git+file:///x@v1":  "with --contender alone",
		"rq@./rq.whl":          "with --contender alone",
		"rq@git-0123":          "digits first",
		"nothing@1":            "choose from",
		"@1":                   "choose from",
	} {
		c, err := catalog(t).Find(name)
		if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	if _, err := at(folder{dir: "/somewhere"}, "toy@1", "1"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "lock") {
		t.Errorf("a folder from outside: %v", err)
	}
}
