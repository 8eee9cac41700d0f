package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/results"
)

// A task of a user's that always fails measures nothing, and the run says why; one that fails sometimes is measured. No secret is shown.
func TestAFailingTaskIsShownWithItsException(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	const body = "price(sku):\n    if sku == 'none':\n        raise KeyError(sku + ' ' + URL)\n"
	const celery = "import os\nfrom celery import Celery\n\nURL = os.environ['TQBENCH_BROKER_URL']\napp = Celery('shop')\n\n\n@app.task\ndef " + body
	const asynctasq = "import os\nfrom asynctasq import task\n\nURL = os.environ['ASYNCTASQ_REDIS_URL']\n\n\n@task\nasync def " + body
	// A retry of Taskiq's may begin before the attempt that failed has ended.
	const taskiq = "import os\nfrom taskiq import InMemoryBroker, SimpleRetryMiddleware\n\nURL = os.environ['TQBENCH_BROKER_URL']\nbroker = InMemoryBroker().with_middlewares(SimpleRetryMiddleware())\n\n\n@broker.task('shop.price', retry_on_error=True)\nasync def " + body
	// AsyncTasQ takes about a second for each failure.
	rarely := "[" + strings.Repeat(`["some"], `, 99) + `["none"]]`
	for _, tt := range []struct {
		name, app, source, calls string
		line, code               int
		failed                   int64
	}{
		{"celery always", "celery=shop:app", celery, `[["none"]]`, 11, exitInvalid, 300},
		{"celery rarely", "celery=shop:app", celery, rarely, 11, exitDone, 3},
		{"asynctasq rarely", "asynctasq=shop", asynctasq, rarely, 10, exitDone, 3},
		{"taskiq rarely", "taskiq=shop", taskiq, rarely, 11, exitDone, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // a run mostly waits
			dir := t.TempDir()
			write(t, filepath.Join(dir, "shop.py"), tt.source)
			write(t, filepath.Join(dir, "calls.json"), tt.calls)
			cmd, stdout, stderr := tqbench(t.Context(), t, dir, "quick", "--blocks", "1", "--scale", "0.01", "--app", tt.app, "--task", "shop.price", "--calls", "calls.json")
			if got := exit(cmd.Run()); got != tt.code {
				t.Fatalf("exit code %d, want %d: %s%s", got, tt.code, stdout, stderr)
			}
			trials, err := results.ReadTrials(filepath.Join(dir, defaultOut))
			if err != nil || len(trials) != 1 {
				t.Fatalf("%d trials (%v)", len(trials), err)
			}
			r := trials[0]
			if r.Sent != 300 || r.Failed != tt.failed || r.Failure == nil || r.Failure.File != "shop.py" || r.Failure.Line != tt.line ||
				!strings.HasPrefix(r.Failure.Error, "KeyError: 'none") {
				t.Fatalf("%+v, %+v", r.Counts, r.Failure)
			}
			if !strings.Contains(r.Failure.Error, ":"+redact.Mask+"@") {
				t.Errorf("the broker's password may be in %q", r.Failure.Error)
			}
			says := "of 300 tasks failed: KeyError: 'none"
			if out := strings.Join(strings.Fields(stdout.String()), " "); !strings.Contains(out, says) {
				t.Errorf("the terminal doesn't say %q: %s", says, stdout)
			}
			if got := strings.Count(stderr.String(), says); (got == 1) != (tt.code == exitInvalid) || got > 1 {
				t.Errorf("the errors say %q %d times: %s", says, got, stderr)
			}
			for _, f := range []string{"index.html", "summary.md"} {
				page, err := os.ReadFile(filepath.Join(dir, defaultOut, "report", f))
				if err != nil || !strings.Contains(string(page), "tasks failed: KeyError: ") {
					t.Errorf("%s doesn't say why (%v)", f, err)
				}
			}
		})
	}
}
