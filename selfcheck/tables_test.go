package selfcheck

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestAGoalIsMetOrMissedSurelyOrNot(t *testing.T) {
	f := Figure{Value: 10, Low: 8, High: 12}
	for _, tt := range []struct {
		figure  Figure
		goal    string
		verdict string
	}{
		{f.atLeast(8), "at least 8", "met"},
		{f.atLeast(9), "at least 9", "met (interval includes the goal)"},
		{f.atLeast(12), "at least 12", "missed (interval includes the goal)"},
		{f.atLeast(12.5), "at least 12.5", "missed"},
		{f.atLeast(0), "", ""},
		{f.atMost(12), "at most 12", "met"},
		{f.atMost(11), "at most 11", "met (interval includes the goal)"},
		{f.atMost(8), "at most 8", "missed (interval includes the goal)"},
		{f.atMost(7), "at most 7", "missed"},
	} {
		if goal, verdict := tt.figure.verdict(); goal != tt.goal || verdict != tt.verdict {
			t.Errorf("%q %q, want %q %q", goal, verdict, tt.goal, tt.verdict)
		}
	}
}

// With as many rounds as a comparison needs, the median's interval is that of order statistics, which leaves out nothing
// with six and the two ends with nine.
func TestMediansAndRatiosHaveIntervals(t *testing.T) {
	if f := medianOf([]float64{6, 1, 2, 3, 4, 5}); f.Value != 3.5 || f.Low != 1 || f.High != 6 {
		t.Errorf("%+v", f)
	}
	if f := medianOf([]float64{9, 1, 2, 3, 4, 5, 6, 7, 8}); f.Value != 5 || f.Low != 2 || f.High != 8 {
		t.Errorf("%+v", f)
	}
	f, err := over([]float64{200, 202, 198, 200}, []float64{10, 10.1, 9.9, 10})
	if err != nil || f.ratio() != "20.0 (19.6..20.4)" {
		t.Errorf("%s, %v", f.ratio(), err)
	}
	if _, err := over([]float64{1}, []float64{2}); err == nil {
		t.Error("one round has a ratio with an interval")
	}
	for value, want := range map[float64]string{0.4567: "0.457", 1.234: "1.23", 45.67: "45.7", 456.7: "457", 4567.8: "4568"} {
		if got := exactly(value).ratio(); got != want {
			t.Errorf("%v: %q, want %q", value, got, want)
		}
	}
}

func sample() Report {
	return Report{Enqueue: []Enqueue{{
		Product: "MariaDB", Contender: "some/one", Bytes: 511,
		Wire: Figure{Value: 300, Low: 200, High: 400}, Client: Figure{Value: 10, Low: 9, High: 11}, ToClient: Figure{Value: 30, Low: 28, High: 33}.atLeast(20),
		Tools: []Tool{
			{Name: "slap", Command: "slap --fast", Rate: Figure{Value: 150, Low: 100, High: 160}, ToTool: Figure{Value: 2, Low: 1.5, High: 2.5}.atLeast(2.2)},
			{Command: "other", Reason: "there is no other here: a | b"},
		},
	}}}
}

func TestEachWayHasALineAndAMissingToolItsReason(t *testing.T) {
	var out strings.Builder
	if err := Terminal(&out, sample()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"ENQUEUE: tasks/s, and the wire producer's rate over that of the others",
		"broker, framework, message by tasks/s wire / other goal",
		"MariaDB, some/one, 511 bytes wire producer 300 (200..400)",
		"the framework's client 10 (9..11) 30.0 (28.0..33.0) at least 20 met",
		"slap --fast 150 (100..160) 2.00 (1.50..2.50) at least 2.2 missed (interval includes the goal)",
		"other - not run: there is no other here: a | b",
	}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("%q", got)
	}
}

func TestTheDocumentHasEachGoalOnceAndNoBrokenTable(t *testing.T) {
	var out strings.Builder
	if err := document(&out, sample(), "performance"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| wire over client, some/one on MariaDB | 30.0 (28.0..33.0) | at least 20 | met |\n",
		"| wire over slap, some/one on MariaDB | 2.00 (1.50..2.50) | at least 2.2 | missed (interval includes the goal) |\n",
		`not run: there is no other here: a \| b`,
	} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("not once: %s", want)
		}
	}
}

// The figures are those of a machine; the words around them are these.
func TestTheCommittedDocumentHasTheGeneratorsWords(t *testing.T) {
	committed, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := document(&out, Report{}, "performance"); err != nil {
		t.Fatal(err)
	}
	if got, want := words(string(committed)), words(out.String()); !slices.Equal(got, want) {
		t.Errorf("docs/performance.md is not what make performance writes: %q, want %q", got, want)
	}
}

// words are the lines outside of tables and pictures.
func words(page string) []string {
	var out []string
	for line := range strings.Lines(page) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "[![") {
			out = append(out, line)
		}
	}
	return out
}
