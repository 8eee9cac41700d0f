package regress

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
)

// put writes a file below dir and returns its path.
func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// goRepeats is the text of a Go benchmark with ten repeats, and of another that ran once.
func goRepeats(scale float64) string {
	var b strings.Builder
	b.WriteString("goos: linux\ncpu: AMD EPYC\n")
	for i := range 10 {
		fmt.Fprintf(&b, "BenchmarkPush/size=4-2 100 %.1f ns/op %.2f MB/s\n", scale*(1000+float64(i)), (80+float64(i)/10)/scale)
	}
	fmt.Fprintf(&b, "BenchmarkOnce-2 1 %.1f ns/op\n", 500*scale)
	return b.String()
}

func k6Summary(i int, scale float64) string {
	return fmt.Sprintf(`{"metrics": {"iterations": {"count": 9}, "http_req_duration": {"avg": %v}, "http_reqs": {"count": 9, "rate": %v}}}`,
		scale*(10+float64(i)/100), (200+float64(i))/scale)
}

// sidesAt are the runs at two paths, of which thresholds are decided anyway.
func sidesAt(t *testing.T, old, new string) Sides {
	t.Helper()
	s := Sides{Anyway: true}
	for path, side := range map[string]*[]*Run{old: &s.Old, new: &s.New} {
		h, err := ReadRuns(path)
		if err != nil {
			t.Fatal(err)
		}
		*side = h.Runs
	}
	return s
}

// Repeats of another tool are compared as trials are, and single values are only shown.
func TestOtherToolsResultsAreCompared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hyperfine := func(scale float64) string {
		return fmt.Sprintf(`{"results": [{"command": "true", "times": [%v, %v, %v, %v, %v]}]}`, scale, scale*1.01, scale*1.02, scale*1.005, scale*1.015)
	}
	for i := range 6 {
		put(t, dir, fmt.Sprintf("k6-old/%d.json", i), k6Summary(i, 1))
		put(t, dir, fmt.Sprintf("k6-new/%d.json", i), k6Summary(i, 1.2))
	}
	action := func(value int) string {
		return fmt.Sprintf(`window.BENCHMARK_DATA = {"entries": {"x": [{"commit": {"id": "c%d"}, "date": %d, "tool": "cargo", "benches": [{"name": "n", "value": %d, "unit": "ns/iter"}]}]}}`,
			value, value, value)
	}
	for name, tt := range map[string]struct {
		old, new, cell, metric string
		higher                 bool
		ratio                  float64
		values                 int
		reason                 string
	}{
		"go, lower is better":  {put(t, dir, "old.txt", goRepeats(1)), put(t, dir, "new.txt", goRepeats(1.2)), "Push/size=4", "ns/op", false, 1.2, 10, ""},
		"go, higher is better": {filepath.Join(dir, "old.txt"), filepath.Join(dir, "new.txt"), "Push/size=4", "MB/s", true, 1 / 1.2, 10, ""},
		"go, once":             {filepath.Join(dir, "old.txt"), filepath.Join(dir, "new.txt"), "Once", "ns/op", false, 0, 1, ReasonNoInterval},
		"hyperfine":            {put(t, dir, "old.json", hyperfine(1)), put(t, dir, "new.json", hyperfine(1.2)), "true", "time", false, 1.2, 5, ""},
		"k6, a folder":         {filepath.Join(dir, "k6-old"), filepath.Join(dir, "k6-new"), "k6", "http_reqs.rate", true, 1 / 1.2, 6, ""},
		"k6, a file":           {filepath.Join(dir, "k6-old/0.json"), filepath.Join(dir, "k6-new/0.json"), "k6", "http_req_duration.avg", false, 0, 1, ReasonNoInterval},
		"a history's newest":   {put(t, dir, "old.js", action(7)), put(t, dir, "new.js", action(8)), "n", "value", false, 0, 1, ReasonNoInterval},
	} {
		c, err := Compare(sidesAt(t, tt.old, tt.new), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got Row
		for _, r := range c.Rows {
			if r.Cell.String() == tt.cell && r.Metric == tt.metric {
				got = r
			}
		}
		if len(got.Old.Values) != tt.values || len(got.New.Values) != tt.values || got.HigherIsBetter != tt.higher || got.Reason.Code != tt.reason {
			t.Errorf("%s: %+v, %+v, %+v", name, got.Old, got.New, got.Reason)
		}
		if (tt.ratio == 0) != (got.Ratio == nil) || got.Ratio != nil && !(got.Ratio.Low < tt.ratio && tt.ratio < got.Ratio.High && got.Ratio.High < 1.1*got.Ratio.Low) {
			t.Errorf("%s: the ratio is %+v, want %v", name, got.Ratio, tt.ratio)
		}
		if c.Old[0].Tool == "" || len(c.Old)*c.Old[0].Trials < tt.values {
			t.Errorf("%s: %+v", name, c.Old)
		}
	}
	// Of two tools there is no comparison.
	for _, pair := range [][2]string{{"old.txt", "new.json"}, {"k6-old", "new.js"}} {
		if _, err := Compare(sidesAt(t, filepath.Join(dir, pair[0]), filepath.Join(dir, pair[1])), nil); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "compare results of one tool") {
			t.Errorf("%v: %v", pair, err)
		}
	}
	ours := newRun("run", made(0, 2, 1))
	if _, err := Compare(Sides{Old: []*Run{ours}, New: sidesAt(t, filepath.Join(dir, "old.txt"), filepath.Join(dir, "new.txt")).Old}, nil); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "run is a result of tqbench") {
		t.Errorf("%v", err)
	}
}

