package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/results"
)

// Ways of applications in production hold in a trial, too: each task checks its own.
func TestAnApplicationRunsAsInProduction(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	for _, tt := range []struct {
		name, side, broker, source string
		// followed says that each task enqueues another one.
		followed bool
	}{
		{"a task whose results are ignored", "celery", "rabbitmq", `import os
from celery import Celery

app = Celery('shop', backend='redis://127.0.0.1:1')


@app.task(ignore_result=True)
def price(sku):
    if os.listdir(os.path.join(os.environ['TQBENCH_PROBE_DIR'], 'results')):
        raise RuntimeError('a result is stored')
`, false},
		{"its own code for sending", "celery", "redis", `from celery import Celery

app = Celery('shop')


class Tenant(app.Task):
    typing = False

    def apply_async(self, args=None, kwargs=None, **options):
        return super().apply_async(args, {**(kwargs or {}), 'tenant': 'a'}, **options)

    def __call__(self, *args, **kwargs):
        kwargs.pop('tenant')
        return super().__call__(*args, **kwargs)


@app.task(base=Tenant)
def price(sku):
    pass
`, false},
		{"a task that is a class", "celery", "redis", `from celery import Celery

app = Celery('shop')


class Price(app.Task):
    name = 'shop.price'

    def run(self, sku):
        if not self.acks_late:
            raise RuntimeError('it is acknowledged early')


app.register_task(Price())
`, false},
		{"tasks from other threads, and within one", "celery", "redis", `from concurrent.futures import ThreadPoolExecutor

from celery import Celery

app = Celery('shop')


@app.task
def audit():
    pass


@app.task
def price(sku):
    audit.apply()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(audit.delay).result()
`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // a run mostly waits
			dir := t.TempDir()
			write(t, filepath.Join(dir, "shop.py"), tt.source)
			write(t, filepath.Join(dir, "calls.json"), `[["A-1"]]`)
			framework, _, _ := strings.Cut(tt.side, "/")
			cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--blocks", "1", "--scale", "0.01", "--broker", tt.broker, "--contender", tt.side,
				"--app", framework+"=shop", "--task", "shop.price", "--calls", "calls.json")
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			trials, err := results.ReadTrials(filepath.Join(dir, defaultOut))
			if err != nil || len(trials) != 1 {
				t.Fatalf("%d trials (%v)", len(trials), err)
			}
			tr, followed := trials[0], int64(0)
			if tt.followed {
				followed = 300 + tr.Warmup.Tasks
			}
			if tr.Finished != 300 || tr.Failed != 0 || tr.Duplicated != 0 || tr.Unexpected != 0 || tr.Followed != followed {
				t.Errorf("%+v, %d followed, %s %+v", tr.Counts, tr.Followed, tr.Reason, tr.Failure)
			}
		})
	}
}
