package trial

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A type that a framework can't carry is a result: the trial says in one line that it did not run and why.
func TestATypeThatCantBeCarriedIsReported(t *testing.T) {
	s := scenario(t, suite.Phase{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 100})
	s.Measure, s.Task, s.Args = suite.Codec, "payload", []any{"payload:set"}
	if _, err := Run(t.Context(), config(t, "celery", s)); !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "celery can't carry it: EncodeError") {
		t.Errorf("err = %v", err)
	}
	clean(t)
	r, err := Run(t.Context(), config(t, "asynctasq", s))
	if err != nil || r.Finished != 100 || r.Values[metric.Bytes] < 100 || r.Values[metric.Encode] <= 0 || r.Values[metric.Decode] <= 0 {
		t.Errorf("%+v, %v, %v", r.Counts, r.Values, err)
	}
	clean(t)
}

// An ORM's model is sent as a reference, and the worker fetches it with its items: a task that gets less fails. A framework without models
// says so, and both fetch a row by its key.
func TestWorkersFetchModelsOfADatabase(t *testing.T) {
	for _, name := range []string{"celery", "asynctasq"} {
		for _, point := range []string{"sqlalchemy", "django", "tortoise", "key"} {
			t.Run(name+" "+point, func(t *testing.T) {
				s := scenario(t, suite.Phase{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 200})
				s.Limit = suite.Duration(2 * time.Minute)
				s.Measure, s.Service, s.Task, s.Args = suite.Codec, suite.Database, "order_model", []any{"payload:" + point}
				if point == "key" {
					s.Task, s.Args = "order_by_id", []any{1}
				}
				if err := s.Check(); err != nil {
					t.Fatal(err)
				}
				c := config(t, name, s)
				c.ORMs = environment(t, "orm")
				r, err := Run(t.Context(), c)
				if name == "celery" && point != "key" {
					if !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "celery can't carry it: EncodeError: Object of type Order") {
						t.Errorf("err = %v", err)
					}
				} else if err != nil || r.Finished != 200 || r.Failed+r.Lost+r.Duplicated != 0 || hasFlag(r, results.FlagChanged) ||
					r.Values[metric.Bytes] < 100 || r.Values[metric.Encode] <= 0 || r.Values[metric.Decode] <= 0 {
					t.Errorf("%+v, %v, %v, %v", r.Counts, r.Values, r.Flags, err)
				}
				clean(t)
			})
		}
	}
}

func TestTheDatabasesPasswordIsASecret(t *testing.T) {
	b := sandbox{database: "postgresql://tqbench:hunter2@127.0.0.1:1/postgres"}
	if got := redact.New(secrets(b.environment())...).String("no connection as tqbench:hunter2"); got != "no connection as tqbench:"+redact.Mask {
		t.Errorf("shown: %s", got)
	}
	among := map[string]string{"DATABASE_URL": "postgresql://db.example/shop?user=u&password=hunter2"}
	if got := redact.New(secrets(among)...).String(among["DATABASE_URL"]); got != "postgresql://db.example/shop?user=u&password="+redact.Mask {
		t.Errorf("shown: %s", got)
	}
}
