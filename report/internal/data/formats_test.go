package data

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/view"
)

// awkward are runs whose names and texts would break a line, a tag or a name.
func awkward(t *testing.T) map[string]analysis.Analysis {
	t.Helper()
	return map[string]analysis.Analysis{
		"one broker": fixture.OneBroker(), "many brokers": fixture.ManyBrokers(), "nothing": {}, "noisy": fixture.NoisyRun(), "one block": fixture.OneBlock(), "one arm": fixture.OneArm(),
		"profiled": fixture.ProfiledRun(), "nine sides": fixture.NineSides(t), "hostile arm": fixture.Hostile(fixture.OneArm(), "a \"b\"\n<c>\\ /-é\x00\xff # EOF"),
		"hostile": fixture.Hostile(fixture.ManyBrokers(), "a \"b\"\n<c>\\ /-é\x00\xff # EOF"),
	}
}

func written(t *testing.T, a analysis.Analysis, write func(io.Writer, *view.Report) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, view.New(a)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// benchstat's own reader finds every trial of every figure, and which way is better.
func TestBenchstatReadsARun(t *testing.T) {
	t.Parallel()
	for name, a := range awkward(t) {
		r := benchfmt.NewReader(strings.NewReader(written(t, a, GoBench)), name)
		got, want := 0, 0
		for _, f := range view.New(a).Figures {
			want += len(f.Values) + len(f.Spoiled)
		}
		for r.Scan() {
			switch x := r.Result().(type) {
			case *benchfmt.SyntaxError:
				t.Errorf("%s: %v", name, x)
			case *benchfmt.Result:
				got++
				if base, parts := x.Name.Parts(); len(base) < 2 || len(parts) < 2 {
					t.Errorf("%s: benchmark %q has the parts %q", name, base, parts)
				}
			}
		}
		if err := r.Err(); err != nil || got != want {
			t.Errorf("%s: %d lines of %d (%v)", name, got, want, err)
		}
		if name == "one broker" {
			if u := r.Units().Get("throughput-tasks/s", "better"); u == nil || u.Value != "higher" {
				t.Errorf("throughput is better when it is %+v", u)
			}
		}
	}
}

// benchstat's own reader takes times for seconds and sizes for bytes, and a metric's name for no unit.
func TestBenchstatScalesTimesAndSizes(t *testing.T) {
	t.Parallel()
	figure := func(metric, unit string) view.SideFigure {
		return view.SideFigure{Scenario: "s", Broker: "redis", Metric: metric, Unit: unit, Estimate: analysis.Estimate{Arm: "a", Values: []float64{12.5}}}
	}
	for _, tt := range []struct {
		f     view.SideFigure
		unit  string
		value float64
		class benchunit.Class
	}{
		{figure("latency_p50", "ms"), "latency_p50-sec/op", 0.0125, benchunit.Decimal},
		{figure("latency_p50:a-ns/b*MB", "ms"), "latency_p50:a.ns.b.MB-sec/op", 0.0125, benchunit.Decimal},
		{figure("encode", "us"), "encode-sec/op", 12.5e-6, benchunit.Decimal},
		{figure("recovery", "s"), "recovery-sec/op", 12.5, benchunit.Decimal},
		{figure("pss", "MiB"), "pss-B", 12.5 * (1 << 20), benchunit.Binary},
		{figure("message_bytes", "bytes"), "message_bytes-B", 12.5, benchunit.Binary},
		{figure("throughput", "tasks/s"), "throughput-tasks/s", 12.5, benchunit.Decimal},
		{figure("events_received_share", "%"), "events_received_share-%", 12.5, benchunit.Decimal},
		{figure("latency_drift", "% more"), "latency_drift-%_more", 12.5, benchunit.Decimal},
		{figure("workers", ""), "workers", 12.5, benchunit.Decimal},
	} {
		var b bytes.Buffer
		if err := GoBench(&b, &view.Report{Figures: []view.SideFigure{tt.f}}); err != nil {
			t.Fatal(err)
		}
		r := benchfmt.NewReader(&b, "benchmark.txt")
		var found *benchfmt.Result
		for r.Scan() {
			found, _ = r.Result().(*benchfmt.Result)
		}
		if found == nil || r.Err() != nil {
			t.Fatalf("%s: %v, %v", tt.unit, found, r.Err())
		}
		v := found.Values[0]
		if math.Abs(v.Value/tt.value-1) > 1e-12 || v.Unit != tt.unit || benchunit.ClassOf(v.Unit) != tt.class {
			t.Errorf("%g %s, want %g %s", v.Value, v.Unit, tt.value, tt.unit)
		}
		if u := r.Units().Get(v.Unit, "better"); u == nil || u.Value != "lower" {
			t.Errorf("%s is better when it is %+v", v.Unit, u)
		}
	}
}

// Two runs of a machine are in one table, and the system is Go's name for it whatever the distribution's.
func TestTheConfigurationOfABenchmarkIsTheMachine(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	a.Run.Machine.OS = "Debian GNU/Linux 13 (trixie)"
	r := benchfmt.NewReader(strings.NewReader(written(t, a, GoBench)), "benchmark.txt")
	for r.Scan() {
		if x, ok := r.Result().(*benchfmt.Result); ok {
			var got []string
			for _, c := range x.Config {
				if c.File {
					got = append(got, c.Key+": "+string(c.Value))
				}
			}
			want := []string{"goos: linux", "goarch: amd64", "cpu: AMD EPYC 7B13", "os: Debian GNU/Linux 13 (trixie)"}
			if !slices.Equal(got, want) {
				t.Fatalf("%q, want %q", got, want)
			}
		}
	}
}

func TestFiguresForTrackersArePartedByDirection(t *testing.T) {
	t.Parallel()
	for name, a := range awkward(t) {
		n := 0
		for _, bigger := range []bool{true, false} {
			var out []tracked
			data := written(t, a, func(w io.Writer, r *view.Report) error { return Tracked(w, r, bigger) })
			if err := json.Unmarshal([]byte(data), &out); err != nil || out == nil {
				t.Errorf("%s: %v in %s", name, err, data)
			}
			for _, x := range out {
				if strings.HasPrefix(x.Name, "throughput:") != bigger && strings.HasPrefix(x.Name, "throughput:") {
					t.Errorf("%s is smaller-is-better", x.Name)
				}
			}
			n += len(out)
		}
		if n != len(view.New(a).Figures) {
			t.Errorf("%s: %d figures of %d", name, n, len(view.New(a).Figures))
		}
	}
}

// The grammar of the specification, as far as it is used: no label value ends early, families are whole and not torn.
func TestMetricsAreOpenMetrics(t *testing.T) {
	t.Parallel()
	meta := regexp.MustCompile(`^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*$`)
	sample := regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)\{([a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\} [-+0-9.e]+$`)
	for name, a := range awkward(t) {
		text := written(t, a, OpenMetrics)
		body, ok := strings.CutSuffix(text, "# EOF\n")
		if !ok {
			t.Errorf("%s doesn't end with EOF", name)
		}
		current, seen, samples := "", map[string]bool{}, 0
		for line := range strings.Lines(body) {
			line = strings.TrimSuffix(line, "\n")
			if m := meta.FindStringSubmatch(line); m != nil {
				if m[1] == "TYPE" {
					if seen[m[2]] {
						t.Errorf("%s: family %s is torn", name, m[2])
					}
					current, seen[m[2]] = m[2], true
				}
				if m[2] != current || m[1] == "UNIT" && !strings.HasSuffix(current, "_"+strings.Fields(line)[3]) {
					t.Errorf("%s: %q within %s", name, line, current)
				}
				continue
			}
			m := sample.FindStringSubmatch(line)
			if m == nil || m[1] != current {
				t.Errorf("%s: %q within %s", name, line, current)
			}
			samples++
		}
		want := len(a.Comparisons)
		for _, f := range view.New(a).Figures {
			want++
			if f.HasInterval() {
				want += 2
			}
		}
		for _, c := range a.Comparisons {
			switch {
			case view.HasRatio(c) && c.Blocks < 2:
				want++
			case view.HasRatio(c) && c.Bracketed.Estimate > 0:
				want += 5
			case view.HasRatio(c):
				want += 3
			}
		}
		if samples != want {
			t.Errorf("%s: %d samples, want %d", name, samples, want)
		}
	}
	text := written(t, fixture.OneBroker(), OpenMetrics)
	f := view.New(fixture.OneBroker()).Figures
	for _, x := range f {
		if x.Metric == "latency_p50" && x.Arm == fixture.BaseArm {
			n, unit, factor := metricFamily(x)
			if n != "tqbench_latency_p50_seconds" || unit != "seconds" || math.Abs(factor-1e-3) > 1e-12 || !strings.Contains(text, n+"{") {
				t.Errorf("%s %s %g", n, unit, factor)
			}
		}
	}
}

func TestCellsAreTestCases(t *testing.T) {
	t.Parallel()
	for name, a := range awkward(t) {
		var out junitSuites
		data := written(t, a, JUnit)
		if err := xml.Unmarshal([]byte(data), &out); err != nil {
			t.Fatalf("%s: %v in %s", name, err, data)
		}
		skipped, failed := 0, 0
		for _, c := range a.Cells {
			switch c.Status {
			case analysis.CellNotRun, analysis.CellNotOffered:
				skipped++
			case analysis.CellInvalid:
				failed++
			}
		}
		if s := out.Suite; len(s.Cases) != len(a.Cells) || s.Tests != len(a.Cells) || s.Skipped != skipped || s.Failures != failed {
			t.Errorf("%s: %d cases, %d skipped, %d failed", name, len(s.Cases), s.Skipped, s.Failures)
		}
		if name == "many brokers" && (skipped == 0 || len(a.Cells) < 5) {
			t.Errorf("the fixture has %d cells, of which %d are not run", len(a.Cells), skipped)
		}
		if name == "nine sides" && (skipped != 7 || failed != 1 || !strings.Contains(data, `<skipped message="`+fixture.OnlyRedis+`" type="not offered">`)) {
			t.Errorf("of nine sides, %d cells are skipped and %d fail:\n%s", skipped, failed, data)
		}
	}
}
