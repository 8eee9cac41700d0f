package selfcheck

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/redact"
)

// What the tools printed here, with the harness's own arguments.
const (
	redisOutput = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"LPUSH","251999.98","1.937","0.448","2.335","2.959","2.999","3.015"
`
	pgbenchOutput = `pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: ins.sql
scaling factor: 1
query mode: prepared
number of clients: 8
number of threads: 2
maximum number of tries: 1
number of transactions per client: 500
number of transactions actually processed: 4000/4000
number of failed transactions: 0 (0.000%)
latency average = 1.238 ms
initial connection time = 93.048 ms
tps = 6462.714178 (without initial connection time)
`
	slapOutput = `Benchmark
	Average number of seconds to run all queries: 0.408 seconds
	Minimum number of seconds to run all queries: 0.408 seconds
	Maximum number of seconds to run all queries: 0.408 seconds
	Number of clients running queries: 8
	Average number of queries per client: 500

`
	perfTestOutput = `id: test-015211-101, starting producer #0
id: test-015211-101, starting producer #0, channel #0
id: test-015211-101, time 1.000 s, sent: 7598 msg/s, confirmed: 7098 msg/s, nacked: 0 msg/s, min/median/75th/95th/99th confirm latency: 525/17823/26190/53170/55513 µs
id: test-015211-101, time 2.011 s, sent: 9193 msg/s, confirmed: 9193 msg/s, nacked: 0 msg/s, min/median/75th/95th/99th confirm latency: 392/35675/50459/83489/101394 µs
test stopped (Producer reached message limit)
id: test-015211-101, sending rate avg: 7366 msg/s
id: test-015211-101, receiving rate avg: 0 msg/s
id: test-015211-101, confirm latency min/median/75th/95th/99th 482/27955/47031/83752/344518 µs
`
)

func TestToolsFiguresAreRead(t *testing.T) {
	for name, tt := range map[string]struct {
		read   func(string) (float64, error)
		output string
		want   float64
	}{
		"redis-benchmark":            {redisBenchmarkRate, redisOutput, 251999.98},
		"redis-benchmark, no server": {redisBenchmarkRate, "Could not connect to Redis at 127.0.0.1:1: Connection refused\nWARNING: Could not fetch server CONFIG\n", 0},
		"pgbench":                    {pgbenchTPS, pgbenchOutput, 6462.714178},
		"pgbench before 14": {pgbenchTPS, "tps = 85.184871 (including connections establishing)\n" +
			"tps = 85.296346 (excluding connections establishing)\n", 85.296346},
		"pgbench, cut off":            {pgbenchTPS, pgbenchOutput[:len(pgbenchOutput)-60], 0},
		"mariadb-slap":                {slapSeconds, slapOutput, 0.408},
		"mariadb-slap, too few":       {slapSeconds, strings.ReplaceAll(slapOutput, "0.408", "0.000"), 0},
		"perf-test":                   {perfTestRate, perfTestOutput, 7366},
		"perf-test, nothing was sent": {perfTestRate, strings.ReplaceAll(perfTestOutput, "7366", "0"), 0},
		"nothing":                     {perfTestRate, "", 0},
	} {
		got, err := tt.read(tt.output)
		if got != tt.want || (err == nil) != (tt.want > 0) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, tt.want)
		}
	}
}

func TestAToolsComplaintIsTheFirstErrorOrTheLastLine(t *testing.T) {
	for output, want := range map[string]string{
		"": "it said nothing",
		"pgbench: error: client 0 aborted\npgbench: error: Run was aborted\n":                              "pgbench: error: client 0 aborted",
		"[INFO] Scanning\n[ERROR] Could not find artifact\n[ERROR] \n[ERROR] -> [Help 1]\n":                "[ERROR] Could not find artifact",
		"Could not connect to Redis at 127.0.0.1:1: Connection refused\nWARNING: Could not fetch CONFIG\n": "WARNING: Could not fetch CONFIG",
	} {
		if got := complaint([]byte(output)); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

// emptyTemp is a temporary folder, and a check that nothing was left in it.
func emptyTemp(t *testing.T) func() {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return func() {
		t.Helper()
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
	}
}

func TestACommandRunsAmongItsFilesAndLeavesNothing(t *testing.T) {
	check := emptyTemp(t)
	c := command{argv: []string{"/bin/sh", "-c", `cat "$NAME"; stat -c %a "$NAME"`}, env: []string{"NAME=secret"}, files: map[string]string{"secret": "text\n"}}
	if out, err := c.output(t.Context()); out != "text\n600\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	check()
	c = command{argv: []string{"/bin/sh", "-c", "echo an error; echo more; exit 3"}}
	if _, err := c.output(t.Context()); err == nil || err.Error() != "sh failed (exit code 3): an error" {
		t.Errorf("%v", err)
	}
	check()
}

func TestACancelledCommandIsKilledWithAllBelowIt(t *testing.T) {
	check := emptyTemp(t)
	up := filepath.Join(t.TempDir(), "up")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(up); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	began := time.Now()
	c := command{argv: []string{"/bin/sh", "-c", "(trap '' TERM INT; touch " + up + "; sleep 300) & wait"}}
	if _, err := c.output(ctx); !errors.Is(err, context.Canceled) || time.Since(began) > 30*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	check()
}

func TestAMissingToolSaysHowToInstallIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := &pair{cache: t.TempDir(), sample: broker.Message{Body: []byte("x")}}
	p.target.URL = "redis://127.0.0.1:1/0"
	for name, want := range map[string]string{"redis": "apt-get install redis-tools", "mysql": "apt-get install mariadb-client",
		"rabbitmq": "apt-get install default-jre-headless"} {
		p.target.Broker = name
		for _, tool := range p.tools(t.Context(), t.Logf) {
			if !strings.Contains(tool.reason, want) || tool.shown == "" || tool.rate != nil {
				t.Errorf("%s: %+v, want %s", name, tool, want)
			}
		}
	}
	if _, err := perfTestJars(t.Context(), p.cache); err == nil || !strings.Contains(err.Error(), "apt-get install maven") {
		t.Errorf("without Maven and with an empty cache: %v", err)
	}
}

func TestOnlyTheReleasesOwnJarsAreRun(t *testing.T) {
	const sums = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  a.jar\n" + // sha256 of "x"
		"a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa  b.jar\n" // of "y"
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"whole":   {map[string]string{"a.jar": "x", "b.jar": "y"}, ""},
		"changed": {map[string]string{"a.jar": "x", "b.jar": "z"}, "b.jar has SHA-256"},
		"missing": {map[string]string{"a.jar": "x"}, "b.jar: no such file"},
		"more":    {map[string]string{"a.jar": "x", "b.jar": "y", "c.jar": ""}, "c.jar is no part"},
	} {
		dir := t.TempDir()
		for file, text := range tt.files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		err := checkSums(dir, sums)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if !strings.Contains(perfTestSums, "  perf-test-"+perfTestVersion+".jar\n") || strings.Count(perfTestSums, "\n") < 2 {
		t.Errorf("the sums are not those of perf-test %s: %s", perfTestVersion, perfTestSums)
	}
}

func TestHeadersBecomeMessageProperties(t *testing.T) {
	got := perfTestProperties(map[string]any{"task": "a.noop", "argsrepr": "(1,)", "retries": int32(0), "q": "a=b"})
	if got != "argsrepr=(1),q=ab,retries=0,task=a.noop" {
		t.Error(got)
	}
	if got := perfTestProperties(nil); got != "" {
		t.Error(got)
	}
}

// A tool that fails must not take the others with it, and what it said must lose its secret.
func TestAToolThatFailsGivesAReasonWithoutSecrets(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	b, err := broker.Open(t.Context(), "redis", broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	p := &pair{broker: b, redact: redact.New("s3cr3t")}
	rates, reason := []float64{1}, ""
	w := way{rates: &rates, reason: &reason, leaves: []broker.Place{{Key: "some"}},
		rate: func(context.Context) (float64, error) { return 0, errors.New("no way in with s3cr3t") }}
	if err := p.turn(t.Context(), w); err != nil || reason != "no way in with ***" || len(rates) != 0 {
		t.Errorf("%v, %q, %v", err, reason, rates)
	}
	w.reason = nil
	if err := p.turn(t.Context(), w); err == nil {
		t.Error("a way that the others can't do without failed, and there was no error")
	}
}
