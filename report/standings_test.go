package report

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// An analysis of before there were cells has nothing to fill the table with, and all else as ever.
func TestStandingsOfAnOldAnalysisAreLeftOut(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	if got := view.New(a).Standings; got != nil {
		t.Errorf("tables %+v", got)
	}
	var md, terminal bytes.Buffer
	if err := markdown.Write(&md, view.New(a)); err != nil {
		t.Fatal(err)
	}
	if err := Terminal(&terminal, a, Screen{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for kind, out := range map[string]string{"page": rendered(t, a), "Markdown": md.String(), "terminal": terminal.String()} {
		if strings.Contains(out, view.StandingsTitle) {
			t.Errorf("%s has a table without cells", kind)
		}
	}
}

func TestStandingsTellOfScenariosApart(t *testing.T) {
	t.Parallel()
	a := fixture.ManyBrokers()
	one := a.Comparisons
	for i, c := range a.Cells {
		if i%2 == 0 {
			c.Scenario = "io"
			a.Cells = append(a.Cells, c)
		}
	}
	for _, c := range one {
		c.Scenario, c.Defaults = "io", true
		a.Comparisons = append(a.Comparisons, c)
	}
	tables := view.New(a).Standings
	if len(tables) != 2 || tables[0].Title != "Throughput" || tables[1].Title != "Io, as installed" {
		t.Errorf("tables %+v", tables)
	}
	// Half of its cells are no part of the plan, and say so.
	if out := rendered(t, a); !strings.Contains(out, `<span class="status">not planned</span>`) {
		t.Error("the page doesn't say what was not planned")
	}
}

// A worker's end is reported with its last words, also where all trials count.
func TestWorkersEndsAreTold(t *testing.T) {
	t.Parallel()
	a := fixture.ManyBrokers()
	dead := analysis.Cell{Scenario: "throughput", Broker: "mysql", Arm: fixture.CandArm, Planned: 6, Ran: 6, Valid: 6, Died: 2, Status: analysis.CellMeasured}
	const ended = "a worker ended by itself in 2 of 6 trials"
	for _, c := range []struct {
		name   string
		change func(*analysis.Cell)
		want   string
	}{
		{"no reason", func(*analysis.Cell) {}, ended + ": " + fixture.Deadlock},
		{"another reason", func(c *analysis.Cell) { c.Reason = analysis.Reason{Code: analysis.ReasonStated, Detail: "too late"} }, "too late; " + ended + ": " + fixture.Deadlock},
		{"its own reason", func(c *analysis.Cell) {
			c.Reason = analysis.Reason{Code: analysis.ReasonStated, Detail: ended + ": Bye"}
		}, ended + ": Bye"},
		{"no last words", func(c *analysis.Cell) { c.Broker = "sqs" }, ended},
		{"nobody's end", func(c *analysis.Cell) { c.Died = 0 }, ""},
		{"no reason at all", func(c *analysis.Cell) { c.Died, c.Status = 0, analysis.CellPartly }, "no reason is recorded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cell := dead
			c.change(&cell)
			if got := view.WhyOf(a, cell); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	d := pagetest.Parse(t, rendered(t, a))
	for _, want := range []string{"a worker ended by itself in 6 of 6 trials", fixture.Deadlock} {
		if !strings.Contains(d.Text, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
}

// Whatever an analysis holds and lacks, no cell of either matrix is empty, and none without a figure lacks its reason.
func TestNoCellOfAMatrixIsEmpty(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "more than a few seconds")
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		a := mutilated(r)
		for _, s := range view.New(a).Standings {
			for _, row := range s.Rows {
				if len(row.Cells) != len(s.Arms) || row.Broker == "" {
					t.Fatalf("row %q has %d cells for %d arms", row.Broker, len(row.Cells), len(s.Arms))
				}
				for _, c := range row.Cells {
					switch {
					case !c.HasValue && c.Status == "":
						t.Fatalf("a cell has neither figure nor status: %+v", c)
					case c.Status != "" && c.Status != "not planned" && !strings.HasPrefix(c.Status, "measured") && c.Reason.Short == "":
						t.Fatalf("a cell has no reason: %+v", c)
					case c.Words("", "", "") == "":
						t.Fatalf("a cell has no words: %+v", c)
					}
				}
			}
		}
		page := rendered(t, a)
		pagetest.Parse(t, page)
		for _, table := range regexp.MustCompile(`(?s)<table class="(?:standings|matrix)">.*?</table>`).FindAllString(page, -1) {
			if !strings.Contains(table, "<caption>") || !strings.Contains(table, `<th scope="col">`) || !strings.Contains(table, `<th scope="row">`) {
				t.Fatalf("a matrix without a caption or headers: %s", table)
			}
			for _, td := range regexp.MustCompile(`(?s)<t[dh][^>]*>(.*?)</t[dh]>`).FindAllStringSubmatch(table, -1) {
				if words := regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAllString(td[1], ""); strings.TrimSpace(words) == "" {
					t.Fatalf("an empty cell in %s", table)
				}
			}
		}
		var md, terminal bytes.Buffer
		if err := markdown.Write(&md, view.New(a)); err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)^\|.*\| +\|`).MatchString(md.String()) {
			t.Fatalf("an empty cell in\n%s", md.String())
		}
		if err := Terminal(&terminal, a, Screen{Width: r.IntN(160)}); err != nil {
			t.Fatal(err)
		}
	}
}

// mutilated is the fixture with parts missing and nonsense in place of others.
func mutilated(r *rand.Rand) analysis.Analysis {
	a := fixture.ManyBrokers()
	odd := func(s string) string {
		choices := []string{s, s, s, "", "x", "strange: " + strings.Repeat("and long ", 30), " "}
		return choices[r.IntN(len(choices))]
	}
	half := func() bool { return r.IntN(4) == 0 }
	for i := range a.Cells {
		c := &a.Cells[i]
		c.Status = []string{
			analysis.CellMeasured, analysis.CellPartly, analysis.CellInvalid, analysis.CellNotRun, c.Status, c.Status, "", "new",
		}[r.IntN(8)]
		c.Reason.Detail, c.Delivery, c.Guarantee, c.Caveat = odd(c.Reason.Detail), odd(c.Delivery), odd(c.Guarantee), odd(c.Caveat)
		c.Died = r.IntN(3)
		if r.IntN(9) == 0 {
			c.Scenario = "other"
		}
	}
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		c.Deciding, c.NotCounted = half(), analysis.Promises{}
		if half() {
			c.NotCounted = fixture.LeftOut()
		}
		if half() {
			c.Baseline.Values = nil
		}
		if half() {
			c.Candidate.Values = nil
		}
	}
	// Each of the lists may have lost some of its entries, or all.
	a.Cells = without(r, a.Cells)
	a.Comparisons = without(r, a.Comparisons)
	a.Trials = without(r, a.Trials)
	a.Run.Brokers = without(r, a.Run.Brokers)
	a.Run.Contenders = without(r, a.Run.Contenders)
	return a
}

func without[T any](r *rand.Rand, list []T) []T {
	share := r.IntN(5)
	var out []T
	for _, x := range list {
		if r.IntN(4) >= share {
			out = append(out, x)
		}
	}
	return out
}
