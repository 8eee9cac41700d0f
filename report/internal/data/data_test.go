package data

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/stats"
)

// Every figure of a comparison comes back from the CSV bit by bit.
func TestCSVParsesBackToTheComparisons(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]analysis.Analysis{
		"fixture": fixture.OneBroker(),
		"brokers": fixture.ManyBrokers(),
		"hostile": fixture.Hostile(fixture.OneBroker(), "a,\"b\"\n<c>;=1+1"),
		"empty":   {},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := CSV(&b, view.New(a)); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(&b).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != len(a.Comparisons)+1 {
				t.Fatalf("%d rows for %d comparisons and a header", len(rows), len(a.Comparisons))
			}
			for i, row := range rows[1:] {
				got := parseRow(t, rows[0], row)
				want := fixture.Changed(a.Comparisons[i], func(_, s string) string { return cell(s) })
				for name, text := range map[string]string{"not_counted": view.Uncounted(a.Comparisons[i]), "sentence": view.SentenceOf(a.Comparisons[i])} {
					if got := row[slices.Index(rows[0], name)]; got != cell(text) {
						t.Errorf("row %d: %s is %q, want %q", i, name, got, text)
					}
				}
				product := cell(view.New(a).Products.Name(a.Comparisons[i].Broker))
				if got := row[slices.Index(rows[0], "product")]; got != product {
					t.Errorf("row %d is of %q, want %q", i, got, product)
				}
				// One trial or block has no interval, and none has no figure.
				for _, e := range []*analysis.Estimate{&want.Baseline, &want.Candidate} {
					if len(view.Shown(*e)) < 2 {
						e.Low, e.High, e.CV = 0, 0, 0
					}
				}
				if want.Blocks < 2 {
					want.Ratio.Low, want.Ratio.High = 0, 0
				}
				// What a row doesn't hold: it counts the trials where the analysis lists them.
				if n := len(want.Baseline.Values); got.Baseline.Values == nil && n != 0 {
					t.Errorf("row %d has no baseline trials, want %d", i, n)
				}
				for _, c := range []*analysis.Comparison{&got, &want} {
					c.Baseline.Values = make([]float64, len(c.Baseline.Values))
					c.Candidate.Values = make([]float64, len(c.Candidate.Values))
					c.Ratio = stats.Interval{Estimate: c.Ratio.Estimate, Low: c.Ratio.Low, High: c.Ratio.High}
					c.Intervals, c.Tests, c.Effects, c.Ratios, c.Flags, c.NotCounted = nil, nil, nil, nil, nil, analysis.Promises{}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("row %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// One block has no interval, and neither has a ratio of it.
func TestARowOfOneBlockHasNoEnds(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]analysis.Analysis{"one block": fixture.OneBlock(), "several": fixture.NoisyRun()} {
		rows, err := csv.NewReader(strings.NewReader(written(t, a, CSV))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for i, row := range rows[1:] {
			cells := map[string]string{}
			for j, h := range rows[0] {
				cells[h] = row[j]
			}
			if i >= len(a.Comparisons) || !view.HasRatio(a.Comparisons[i]) {
				continue
			}
			found = true
			for _, column := range []string{"baseline_low", "candidate_high", "ratio_low", "ratio_high", "bracketed_low"} {
				if (cells[column] == "") != (a.Comparisons[i].Blocks < 2) {
					t.Errorf("%s, row %d: %s is %q", name, i, column, cells[column])
				}
			}
			if cells["ratio"] == "" || cells["baseline_estimate"] == "" {
				t.Errorf("%s, row %d: %v", name, i, cells)
			}
		}
		if !found {
			t.Errorf("%s has no ratio", name)
		}
	}
}

// A cell without a figure is empty: a zero would sort as the best.
func TestWhatIsNotThereIsNoZero(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	a.Comparisons = append(a.Comparisons, fixture.ProfiledRun().Comparisons...)
	rows, err := csv.NewReader(strings.NewReader(written(t, a, CSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	there := map[bool]int{}
	for i, c := range a.Comparisons {
		for column, is := range map[string]bool{
			"baseline_estimate": len(view.Shown(c.Baseline)) > 0, "candidate_estimate": len(view.Shown(c.Candidate)) > 0, "ratio": c.Blocks > 0,
			"baseline_cv": len(view.Shown(c.Baseline)) > 1, "candidate_cv": len(view.Shown(c.Candidate)) > 1, "ratio_low": c.Blocks > 1,
		} {
			there[is]++
			if got := rows[i+1][slices.Index(rows[0], column)]; (got != "") != is {
				t.Errorf("%s: %s is %q", c.Metric, column, got)
			}
		}
	}
	if there[false] < 6 || there[true] < 6 {
		t.Errorf("%d cells are empty, %d aren't", there[false], there[true])
	}
}

// What a spreadsheet would compute is text to it, and a number stays one.
func TestCellsOpenAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"throughput", "throughput"}, {"a=1", "a=1"}, {"'=1", "'=1"}, {"3.4", "3.4"}, {"-3.2", "-3.2"}, {"+3", "+3"}, {"-1e-07", "-1e-07"},
		{"=1+1", "'=1+1"}, {"+1+1", "'+1+1"}, {"-1+1", "'-1+1"}, {"@SUM(A1)", "'@SUM(A1)"}, {"-", "'-"}, {"-3.2 ms", "'-3.2 ms"},
		{" =1+1", "' =1+1"}, {"\u00a0\u3000@a", "'\u00a0\u3000@a"}, {"\t=1", `'\t=1`}, {"\tplain", `'\tplain`}, {"\rplain", `'\rplain`}, {" \rplain", `' \rplain`},
		{"\n=1", `'\n=1`}, {"\uff1d1", "'\uff1d1"}, {"\uff20a", "'\uff20a"}, {"a\u202eb", `a\u202eb`}, {"=\x1b", `'=\u001b`}, {" ", " "},
	} {
		if got := cell(c.in); got != c.want {
			t.Errorf("%q is written as %q, want %q", c.in, got, c.want)
		}
	}
}

// parseRow reads a row by the names in the header, as another program would.
func parseRow(t *testing.T, header, row []string) analysis.Comparison {
	t.Helper()
	cell := map[string]string{}
	for i, h := range header {
		cell[h] = row[i]
	}
	float := func(name string) float64 {
		v, err := strconv.ParseFloat(cell[name], 64)
		if err != nil {
			t.Fatalf("column %s: %v", name, err)
		}
		return v
	}
	orNone := func(name string) float64 {
		if cell[name] == "" {
			return 0
		}
		return float(name)
	}
	count := func(name string) int {
		v, err := strconv.Atoi(cell[name])
		if err != nil {
			t.Fatalf("column %s: %v", name, err)
		}
		return v
	}
	side := func(name string) analysis.Estimate {
		return analysis.Estimate{
			Contender: cell[name], Arm: cell[name+"_arm"], Estimate: orNone(name + "_estimate"), Low: orNone(name + "_low"),
			High: orNone(name + "_high"), CV: orNone(name + "_cv"), Values: make([]float64, count(name+"_trials")),
		}
	}
	return analysis.Comparison{
		Scenario: cell["scenario"], Broker: cell["broker"], Metric: cell["metric"], Title: cell["title"], Unit: cell["unit"],
		HigherIsBetter: cell["higher_is_better"] == "true", Deciding: cell["deciding"] == "true",
		Defaults: cell["defaults"] == "true", Baseline: side("baseline"), Candidate: side("candidate"),
		Ratio:      stats.Interval{Estimate: orNone("ratio"), Low: orNone("ratio_low"), High: orNone("ratio_high")},
		CorrectedP: float("corrected_p"), Verdict: cell["verdict"],
		Blocks: count("blocks"), NeedBlocks: count("need_blocks"),
	}
}

func TestSummaryHasEachVerdict(t *testing.T) {
	t.Parallel()
	a := fixture.ManyBrokers()
	data, err := json.Marshal(Summarise(view.New(a)))
	if err != nil {
		t.Fatal(err)
	}
	var s Summary
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	if s.Answer != view.New(a).Headline || s.Version != SummaryVersion || s.Seed != 42 || s.PlanHash != a.Run.PlanHash {
		t.Errorf("head of the summary: %+v", s)
	}
	if s.Planned != 51 || s.Ran != 48 || s.NotRun != 3 || s.Flagged != 38 || s.Excluded != 7 || s.Noted != 37 {
		t.Errorf("planned %d, ran %d, not run %d, flagged %d, excluded %d, noted %d; want 51, 48, 3, 38, 7, 37", s.Planned,
			s.Ran, s.NotRun, s.Flagged, s.Excluded, s.Noted)
	}
	for i, c := range a.Comparisons {
		v := s.Verdicts[i]
		if v.Metric != c.Metric || v.Verdict != c.Verdict || v.Ratio != c.Ratio.Estimate || v.Low != c.Ratio.Low ||
			v.High != c.Ratio.High || v.Blocks != c.Blocks || v.Deciding != c.Deciding || v.NotCounted != view.Uncounted(c) ||
			v.Product != view.New(a).Products.Name(c.Broker) {
			t.Errorf("verdict %d: %+v", i, v)
		}
	}
	for i, c := range a.Cells {
		x := s.Cells[i]
		if x.Arm != c.Arm || x.Status != c.Status || x.Reason != view.WhyOf(a, c) && c.Status != analysis.CellMeasured || x.Delivery != c.Delivery || x.Caveat != c.Caveat ||
			x.Product != view.New(a).Products.Name(c.Broker) {
			t.Errorf("cell %d: %+v", i, x)
		}
	}
	if len(s.Cells) != len(a.Cells) || len(s.Verdicts) != len(a.Comparisons) || len(s.Claims) != len(a.Claims) {
		t.Errorf("%d verdicts, %d claims", len(s.Verdicts), len(s.Claims))
	}
}

// Programs count on lists being lists.
func TestSummaryOfNothingHasEmptyLists(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(Summarise(view.New(analysis.Analysis{})))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "null") {
		t.Errorf("summary has null: %s", data)
	}
}
