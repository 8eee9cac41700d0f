package tools

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

const goText = `goos: linux
goarch: amd64
pkg: example.com/queue
cpu: AMD EPYC
BenchmarkPush-8    1000  1200 ns/op  80.5 MB/s  16 B/op  1 allocs/op
BenchmarkPush-8    1000  1210 ns/op  80.1 MB/s  16 B/op  1 allocs/op
BenchmarkPop/size=4-8  500  2400 ns/op  7 tasks/s
PASS
ok  	example.com/queue	3.2s
`

const hyperfineJSON = `{"results": [
  {"command": "sleep 0.1", "mean": 0.101, "stddev": 0.001, "times": [0.1, 0.102, 0.101], "exit_codes": [0, 0, 0]},
  {"command": "true", "mean": 0.002}
]}`

const k6Flat = `{"root_group": {}, "metrics": {
  "http_req_duration": {"avg": 12.5, "min": 1, "med": 10, "max": 80, "p(90)": 20, "p(95)": 30, "thresholds": {"p(95)<500": false}},
  "http_reqs": {"count": 100, "rate": 10.5}, "http_req_failed": {"passes": 1, "fails": 99, "value": 0.01},
  "checks": {"passes": 9, "fails": 1, "value": 0.9}, "vus": {"value": 5, "min": 5, "max": 5}, "iterations": {"count": 100, "rate": 10},
  "my_size": {"avg": 3, "med": 3, "max": 4}}}`

const k6Deep = `{"options": {}, "metrics": {
  "iteration_duration": {"type": "trend", "contains": "time", "values": {"avg": 100, "p(95)": 200}},
  "my_time": {"type": "trend", "contains": "time", "values": {"med": 4, "avg": 5}},
  "http_req_failed": {"type": "rate", "contains": "default", "values": {"rate": 0, "passes": 0, "fails": 9}}}}`

const actionJS = `window.BENCHMARK_DATA = {"lastUpdate": 1700000100000, "repoUrl": "", "entries": {"Go": [
  {"commit": {"id": "bbb"}, "date": 1700000100000, "tool": "go", "benches": [{"name": "Push", "value": 12, "unit": "ns/op"}, {"name": "Push - MB/s", "value": 80, "unit": "MB/s"}]},
  {"commit": {"id": "aaa"}, "date": 1700000000000, "tool": "customBiggerIsBetter", "benches": [{"name": "Push", "value": "11.5", "unit": "points"}]}
]}};
`

// queue is the package of goText.
const queue = "example.com/queue"

func one(benchmark, metric, unit string, higher bool, values ...float64) Values {
	return Values{Benchmark: benchmark, Metric: metric, Unit: unit, HigherIsBetter: higher, Values: values}
}

// of are the values of a Go package.
func of(pkg string, v Values) Values {
	v.Package = pkg
	return v
}

func TestEachToolIsRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want []Result
	}{
		"go": {goText, []Result{{Tool: Go, Machine: map[string]string{"cpu": "AMD EPYC", "goos": "linux", "goarch": "amd64", "cpus": "8"}, Values: []Values{
			of(queue, one("Push", "ns/op", "ns/op", false, 1200, 1210)), of(queue, one("Push", "MB/s", "MB/s", true, 80.5, 80.1)),
			of(queue, one("Push", "B/op", "B/op", false, 16, 16)), of(queue, one("Push", "allocs/op", "allocs/op", false, 1, 1)),
			of(queue, one("Pop/size=4", "ns/op", "ns/op", false, 2400)), of(queue, one("Pop/size=4", "tasks/s", "tasks/s", true, 7)),
		}}}},
		"go, two packages": {"pkg: a\nBenchmarkX 1 2 ns/op\npkg: b\nBenchmarkX 1 3 ns/op\n", []Result{{Tool: Go, Machine: map[string]string{}, Values: []Values{
			of("a", one("X", "ns/op", "ns/op", false, 2)), of("b", one("X", "ns/op", "ns/op", false, 3))}}}},
		"go, -cpu 1,4": {"BenchmarkX 1 100 ns/op\nBenchmarkX-4 1 30 ns/op\n", []Result{{Tool: Go, Machine: map[string]string{}, Values: []Values{
			one("X", "ns/op", "ns/op", false, 100), one("X-4", "ns/op", "ns/op", false, 30)}}}},
		"go, sizes on one CPU": {"BenchmarkX/size-10 1 100 ns/op\nBenchmarkX/size-100 1 900 ns/op\n", []Result{{Tool: Go, Machine: map[string]string{}, Values: []Values{
			one("X/size-10", "ns/op", "ns/op", false, 100), one("X/size-100", "ns/op", "ns/op", false, 900)}}}},
		"hyperfine": {"\ufeff" + hyperfineJSON, []Result{{Tool: Hyperfine, Values: []Values{
			one("sleep 0.1", "time", "s", false, 0.1, 0.102, 0.101), one("true", "time", "s", false, 0.002)}}}},
		"k6 --summary-export": {k6Flat, []Result{{Tool: K6, Values: []Values{
			one("k6", "checks.value", "", true, 0.9),
			one("k6", "http_req_duration.avg", "ms", false, 12.5), one("k6", "http_req_duration.max", "ms", false, 80), one("k6", "http_req_duration.med", "ms", false, 10),
			one("k6", "http_req_duration.min", "ms", false, 1), one("k6", "http_req_duration.p(90)", "ms", false, 20), one("k6", "http_req_duration.p(95)", "ms", false, 30),
			one("k6", "http_req_failed.value", "", false, 0.01), one("k6", "http_reqs.rate", "/s", true, 10.5), one("k6", "iterations.rate", "/s", true, 10),
		}}}},
		"k6 handleSummary": {k6Deep, []Result{{Tool: K6, Values: []Values{
			one("k6", "http_req_failed.rate", "", false, 0), one("k6", "iteration_duration.avg", "ms", false, 100), one("k6", "iteration_duration.p(95)", "ms", false, 200),
			one("k6", "my_time.avg", "ms", false, 5), one("k6", "my_time.med", "ms", false, 4),
		}}}},
		"github-action-benchmark": {actionJS, []Result{
			{Tool: Action, ID: "aaa", Began: time.UnixMilli(1700000000000).UTC(), Values: []Values{one("Push", "value", "points", true, 11.5)}},
			{Tool: Action, ID: "bbb", Began: time.UnixMilli(1700000100000).UTC(), Values: []Values{one("Push", "value", "ns/op", false, 12), one("Push - MB/s", "value", "MB/s", true, 80)}},
		}},
	} {
		got, err := Read([]byte(tt.text))
		for i := range got {
			got[i].places = nil
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v (%v), want\n%+v", name, got, err, tt.want)
		}
	}
}

func TestWhatIsNoResultIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            ErrUnknown.Error(),
		"a text\nof two lines":        ErrUnknown.Error(),
		"{":                           ErrUnknown.Error(),
		`{"results": 7}`:              ErrUnknown.Error(),
		`{"results": [{"ok": true}]}`: ErrUnknown.Error(),
		`{"metrics": {"cpu": {}}}`:    ErrUnknown.Error(),
		`{"results": []}`:             "has no results",
		`{"results": [{"command": "x", "times": ["a"]}]}`:                         "result 1: it is of hyperfine, and has no command with numbers as times",
		`{"results": [{"command": "x"}]}`:                                         "without a name or a value",
		`{"results": [{"command": "x", "mean": 1}, {"command": "x", "mean": 2}]}`: `another result has the command "x"`,
		`{"metrics": {"iterations": 7}}`:                                          `metric "iterations": it is of k6`,
		`{"metrics": {"iterations": {}}}`:                                         "has no results",
		"BenchmarkX 1 NaN ns/op\n":                                                "is not a number",
		"pkg: a\nBenchmarkX 1 ns/op\n":                                            "line 2: it is of go test -bench",
		actionPrefix:                                                              "has no = after",
		actionPrefix + ` = {"entries": {}}`:                                       "has no entries",
		actionPrefix + " = {\n\"entries\": }":                                     "line 2: it is of github-action-benchmark",
		actionPrefix + ` = {"entries": {"a": [{"date": 1}]}}`:                     `entry 1 of "a": it is of github-action-benchmark: it has no commit or no date`,
		actionPrefix + ` = {"entries": {"a": [{"date": 1, "commit": {"id": "x"}, "benches": [{"name": "n"}]}]}}`: `the value of "n" is not a number`,
	} {
		_, err := Read([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || errors.Is(err, ErrUnknown) != (want == ErrUnknown.Error()) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Whatever is in a file, it is refused in one line, or all of its values are numbers with a name.
func FuzzRead(f *testing.F) {
	for _, s := range []string{goText, hyperfineJSON, k6Flat, k6Deep, actionJS} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		results, err := Read(data)
		if err != nil {
			return
		}
		if len(results) == 0 {
			t.Fatal("no error and no result")
		}
		for _, r := range results {
			for _, v := range r.Values {
				if v.Benchmark == "" || v.Metric == "" || len(v.Values) == 0 {
					t.Fatalf("%+v", v)
				}
				for _, x := range v.Values {
					if math.IsNaN(x) || math.IsInf(x, 0) {
						t.Fatalf("%+v", v)
					}
				}
			}
		}
	})
}
