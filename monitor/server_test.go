package monitor_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

func serve(t *testing.T, m *monitor.Metrics) *monitor.Server {
	t.Helper()
	s, err := monitor.Serve(t.Context(), "127.0.0.1:0", m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(t.Context()) })
	return s
}

// get asks a server, optionally in another host's name.
func get(t *testing.T, s *monitor.Server, host string) (code int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Address+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(data)
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	taken := serve(t, monitor.NewMetrics()).Address
	for address, want := range map[string]string{
		"0.0.0.0:9464": "loopback", ":9464": "loopback", "[::]:9464": "loopback", "192.0.2.1:9464": "loopback", "example.org:9464": "loopback",
		"127.0.0.1": "loopback", "": "loopback", taken: "another program listens", "127.0.0.1:99999": "99999",
	} {
		s, err := monitor.Serve(t.Context(), address, monitor.NewMetrics())
		if err == nil {
			s.Close(t.Context())
		}
		if !errors.Is(err, monitor.ErrAddress) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want an error with %q", address, err, want)
		}
	}
	s, err := monitor.Serve(t.Context(), "localhost:0", monitor.NewMetrics())
	if err != nil || !strings.HasPrefix(s.Address, "127.0.0.1:") {
		t.Fatalf("localhost: %v, %v", s, err)
	}
	s.Close(t.Context())
}

// A web page can let its own name lead to loopback; its requests still have that name.
func TestRequestsForOtherHostsAreRefused(t *testing.T) {
	s := serve(t, monitor.NewMetrics())
	for host, want := range map[string]int{
		"": http.StatusOK, "localhost": http.StatusOK, "localhost:1": http.StatusOK, "127.0.0.1:9464": http.StatusOK, "[::1]:9464": http.StatusOK,
		"evil.example": http.StatusMisdirectedRequest, "evil.example:9464": http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example": http.StatusMisdirectedRequest, "192.0.2.1": http.StatusMisdirectedRequest,
	} {
		if code, body := get(t, s, host); code != want || (code != http.StatusOK && strings.Contains(body, "tqbench_")) {
			t.Errorf("%q: status %d, want %d: %.80s", host, code, want, body)
		}
	}
}

// closing closes a server, and the returned channel is closed when that is done.
func closing(t *testing.T, s *monitor.Server) <-chan struct{} {
	t.Helper()
	closed := make(chan struct{})
	go func() {
		s.Close(t.Context())
		close(closed)
	}()
	return closed
}

// A client that scrapes gets the run's last figures before the endpoint ends; without one, nothing waits.
func TestTheEndpointEndsWithTheRunAndALastScrape(t *testing.T) {
	s := serve(t, monitor.NewMetrics())
	get(t, s, "")
	closed := closing(t, s)
	for scraped := false; !scraped; {
		select {
		case <-closed:
			// It had not begun to close when it was last asked.
			scraped = true
		default:
			answer, err := http.Get("http://" + s.Address + "/metrics")
			if err != nil {
				scraped = true
				break
			}
			_ = answer.Body.Close()
		}
	}
	<-closed
	if _, err := http.Get("http://" + s.Address + "/metrics"); err == nil {
		t.Error("it still answers")
	}
	alone := serve(t, monitor.NewMetrics())
	alone.Close(t.Context())
}

// The last figures arrive as a whole, however soon the endpoint ends after they were made.
func TestTheLastScrapeIsWhole(t *testing.T) {
	for range 20 {
		s := serve(t, monitor.NewMetrics())
		get(t, s, "")
		closed := closing(t, s)
		answer, err := http.Get("http://" + s.Address + "/metrics")
		if err == nil {
			if _, err := io.ReadAll(answer.Body); err != nil {
				t.Error(err)
			}
			_ = answer.Body.Close()
		}
		<-closed
	}
}