func TestThresholdsOfOtherToolsResults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sides := sidesAt(t, put(t, dir, "old.txt", goRepeats(1)), put(t, dir, "new.txt", goRepeats(1.2)))
	for text, want := range map[string]string{
		"ns/op > +50%":              CantTell, // of the benchmark that ran once
		"Push/size=4: ns/op > +50%": Passes,
		"Push/size=4: ns/op > +5%":  Fails,
		"Push/size=4: MB/s < -5%":   Fails,
		"*: MB/s < -50%":            Passes,
		"Push: ns/op > +5%":         `neither result has the benchmark "Push": choose from Once, Push/size=4`,
		"throughput < -5%":          `neither result has the metric "throughput": choose from MB/s, ns/op`,
	} {
		threshold, err := ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Compare(sides, []Threshold{threshold})
		if err != nil {
			if !errors.Is(err, ErrThreshold) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if c.Outcome != want {
			t.Errorf("%s: %s, want %s", text, c.Outcome, want)
		}
	}
}

// What can't be read costs a trend that file alone, and is named.
func TestATrendNamesWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	dir := history(t, nil, level(9, 1)...)
	bad := map[string]string{
		put(t, dir, "package.json", `{"name": "x"}`):                                  "not a usable file",
		put(t, dir, "cut/analysis.json", `{"version": 1`):                             "not a usable file",
		put(t, dir, "timeless.json", `{"version": 1, "trials": [{}]}`):                "doesn't say when its run began",
		put(t, dir, "h.json", `{"results": [{"command": "x", "times": [true]}]}`):     "it is of hyperfine",
		put(t, dir, "broken.js", "window.BENCHMARK_DATA = {"):                         "it is of github-action-benchmark",
		put(t, dir, "z.json", `{"results": [{"command": "x", "times": [1, 2, 3]}]}`):  "",
		put(t, dir, "z2.json", `{"results": [{"command": "x", "times": [1, 2, 3]}]}`): "the same result as",
		put(t, dir, "notes.txt", "BENCH\nnothing of a tool"):                          "",
		put(t, dir, "page.js", "console.log(1)"):                                      "",
	}
	tr := trendOf(t, dir)
	if len(tr.Runs) != 10 {
		t.Errorf("%d runs", len(tr.Runs))
	}
	named := map[string]string{}
	for _, l := range tr.LeftOut {
		named[l.Path] = l.Why
		named[filepath.Join(l.Path, analysis.Path(""))] = l.Why
		if strings.Contains(l.Why, "\n") || strings.Contains(l.Why, l.Path+":") || strings.Contains(l.Why, ErrInput.Error()) {
			t.Errorf("%+v", l)
		}
	}
	for path, why := range bad {
		got, out := named[path]
		if out != (why != "") || !strings.Contains(got, why) {
			t.Errorf("%s: %q, want %q", path, got, why)
		}
	}
	if len(tr.LeftOut) != 6 {
		t.Errorf("%+v", tr.LeftOut)
	}
}

// The entries of a tool's history are the points of a series, and files without a date are in the order of their names.
func TestATrendOfOtherToolsResults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var entries []string
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for n := range 16 {
		value := 1000 + n%3
		if n >= 9 {
			value = 1200 + n%3
		}
		entries = append(entries, fmt.Sprintf(`{"commit": {"id": "c%d"}, "date": %d, "tool": "go", "benches": [{"name": "Push", "value": %d, "unit": "ns/op"}]}`,
			n, day.AddDate(0, 0, n).UnixMilli(), value))
		put(t, dir, fmt.Sprintf("k6/2026-11-%02d.json", n+1), k6Summary(n%3, 1+0.2*float64(n/9)+1e-9*float64(n)))
	}
	file := put(t, dir, "data.js", `window.BENCHMARK_DATA = {"entries": {"x": [`+strings.Join(entries, ",")+`]}}`)
	for _, tt := range []struct{ path, cell, metric string }{
		{file, "Push", "value"}, {filepath.Join(dir, "k6"), "k6", "http_req_duration.avg"}, {dir, "Push", "value"}, {dir, "k6", "http_reqs.rate"},
	} {
		tr := trendOf(t, tt.path)
		s := find(t, tr, tt.cell, tt.metric)
		if len(s.Points) != 16 || len(s.ChangePoints) != 1 || s.ChangePoints[0].Better {
			t.Errorf("%s: %+v", tt.path, s)
			continue
		}
		if at := tr.Runs[s.ChangePoints[0].Run]; at.Run != "c9" && filepath.Base(at.Path) != "2026-11-10.json" {
			t.Errorf("%s: since %+v", tt.path, at)
		}
	}
}

