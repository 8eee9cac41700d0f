package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/results"
)

// However an application sets its broker, that one sees no connection: its load is the trial's.
func TestAnApplicationsOwnBrokerIsNeverTouched(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	theirs := plantBroker(t)
	const celery = "\n\n@app.task\ndef audit():\n    pass\n\n\n@app.task\ndef price(sku):\n    audit.delay()\n"
	const asynctasq = "from asynctasq import task\n\n\n@task\nasync def audit():\n    pass\n\n\n@task\nasync def price(sku):\n    await audit().on_queue(os.environ['TQBENCH_QUEUE']).dispatch()\n"
	for _, tt := range []struct {
		name, celery, asynctasq string
		// refused is the reason of Celery's trial if the application can't be turned from its broker.
		refused string
	}{
		{"in its settings", "app = Celery('shop')\napp.conf.update(broker_url=U, broker_read_url=U, broker_write_url=U, result_backend=U)",
			"import asynctasq\nasynctasq.init({'driver': 'redis', 'redis': {'url': U}})", ""},
		{"in variables that a file sets", "for name in ('BROKER_URL', 'BROKER_READ_URL', 'BROKER_WRITE_URL', 'RESULT_BACKEND'):\n    os.environ['CELERY_' + name] = U\napp = Celery('shop')",
			"os.environ['ASYNCTASQ_REDIS_URL'] = U\nimport asynctasq\nasynctasq.init()", ""},
		{"in an object that is read late", "class Settings:\n    broker_url = U\n    broker_read_url = U\n    broker_password = 'other'\n    task_routes = {'shop.*': {'queue': 'other'}}\n\n\napp = Celery('shop')\napp.config_from_object(Settings)", "", ""},
		{"in settings that come late", "from celery.signals import celeryd_init\n\napp = Celery('shop')\n\n\n@celeryd_init.connect\ndef late(**_):\n    app.conf.broker_read_url = U", "", ""},
		{"in a variable that comes late", "from celery.signals import celeryd_init\n\napp = Celery('shop')\n\n\n@celeryd_init.connect\ndef late(**_):\n    os.environ['CELERY_BROKER_READ_URL'] = U", "",
			"shop:app would connect to " + theirs.address},
		{"as a backend in a variable that comes late", "from celery.signals import celeryd_init\n\napp = Celery('shop')\n\n\n@celeryd_init.connect\ndef late(**_):\n    os.environ['CELERY_RESULT_BACKEND'] = U", "",
			"shop:app would connect to " + theirs.address},
		{"as a backend that is made early", "app = Celery('shop', backend=U)\napp.backend", "", ""},
		{"for its events", "app = Celery('shop', broker=U)\napp.conf.worker_pool = 'solo'",
			"import asynctasq\nasynctasq.init({'events': {'enable_all': True, 'enable_event_emitter_redis': True, 'redis_url': U}})", ""},
		{"of a second app", "from celery.signals import task_prerun\n\napp = Celery('shop')\nother = Celery('other', broker=U)\n\n\n@task_prerun.connect\ndef note(task=None, **_):\n    if task.name == 'shop.price':\n        other.send_task('note')", "",
			"ConnectionError: shop:app has a second Celery app, other, which sends tasks too: only one can be measured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // a run mostly waits
			dir := t.TempDir()
			begin := fmt.Sprintf("import os\n\nfrom celery import Celery\n\nU = %q\n", theirs.URL())
			write(t, filepath.Join(dir, "shop.py"), begin+tt.celery+celery)
			args := []string{"run", "--blocks", "1", "--scale", "0.01", "--app", "celery=shop:app", "--task", "shop.price", "--calls", "calls.json"}
			want := 1
			if tt.asynctasq != "" {
				write(t, filepath.Join(dir, "other.py"), fmt.Sprintf("import os\n\nU = %q\n%s\n%s", theirs.URL(), tt.asynctasq, asynctasq))
				args, want = append(args, "--app", "asynctasq=other", "--task", "asynctasq=other.price"), 2
			}
			write(t, filepath.Join(dir, "calls.json"), `[["A-1"]]`)
			before := theirs.connections(t)
			cmd, _, stderr := tqbench(t.Context(), t, dir, args...)
			err := cmd.Run()
			if tt.refused != "" {
				if code := exit(err); code != exitInvalid || !strings.Contains(stderr.String(), tt.refused) {
					t.Errorf("exit code %d: %s", code, stderr)
				}
			} else if err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			trials, err := results.ReadTrials(filepath.Join(dir, defaultOut))
			if err != nil || len(trials) != want {
				t.Fatalf("%d trials (%v)", len(trials), err)
			}
			for _, tr := range trials {
				if tt.refused == "" && (tr.Sent != 300 || tr.Finished != 300 || tr.Duplicated != 0 || tr.Unexpected != 0) {
					t.Errorf("%s: %+v, %s", tr.Arm, tr.Counts, tr.Reason)
				}
			}
			theirs.untouched(t, before)
		})
	}
}

// plantedBroker is an application's own Redis, which no run may touch.
type plantedBroker struct {
	broker.Broker
	client  *redis.Client
	address string
}

func plantBroker(t *testing.T) plantedBroker {
	t.Helper()
	b := opened(t, "redis")
	o, err := redis.ParseURL(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	// Tests that run at once count the server's connections.
	o.PoolSize, o.MaxRetries, o.ReadTimeout = 1, -1, time.Minute
	client := redis.NewClient(o)
	t.Cleanup(func() { client.Close() })
	return plantedBroker{b, client, o.Addr}
}

// connections is how many the server has had.
func (p plantedBroker) connections(t *testing.T) string {
	t.Helper()
	info, err := p.client.InfoMap(t.Context(), "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	return info["Stats"]["total_connections_received"]
}

// untouched checks that there was no connection since, and that the server has no key.
func (p plantedBroker) untouched(t *testing.T, before string) {
	t.Helper()
	if after := p.connections(t); after != before {
		t.Errorf("the application's own broker had %s connections before, and %s after", before, after)
	}
	if n, err := p.client.DBSize(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("the application's own broker has %d keys (%v)", n, err)
	}
}