func TestMetricsAddUpTheirLooks(t *testing.T) {
	m := monitor.NewMetrics()
	s := serve(t, m)
	tr := suite.Trial{ID: 3, Scenario: "throughput", Broker: "redis", Arm: "celery/prefork"}
	m.Progress(runner.Progress{Index: 2, Total: 14, Trial: tr, Left: 90 * time.Second})
	look := trial.Look{Phase: "paced", Arrivals: suite.Poisson, Producer: suite.Wire, Depth: 7,
		Counts: results.Counts{Sent: 3, Finished: 2}, CPU: trial.Parts{Workers: 0.5},
		Tasks: []trial.Timing{{Late: 1000, Wait: 2e6, Service: 1e6, Latency: 3e6}, {Late: -1, Wait: -1, Service: 1e6, Latency: -1}}}
	m.Look(tr, look)
	m.Look(tr, look)
	const labels = `broker="redis",contender="celery/prefork",`
	const cell = labels + `producer="wire",scenario="throughput"`
	has := func(lines ...string) {
		t.Helper()
		_, page := get(t, s, "")
		for _, want := range lines {
			if !strings.Contains(page, want+"\n") {
				t.Errorf("there is no %s", want)
			}
		}
	}
	has(`tqbench_tasks_sent_total{`+cell+`} 6`, `tqbench_tasks_finished_total{`+cell+`} 4`, `tqbench_tasks_lost_total{`+cell+`} 0`,
		`tqbench_task_latency_seconds_count{`+cell+`} 2`, `tqbench_task_service_seconds_count{`+cell+`} 4`,
		`tqbench_task_latency_seconds_sum{`+cell+`} 0.006`, `tqbench_queue_depth{`+cell+`} 7`,
		`tqbench_phase_info{arrivals="poisson",`+labels+`phase="paced",producer="wire",scenario="throughput"} 1`,
		`tqbench_cpu_seconds_total{`+labels+`part="workers",producer="wire",scenario="throughput"} 1`,
		`tqbench_trial_number 2`, `tqbench_trials 14`, `tqbench_time_left_seconds 90`)
	m.Look(tr, trial.Look{Phase: "paced", Arrivals: suite.Poisson, Producer: suite.Wire, Depth: -1, Over: true,
		Counts: results.Counts{Lost: 2, Unknown: 3}, Memory: trial.Parts{Broker: 1 << 20}})
	has(`tqbench_tasks_lost_total{`+cell+`} 2`, `tqbench_tasks_unknown_total{`+cell+`} 3`, `tqbench_memory_bytes{`+labels+`part="broker",producer="wire",scenario="throughput"} 1.048576e+06`)
	m.Progress(runner.Progress{Index: 2, Total: 14, Trial: tr, Result: &results.Trial{Flags: []results.Flag{{Code: results.FlagLost}}}})
	has(`tqbench_trials_ended_total{` + labels + `outcome="flagged",scenario="throughput"} 1`)
	_, page := get(t, s, "")
	for _, gone := range []string{"tqbench_phase_info{", "tqbench_queue_depth{", "tqbench_memory_bytes{"} {
		if strings.Contains(page, gone) {
			t.Errorf("%s outlives its trial", gone)
		}
	}
}

func TestMeter(t *testing.T) {
	m := monitor.NewMeter()
	now := time.Now()
	if sent, finished := m.Rates(now); sent != 0 || finished != 0 {
		t.Error("a rate of nothing")
	}
	if _, ok := m.P99(); ok {
		t.Error("a percentile of nothing")
	}
	m.Look(now, trial.Look{Began: true})
	for i := 1; i <= 8; i++ {
		l := trial.Look{Counts: results.Counts{Sent: 50, Finished: 25}}
		for range 25 {
			l.Tasks = append(l.Tasks, trial.Timing{Latency: int64(i) * 1e6})
		}
		m.Look(now.Add(time.Duration(i)*250*time.Millisecond), l)
	}
	for after, want := range map[time.Duration]float64{2 * time.Second: 100, 2500 * time.Millisecond: 50, 3 * time.Second: 0} {
		// In the order of time: the past is forgotten.
		fresh := *m
		if sent, finished := fresh.Rates(now.Add(after)); finished != want || sent != 2*want {
			t.Errorf("after %s: %v/s sent and %v/s finished, want %v and %v", after, sent, finished, 2*want, want)
		}
	}
	if got, _ := m.P99(); got.Round(10*time.Microsecond) != 8*time.Millisecond {
		t.Errorf("p99 %s, want 8ms", got)
	}
	m.Look(now.Add(3*time.Second), trial.Look{Began: true})
	if _, ok := m.P99(); ok {
		t.Error("a phase begins with the one before's latencies")
	}
}