// A metric that only one side has, as after -benchmem, says nothing about the others.
func TestAMetricOfOneSideBarsNoOther(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	more := strings.ReplaceAll(goRepeats(1.2), " ns/op", " ns/op 16 B/op")
	c, err := Compare(sidesAt(t, put(t, dir, "old/1.txt", goRepeats(1)), put(t, dir, "new.txt", more)), nil)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for _, r := range c.Rows {
		if r.Scenario == "Push/size=4" {
			reasons[r.Metric] = r.Reason.Code
		}
	}
	if want := map[string]string{"ns/op": "", "MB/s": "", "B/op": ReasonNoInterval}; !maps.Equal(reasons, want) {
		t.Errorf("%v, want %v", reasons, want)
	}
	put(t, dir, "old/2.txt", more)
	if s := find(t, trendOf(t, filepath.Join(dir, "old")), "Push/size=4", "ns/op"); len(s.Points) != 2 || len(s.LeftOut) != 0 {
		t.Errorf("%+v", s)
	}
	// Another unit is another figure.
	nanoseconds := strings.ReplaceAll(actionHistory(7, 8), "B/op", "ns/op")
	c, err = Compare(sidesAt(t, put(t, dir, "bytes.js", actionHistory(7)), put(t, dir, "ns.js", nanoseconds)), nil)
	if err != nil || len(c.Rows) != 1 || c.Rows[0].Reason.Code != ReasonDiffers || c.Rows[0].Reason.Difference.Where != "Push" {
		t.Errorf("%+v, %v", c.Rows, err)
	}
}

// A second package in a file renames no benchmark of the first one: neither side's, nor a history's.
func TestPackagesRenameNoBenchmark(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := "pkg: example.com/queue\n" + goRepeats(1)
	both := first + "pkg: example.com/wire\n" + goRepeats(3)
	c, err := Compare(sidesAt(t, put(t, dir, "1.txt", first), put(t, dir, "2.txt", both)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var shared []string
	for _, r := range c.Rows {
		if r.Ratio != nil && r.Ratio.Estimate == 1 {
			shared = append(shared, r.Cell.String())
		}
	}
	if want := []string{"example.com/queue.Push/size=4", "example.com/queue.Push/size=4"}; !slices.Equal(shared, want) || len(c.OnlyOld) != 0 || len(c.OnlyNew) != 2 {
		t.Errorf("%v, only old %v, only new %v", shared, c.OnlyOld, c.OnlyNew)
	}
	if s := find(t, trendOf(t, dir), "example.com/queue.Push/size=4", "ns/op"); len(s.Points) != 2 || s.Points[0].Median != s.Points[1].Median {
		t.Errorf("%+v", s.Points)
	}
	// One package needs no longer names, also if a file doesn't say which.
	c, err = Compare(sidesAt(t, filepath.Join(dir, "1.txt"), put(t, dir, "apart/3.txt", goRepeats(2))), nil)
	if err != nil || len(c.OnlyOld)+len(c.OnlyNew) != 0 || c.Rows[0].Scenario != "Push/size=4" {
		t.Errorf("%+v, %v", c.OnlyOld, err)
	}
}

// A folder with a history counts with its newest entry, as the file does: all entries are no side of a comparison.
func TestAFolderWithAHistoryIsItsNewestEntry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "old/data.js", actionHistory(1, 2, 3))
	put(t, dir, "new/data.js", actionHistory(1, 2, 3, 4))
	s := sidesAt(t, filepath.Join(dir, "old"), filepath.Join(dir, "new"))
	if len(s.Old) != 1 || s.Old[0].ID != "c3" || len(s.New) != 1 || s.New[0].ID != "c4" {
		t.Errorf("%d old runs, %d new ones", len(s.Old), len(s.New))
	}
	if _, err := Compare(s, nil); err != nil {
		t.Error(err)
	}
}

// actionHistory has an entry a value, named c1 and so on, a day apart.
func actionHistory(values ...float64) string {
	var entries []string
	for n, v := range values {
		entries = append(entries, fmt.Sprintf(`{"commit": {"id": "c%d"}, "date": %d, "tool": "go", "benches": [{"name": "Push", "value": %v, "unit": "B/op"}]}`,
			n+1, start.AddDate(0, 0, n).UnixMilli(), v))
	}
	return `window.BENCHMARK_DATA = {"entries": {"x": [` + strings.Join(entries, ",") + `]}}`
}
