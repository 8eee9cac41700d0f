package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// webScenario loads a web application with this many requests of each kind.
func webScenario(t *testing.T, requests, rate int) suite.Scenario {
	t.Helper()
	s := suite.Scenario{Name: "test", Measure: suite.Web, Task: "noop", Setting: suite.Setting{Processes: 2, Concurrency: 10},
		Phases: []suite.Phase{
			{Name: "plain", Arrivals: suite.Open, Producer: suite.Client, Tasks: requests, Rate: rate},
			{Name: "dispatch", Arrivals: suite.Open, Producer: suite.Client, Tasks: requests, Rate: rate},
		},
		Warmup: suite.Warmup{Limit: suite.Duration(time.Second)}, Limit: suite.Duration(30 * time.Second)}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Every answered request is a task that ran, including those during the application's stop. The load continues beyond its end, and requests
// that it refused then are no tasks.
func TestWebRequestsBecomeTasks(t *testing.T) {
	const requests, rate = 120, 60
	for _, name := range []string{"asynctasq", "celery"} {
		t.Run(name, func(t *testing.T) {
			c := config(t, name, webScenario(t, requests, rate))
			r, err := runWatched(t, c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Finished != r.Sent || r.Lost+r.Duplicated+r.Failed+r.Rejected+r.Unexpected != 0 {
				t.Errorf("%+v, flags %+v", r.Counts, r.Flags)
			}
			// The application was stopped after one second of load.
			atStop := int64(requests + webUnderLoad.Seconds()*rate)
			if all := int64(requests + (webUnderLoad+webAfter).Seconds()*rate); r.Sent < atStop/2+requests/2 || r.Sent >= all {
				t.Errorf("%d tasks: about %d are expected, and fewer than the %d that were offered", r.Sent, atStop, all)
			}
			for _, code := range []string{results.FlagKilled, results.FlagNotDrained, results.FlagWorkerDied} {
				if hasFlag(r, code) {
					t.Errorf("flagged %s: %+v", code, r.Flags)
				}
			}
			for _, v := range []string{metric.WebStartup, metric.WebFirst, metric.WebPlainP50, metric.WebPlainP99, metric.WebDispatchP50,
				metric.WebDispatchP99, metric.WebCPU, metric.WebShutdown} {
				if x, ok := r.Values[v]; !ok || !(x > 0) || math.IsInf(x, 0) {
					t.Errorf("%s is %v (%v)", v, x, ok)
				}
			}
			rows, err := readRows(t, c, &r)
			if err != nil {
				t.Fatal(err)
			}
			stopping := 0
			for _, row := range rows {
				if row.Phase == "plain" || row.Intended == 0 || row.Outcome != results.OutcomeFinished {
					t.Errorf("%+v", row)
				}
				if row.Phase == "stop under load" {
					stopping++
				}
			}
			if stopping == 0 || len(rows) != int(r.Sent) {
				t.Errorf("%d of %d rows are of tasks that came while the application was stopped", stopping, len(rows))
			}
			clean(t)
		})
	}
}

// readRows reads the tasks that a trial wrote, as a run would keep them.
func readRows(t *testing.T, c Config, r *results.Trial) ([]results.Task, error) {
	t.Helper()
	if err := results.WriteTrial(c.Dir, *r); err != nil {
		return nil, err
	}
	return results.ReadTasks(c.Dir)
}

// otherApp is a contender with another web application, from the test's folder.
type otherApp struct {
	contender.Contender
	dir, module string
}

func (o otherApp) Setup(t contender.Target) (contender.Setup, error) {
	s, err := o.Contender.Setup(t)
	s.Environ["PYTHONPATH"] = strings.Join([]string{t.Env.Apps, t.Env.Packages, o.dir}, ":")
	s.Web = o.module
	return s, err
}

// lyingApp is honest during its warm-up, for this many requests. Then it falsely reports each tenth task as accepted, and fails at another
// tenth.
const lyingApp = `
import os

from fastapi import FastAPI, HTTPException
from contenders.celery import app as celery_app

PREFIX = os.environ["TQBENCH_WEB_PREFIX"]
app = FastAPI()
seen = 0

@app.get(PREFIX + "/plain")
def plain():
    return {}

@app.post(PREFIX + "/dispatch", status_code=202)
async def dispatch(seq: int):
    global seen
    seen += 1
    after = seen - %d
    if after > 0 and after %% 10 == 5:
        raise HTTPException(503)
    if after <= 0 or after %% 10:
        celery_app.send("noop", seq)
    return {}
`

// tqbench doesn't trust an application's answers: a task that it didn't enqueue is lost, one that it refused is not.
func TestWebRequestsThatEnqueueNothingAreLost(t *testing.T) {
	const rate = 50
	c := config(t, "celery", webScenario(t, 100, rate))
	dir := t.TempDir()
	app := fmt.Sprintf(lyingApp, 1+int(webWarm.Seconds()*rate))
	if err := os.WriteFile(filepath.Join(dir, "lying_web.py"), []byte(app), 0o644); err != nil {
		t.Fatal(err)
	}
	c.Contender = otherApp{c.Contender, dir, "lying_web"}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	// While it stops, refused requests are no tasks, but lost ones are.
	if r.Rejected != 10 || r.Lost <= 10 || r.Sent != r.Finished+r.Lost {
		t.Errorf("%+v", r.Counts)
	}
	for _, code := range []string{results.FlagLost, results.FlagRejected, results.FlagNotDrained} {
		if !hasFlag(r, code) {
			t.Errorf("no flag %s: %+v", code, r.Flags)
		}
	}
}

// If an application doesn't start, the error has its last words.
func TestAWebApplicationThatDoesNotStartIsReported(t *testing.T) {
	c := config(t, "celery", webScenario(t, 20, 20))
	c.Contender = otherApp{c.Contender, t.TempDir(), "no_such_web"}
	_, err := Run(t.Context(), c)
	if !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "No module named 'no_such_web'") {
		t.Errorf("err = %v", err)
	}
	clean(t)
}

func TestACancelledWebTrialLeavesNothing(t *testing.T) {
	for _, stage := range []string{"app", "plain", "dispatch", "stop under load"} {
		t.Run(stage, func(t *testing.T) {
			c := config(t, "celery", webScenario(t, 100, 50))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.Progress = func(p Progress) {
				if p.Stage == stage {
					time.AfterFunc(100*time.Millisecond, cancel)
				}
			}
			if _, err := Run(ctx, c); !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
			clean(t)
		})
	}
}

// If a trial fails while its application stops, such as by its broker's end, it ends with that reason.
func TestATrialThatFailsDuringAStopEnds(t *testing.T) {
	dir := t.TempDir()
	group, err := process.Start(t.Context(), []process.Command{{Dir: dir, Log: filepath.Join(dir, "log"), Env: []string{"PATH=/usr/bin:/bin"},
		Argv: []string{"/bin/sh", "-c", `trap "" TERM; sleep 100`}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { group.Stop(syscall.SIGKILL, 0) })
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the broker is gone")
	// By this request, which is due half a second later, it has been asked to stop, and it stays.
	const rate = 50
	last := int64((webUnderLoad + 500*time.Millisecond).Seconds() * rate)
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if requests.Add(1) == last {
			cancel(gone)
		}
	}))
	t.Cleanup(server.Close)
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &web{run: &run{Config: Config{Clock: c}, ledger: &ledger{}, rec: &recorder{}}, app: &webApp{group: group, url: server.URL, client: server.Client()}}
	ended := make(chan error, 1)
	go func() {
		ended <- w.stopUnderLoad(ctx, suite.Phase{Arrivals: suite.Open, Producer: suite.Client, Rate: 50})
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, gone) {
			t.Errorf("%v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it never ends")
	}
}
