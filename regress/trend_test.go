package regress

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// history writes runs of so many trials below a new folder: one a scale, in folders whose names are in no order.
func history(t *testing.T, change func(n int, a *analysis.Analysis), scales ...float64) string {
	t.Helper()
	dir := t.TempDir()
	for n, scale := range scales {
		a := made(n, 5, scale)
		if change != nil {
			change(n, &a)
		}
		out := filepath.Join(dir, "by-nobody", string(rune('z'-n)))
		if err := os.MkdirAll(out, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := analysis.Write(out, a); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func trendOf(t *testing.T, dir string) Trend {
	t.Helper()
	h, err := ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrend(h, Options{Level: DefaultLevel, New: 1})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func find(t *testing.T, tr Trend, cell, metric string) Series {
	t.Helper()
	i := slices.IndexFunc(tr.Series, func(s Series) bool { return s.Cell.String() == cell && s.Metric == metric })
	if i < 0 {
		t.Fatalf("there is no series of %s in %s", metric, cell)
	}
	return tr.Series[i]
}

func level(n int, scale float64) []float64 { return slices.Repeat([]float64{scale}, n) }

func TestATrendShowsWhereTheLevelChangedAndWhatElseDid(t *testing.T) {
	t.Parallel()
	const cell = "throughput/redis/celery/prefork"
	dir := history(t, func(n int, a *analysis.Analysis) {
		if n >= 8 {
			a.Run.Contenders[0].Version = "5.7.0"
		}
		if n == 3 {
			a.Trials = a.Trials[:5] // this run was cut short
		}
	}, append(level(8, 1), level(6, 0.9)...)...)
	tr := trendOf(t, dir)
	if !slices.IsSortedFunc(tr.Runs, func(a, b TrendRun) int { return a.Began.Compare(b.Began) }) || len(tr.Runs) != 14 {
		t.Fatalf("%d runs: %+v", len(tr.Runs), tr.Runs)
	}
	s := find(t, tr, cell, "throughput")
	if len(s.Points) != 14 || len(s.ChangePoints) != 1 {
		t.Fatalf("%+v", s)
	}
	c := s.ChangePoints[0]
	if c.Run != 8 || c.Since != 7 || c.Better || c.Ratio == nil || c.Ratio.High > 0.93 || c.Ratio.Low < 0.87 || c.P >= c.Share || c.Share > DefaultLevel || c.Sure < 10 || c.New != (c.Sure == 13) {
		t.Errorf("%+v %+v", c, c.Ratio)
	}
	if len(c.Differences) != 1 || c.Differences[0] != (Difference{"version of Celery", "5.6.3", "5.7.0", Told, "*/*/celery/prefork"}) {
		t.Errorf("what else changed: %v", c.Differences)
	}
	if d := tr.Runs[8].Differences; len(d) != 1 || len(tr.Runs[7].Differences) != 0 {
		t.Errorf("differences by run: %v", d)
	}
	if c := find(t, tr, cell, "latency_p99").ChangePoints; len(c) != 1 || c[0].Better {
		t.Errorf("p99: %+v", c)
	}
	if s := find(t, tr, cell, "tasks_lost"); len(s.ChangePoints) != 0 || len(s.Points) != 14 {
		t.Errorf("what never varies: %+v", s)
	}
	// A run without valid trials has no point, and the change is still found.
	if s := find(t, tr, "throughput/rabbitmq/celery/prefork", "throughput"); len(s.Points) != 13 || len(s.ChangePoints) != 1 || s.ChangePoints[0].Run != 8 {
		t.Errorf("with a gap: %+v", s)
	}
	first, err := json.Marshal(tr)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if again, _ := json.Marshal(trendOf(t, dir)); string(again) != string(first) {
			t.Fatal("the same history gave another trend")
		}
	}
}

func TestRunsThatAskedSomethingElseAreNoPartOfASeries(t *testing.T) {
	t.Parallel()
	dir := history(t, func(n int, a *analysis.Analysis) {
		if n < 5 {
			a.Scenarios[0].Definitions["redis"]["phases.drain.tasks"] = "3000"
		}
	}, append(level(5, 3), level(9, 1)...)...)
	tr := trendOf(t, dir)
	if s := find(t, tr, "throughput/redis/asynctasq/async", "throughput"); len(s.Points) != 9 || len(s.ChangePoints) != 0 ||
		!slices.Equal(s.LeftOut, []int{0, 1, 2, 3, 4}) || s.Why == nil || *s.Why != (Difference{"phases.drain.tasks", "3000", "20000", NotCompared, "throughput/redis"}) {
		t.Errorf("%+v", s)
	}
	if s := find(t, tr, "throughput/rabbitmq/asynctasq/async", "throughput"); len(s.Points) != 14 || len(s.ChangePoints) != 1 || s.ChangePoints[0].Better {
		t.Errorf("%+v", s)
	}
}

func TestAHistoryIsReadWhereverItsRunsStand(t *testing.T) {
	t.Parallel()
	dir := history(t, nil, 1, 1)
	put := func(path, text string) {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := json.Marshal(made(5, 4, 1))
	if err != nil {
		t.Fatal(err)
	}
	put("2026-11-06.json", string(file))
	put("not-analysed/plan.json", "{}")
	put("not-analysed/results/run.json", "{}")
	put(".git/config.json", "no run")
	put("README.md", "no run")
	put("by-nobody/z/results/run.json", "no run either: it is within one")
	h, err := ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Runs) != 3 || filepath.Base(h.Runs[2].Path) != "2026-11-06.json" || len(h.Skipped) != 1 || filepath.Base(h.Skipped[0]) != "not-analysed" {
		t.Errorf("%d runs, skipped %v", len(h.Runs), h.Skipped)
	}
	// A run alone is a history of one.
	if h, err := ReadHistory(filepath.Join(dir, "by-nobody", "z")); err != nil || len(h.Runs) != 1 {
		t.Errorf("a run alone: %+v %v", h, err)
	}
}

func TestWhatIsNoRunIsRefusedByName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	readHistory := func(p string) error { _, err := ReadHistory(p); return err }
	read := func(p string) error { _, err := Read(p); return err }
	twice := history(t, func(_ int, a *analysis.Analysis) { a.Run = made(0, 1, 1).Run }, 1, 1)
	for name, tt := range map[string]struct {
		read func(string) error
		path string
		want string
	}{
		"no such run":              {read, filepath.Join(dir, "none"), "no such file"},
		"a folder without any":     {read, empty, "has no analysis.json: run tqbench analyze --out " + empty},
		"no JSON":                  {read, put(t, dir, "a.json", "{"), "not a usable file"},
		"a future version":         {read, put(t, dir, "b.json", `{"version": 99}`), "it has version 99, this tqbench reads versions 1 to 2"},
		"no trials":                {read, put(t, dir, "c.json", `{"version": 1}`), "has no trials"},
		"no such history":          {readHistory, filepath.Join(dir, "none"), "no such file"},
		"a file":                   {readHistory, put(t, dir, "d.json", `{}`), "is not a folder"},
		"an empty history":         {readHistory, empty, "no run below"},
		"a run of no time":         {readHistory, filepath.Dir(put(t, dir, "e/a.json", `{"version": 1, "trials": [{}]}`)), "doesn't say when its run began"},
		"a damaged one":            {readHistory, filepath.Dir(put(t, dir, "f/a.json", `{"version": 1, "trials": 7}`)), "f/a.json"},
		"the same run twice":       {readHistory, twice, "are the same run"},
		"something else in folder": {readHistory, filepath.Dir(put(t, dir, "g/package.json", `{"name": "x"}`)), "g/package.json"},
	} {
		err := tt.read(tt.path)
		if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if err := read(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for _, o := range []Options{{}, {New: 0, Level: 0.01}, {New: 1, Level: 0}, {New: 1, Level: 0.5}} {
		if _, err := NewTrend(History{}, o); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// A change that was sure stays so, also if a later value has no logarithm.
func TestANoughtTakesNoChangeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var values []float64
	for i := range 93 {
		wave := math.Sin(float64(3 * i))
		switch {
		case i < 40:
			values = append(values, 1000*(1+0.02*wave))
		case i == 60:
			values = append(values, 14)
		case i < 80:
			values = append(values, 10*(1+0.01*wave))
		default:
			values = append(values, 9*(1+0.001*wave))
		}
	}
	type change struct{ run, sure int }
	changes := func(name string, values []float64) (out []change) {
		for _, c := range find(t, trendOf(t, put(t, dir, name, actionHistory(values...))), "Push", "value").ChangePoints {
			out = append(out, change{c.Run, c.Sure})
		}
		return out
	}
	before := changes("before.js", values)
	if len(before) != 2 {
		t.Fatalf("%v", before)
	}
	for _, last := range []float64{0, -3} {
		if after := changes("after.js", append(slices.Clone(values), last)); len(after) < len(before) || !slices.Equal(after[:len(before)], before) {
			t.Errorf("before a %v: %v, after it: %v", last, before, after)
		}
	}
}
