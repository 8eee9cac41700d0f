package monitor_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

func TestMain(m *testing.M) {
	runner.MaybeHelper()
	os.Exit(m.Run())
}

// sample is one series of an answer, with its values over time.
type sample struct {
	Metric map[string]string
	Values [][2]any
}

// last is a series' last value.
func (s sample) last(t *testing.T) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s.Values[len(s.Values)-1][1].(string), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// query asks a Prometheus for an expression's values from a moment until now.
func query(t *testing.T, p *monitor.Prometheus, expr string, since time.Time) []sample {
	t.Helper()
	at := func(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }
	form := url.Values{"query": {expr}, "start": {at(since)}, "end": {at(time.Now())}, "step": {"1"}}
	answer, err := http.PostForm(p.URL+"/api/v1/query_range", form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var a struct {
		Status, Error string
		Data          struct{ Result []sample }
	}
	if err := json.NewDecoder(answer.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Status != "success" {
		t.Fatalf("%s: %s", expr, a.Error)
	}
	return a.Data.Result
}

// scraped is a real run, with everything that a real Prometheus saw of it.
type scraped struct {
	prometheus *monitor.Prometheus
	began      time.Time
	trials     []results.Trial
	// page is the endpoint's final text.
	page string
}

// scrape runs both frameworks on a Redis under a Prometheus, which has the last figures when it returns.
func scrape(t *testing.T) scraped {
	t.Helper()
	testneeds.Real(t, "Prometheus and workers")
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	metrics := monitor.NewMetrics()
	server, err := monitor.Serve(t.Context(), "127.0.0.1:0", metrics)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(t.Context()) })
	p, err := monitor.StartPrometheus(t.Context(), brokertest.FreeAddress(t), server.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	// Large enough that each phase lasts for several scrapes with changes.
	plan, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{all[0].Scaled(0.25)}, Brokers: []string{"redis"},
		Contenders: []string{"celery/prefork", "asynctasq/async"}, Blocks: 1, Scale: 1, Seed: 7})
	if err == nil {
		err = suite.WritePlan(out, plan)
	}
	if err != nil {
		t.Fatal(err)
	}
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	s := scraped{prometheus: p, began: time.Now()}
	if err := runner.Run(t.Context(), runner.Options{Out: out, Builder: builder, Progress: metrics.Progress, Look: metrics.Look}); err != nil {
		t.Fatal(err)
	}
	if s.trials, err = results.ReadTrials(out); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get("http://" + server.Address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	s.page = string(page)
	// This is reported last for each trial.
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if len(query(t, p, `sum(tqbench_trials_ended_total) == 2`, s.began)) > 0 {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal("Prometheus never had the last figures")
		}
	}
}

// A real Prometheus that scrapes a real run ends with the figures of the trials' results.
func TestPrometheusSeesWhatTheResultsSay(t *testing.T) {
	s := scrape(t)
	// sum is an expression's last value, summed up; its %s selects an arm.
	sum := func(expr, arm string) float64 {
		t.Helper()
		var v float64
		for _, series := range query(t, s.prometheus, "sum("+fmt.Sprintf(expr, `contender="`+arm+`"`)+")", s.began) {
			v += series.last(t)
		}
		return v
	}
	if len(s.trials) != 2 {
		t.Fatalf("%d trials", len(s.trials))
	}
	for _, tr := range s.trials {
		if tr.Sent == 0 {
			t.Errorf("%s sent nothing: %s", tr.Arm, tr.Reason)
		}
		for name, want := range map[string]int64{"sent": tr.Sent, "rejected": tr.Rejected, "finished": tr.Finished, "failed": tr.Failed,
			"lost": tr.Lost, "unknown": tr.Unknown, "duplicated": tr.Duplicated} {
			if got := sum("tqbench_tasks_"+name+"_total{%s}", tr.Arm); got != float64(want) {
				t.Errorf("%s: Prometheus has %v tasks %s, the result %d", tr.Arm, got, name, want)
			}
		}
		used := map[string]float64{}
		for _, p := range tr.Phases {
			used["workers"] += p.Workers.CPUSeconds
			used["broker"] += p.BrokerUsage.CPUSeconds
			used["harness"] += p.HarnessUsage.CPUSeconds
		}
		for part, want := range used {
			// A sample may be taken between a phase's own reading and the end of sampling, which takes the harness itself some time.
			allowed := 0.1*want + 0.02
			if part == "harness" {
				allowed = 0.2*want + 0.1
			}
			if got := sum(`tqbench_cpu_seconds_total{%s,part="`+part+`"}`, tr.Arm); math.Abs(got-want) > allowed || want == 0 {
				t.Errorf("%s: Prometheus has %v CPU seconds of the %s, the result %v", tr.Arm, got, part, want)
			}
			if got := sum(`last_over_time(tqbench_memory_bytes{%s,part="`+part+`"}[10m])`, tr.Arm); got <= 0 {
				t.Errorf("%s: no memory of the %s", tr.Arm, part)
			}
		}
		counted := func(name string) float64 { return sum("histogram_count("+name+"{%s})", tr.Arm) }
		var scheduled float64
		for _, p := range tr.Phases {
			if !suite.Held(p.Arrivals) {
				scheduled += float64(p.Count)
			}
		}
		if got := counted("tqbench_task_service_seconds"); got != float64(tr.Finished) {
			t.Errorf("%s: %v service times of %d tasks", tr.Arm, got, tr.Finished)
		}
		for _, name := range []string{"tqbench_task_latency_seconds", "tqbench_task_queue_wait_seconds", "tqbench_generator_lateness_seconds"} {
			if got := counted(name); got != scheduled || got == 0 {
				t.Errorf("%s: %v of %s, %v tasks were sent on a schedule", tr.Arm, got, name, scheduled)
			}
		}
		if got := sum("tqbench_trials_ended_total{%s}", tr.Arm); got != 1 {
			t.Errorf("%s: %v trials ended", tr.Arm, got)
		}
		if len(query(t, s.prometheus, `tqbench_queue_depth{contender="`+tr.Arm+`"}`, s.began)) == 0 {
			t.Errorf("%s: nothing was seen of the queue", tr.Arm)
		}
	}
	if !strings.Contains(s.page, `tqbench_task_latency_seconds_bucket{`) {
		t.Error("who reads text gets no classic buckets")
	}
	lint(t, s.page)
	panels(t, s)
}

// panels lets a real Prometheus answer each dashboard query over the run's time: each is valid and shows something.
func panels(t *testing.T, s scraped) {
	t.Helper()
	// Grafana fills these in.
	fill := strings.NewReplacer("$broker", ".*", "$scenario", ".*", "$__rate_interval", "4s")
	// Those of other frameworks are made in the same way, and have nothing to show about this run.
	for _, name := range append(contenders.Usual(), "side-by-side", "system") {
		file := filepath.Join("dashboards", name+".json")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatal(err)
		}
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				expr := fill.Replace(q.Expr)
				if strings.Contains(expr, "$") {
					t.Errorf("%s: %s: nothing is filled in for a variable of %s", file, p.Title, q.Expr)
				}
				answer := query(t, s.prometheus, expr, s.began)
				if !slices.ContainsFunc(answer, sample.tells) {
					t.Errorf("%s: %s: nothing is shown by %s", file, p.Title, expr)
				}
			}
		}
	}
}

// reports whether a series has a numeric value.
func (s sample) tells() bool {
	return slices.ContainsFunc(s.Values, func(v [2]any) bool { return v[1] != "NaN" })
}

// lint checks against Prometheus's conventions with promtool.
func lint(t *testing.T, page string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = strings.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}
