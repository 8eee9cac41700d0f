package contender

import (
	"errors"
	"maps"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/results"
)

// A variant differs in the acknowledgement and its guarantee, and in nothing else.
func TestEarlyAcknowledgementIsAVariantInName(t *testing.T) {
	t.Parallel()
	const settings = "TQBENCH_CELERY_SETTINGS"
	for _, name := range []string{"celery/threads", "celery/prefork", "celery/gevent"} {
		for _, b := range []string{"redis", "rabbitmq", "sqs", "postgres"} {
			t.Run(name+" on "+b, func(t *testing.T) {
				late, err := catalog(t).Find(name)
				if err != nil {
					t.Fatal(err)
				}
				c, err := catalog(t).Find(name + "+early")
				if err != nil || c.Name() != name+"+early" || c.Framework() != "celery" {
					t.Fatalf("%v, %v", c, err)
				}
				target := Target{Broker: b, URL: exampleURL(b), Queue: "q", Processes: 2, Concurrency: 10, CPUs: 2}
				want, err := late.Setup(target)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.Setup(target)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range got.Settings {
					if x.Name == "acknowledgement" && x.Value != "before execution" {
						t.Errorf("%+v", x)
					}
				}
				if got.Delivery != results.AtMostOnce || !strings.HasPrefix(got.Guarantee, results.AtMostOnce+": ") {
					t.Errorf("it promises %q", got.Guarantee)
				}
				if b != "postgres" && (want.Delivery != results.AtLeastOnce || !strings.Contains(got.Guarantee, "before execution")) {
					t.Errorf("%q next to %q", got.Guarantee, want.Guarantee)
				}
				env := maps.Clone(want.Environ)
				env[settings] = strings.Replace(env[settings], `"task_acks_late":true`, `"task_acks_late":false`, 1)
				if env[settings] == want.Environ[settings] {
					t.Fatalf("late acknowledgement isn't in %s", env[settings])
				}
				if diff := gocmp.Diff(env, got.Environ) + gocmp.Diff(want.Commands, got.Commands); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestWhatCantAcknowledgeEarlyIsRefused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"asynctasq/async+early": "after its execution",
		"asynctasq+early":       "after its execution",
		"celery/nothing+early":  "celery/threads+early",
		"celery+early+early":    "choose from",
		"+early":                "choose from",
	} {
		c, err := catalog(t).Find(name)
		if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) && name != "asynctasq+early" ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	for _, c := range catalog(t).Variants() {
		if found, err := catalog(t).Find(c.Name()); err != nil || found.Name() != c.Name() {
			t.Errorf("%s: %v, %v", c.Name(), found, err)
		}
	}
	if n := len(catalog(t).Variants()); n != 4 {
		t.Errorf("%d variants", n)
	}
}
