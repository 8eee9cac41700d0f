package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tqbench/tqbench/analysis"
)

// Every figure of a comparison comes back from the CSV bit by bit.
func TestCSVParsesBackToTheComparisons(t *testing.T) {
	for name, a := range map[string]analysis.Analysis{
		"fixture": fixture(),
		"hostile": hostile(fixture(), "a,\"b\"\n<c>;=1+1"),
		"empty":   {},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := writeCSV(&b, a); err != nil {
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
				want := a.Comparisons[i]
				// What a row doesn't hold: it counts the trials where the analysis lists them.
				if n := len(want.Baseline.Values); got.Baseline.Values == nil && n != 0 {
					t.Errorf("row %d has no baseline trials, want %d", i, n)
				}
				for _, c := range []*analysis.Comparison{&got, &want} {
					c.Baseline.Values = make([]float64, len(c.Baseline.Values))
					c.Candidate.Values = make([]float64, len(c.Candidate.Values))
					c.Ratio = analysis.Interval{Estimate: c.Ratio.Estimate, Low: c.Ratio.Low, High: c.Ratio.High}
					c.Intervals, c.Tests, c.Effects, c.Ratios, c.Flags = nil, nil, nil, nil, nil
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("row %d (-want +got):\n%s", i, diff)
				}
			}
		})
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
	count := func(name string) int {
		v, err := strconv.Atoi(cell[name])
		if err != nil {
			t.Fatalf("column %s: %v", name, err)
		}
		return v
	}
	side := func(name string) analysis.Estimate {
		return analysis.Estimate{
			Contender: cell[name], Arm: cell[name+"_arm"], Estimate: float(name + "_estimate"), Low: float(name + "_low"),
			High: float(name + "_high"), CV: float(name + "_cv"), Values: make([]float64, count(name+"_trials")),
		}
	}
	return analysis.Comparison{
		Scenario: cell["scenario"], Broker: cell["broker"], Metric: cell["metric"], Title: cell["title"], Unit: cell["unit"],
		HigherIsBetter: cell["higher_is_better"] == "true", Deciding: cell["deciding"] == "true",
		Defaults: cell["defaults"] == "true", Baseline: side("baseline"), Candidate: side("candidate"),
		Ratio:      analysis.Interval{Estimate: float("ratio"), Low: float("ratio_low"), High: float("ratio_high")},
		CorrectedP: float("corrected_p"), Verdict: cell["verdict"], Sentence: cell["sentence"],
		Blocks: count("blocks"), NeedBlocks: count("need_blocks"),
	}
}

func TestSummaryHasEachVerdict(t *testing.T) {
	a := fixture()
	data, err := json.Marshal(summarise(a))
	if err != nil {
		t.Fatal(err)
	}
	var s Summary
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	if s.Answer != headline(a) || s.Version != SummaryVersion || s.Seed != 42 || s.PlanHash != a.Run.PlanHash {
		t.Errorf("head of the summary: %+v", s)
	}
	if s.Planned != 13 || s.Ran != 12 || s.NotRun != 1 || s.Flagged != 2 || s.Excluded != 1 {
		t.Errorf("planned %d, ran %d, not run %d, flagged %d, excluded %d; want 13, 12, 1, 2, 1", s.Planned, s.Ran,
			s.NotRun, s.Flagged, s.Excluded)
	}
	for i, c := range a.Comparisons {
		v := s.Verdicts[i]
		if v.Metric != c.Metric || v.Verdict != c.Verdict || v.Ratio != c.Ratio.Estimate || v.Low != c.Ratio.Low ||
			v.High != c.Ratio.High || v.Blocks != c.Blocks || v.Deciding != c.Deciding {
			t.Errorf("verdict %d: %+v", i, v)
		}
	}
	if len(s.Verdicts) != len(a.Comparisons) || len(s.Claims) != len(a.Claims) {
		t.Errorf("%d verdicts, %d claims", len(s.Verdicts), len(s.Claims))
	}
}

// Programs count on lists being lists.
func TestSummaryOfNothingHasEmptyLists(t *testing.T) {
	data, err := json.Marshal(summarise(analysis.Analysis{}))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "null") {
		t.Errorf("summary has null: %s", data)
	}
}
