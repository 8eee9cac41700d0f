package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tqbench/tqbench/analysis"
)

func TestStandingsHaveEachArmOnEachBroker(t *testing.T) {
	tables := standingsOf(manyBrokers())
	if len(tables) != 1 {
		t.Fatalf("%d tables", len(tables))
	}
	got := []string{tables[0].Title, tables[0].Metric, strings.Join(tables[0].Arms, " | ")}
	for _, r := range tables[0].Rows {
		for i, c := range r.Cells {
			mark := ""
			if c.Caveat != nil {
				mark = " " + c.Caveat.Mark + " " + c.Caveat.Short
			}
			got = append(got, fmt.Sprintf("%s, %s: %s", r.Broker, tables[0].Arms[i], c.words(c.Unit, mark, ": "+c.Reason.Whole)))
		}
	}
	want := []string{
		"Throughput", "Throughput (tasks/s), median over trials, higher is better", "celery/prefork | asynctasq/async",
		"Redis 8.0.2, celery/prefork: 1,120 tasks/s; at least once",
		"Redis 8.0.2, asynctasq/async: 3,430 tasks/s; at least once; partly measured (5 of 6 trials valid): p99 of lateness 14.2 ms, allowed 5 ms",
		"PostgreSQL 17.6, celery/prefork: 235 tasks/s; at most once \u2020 unsupported",
		"PostgreSQL 17.6, asynctasq/async: 720 tasks/s; at least once",
		"MariaDB 11.8.3, celery/prefork: 191 tasks/s; at most once \u2020 unsupported",
		"MariaDB 11.8.3, asynctasq/async: no figure; at least once; not valid (0 of 6 trials valid): a worker ended by itself in 6 of 6 trials: " + deadlock,
		"RabbitMQ 4.1.4, celery/prefork: no figure; at least once; not run: " + notStarted,
		"RabbitMQ 4.1.4, asynctasq/async: no figure; at least once; not run: " + notStarted,
		"MiniStack (SQS emulator), celery/prefork: 48.2 tasks/s; at least once",
		"MiniStack (SQS emulator), asynctasq/async: 147 tasks/s; at least once",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]caveat{{"\u2020", "unsupported", tablesCaveat}}, tables[0].Caveats); diff != "" {
		t.Errorf("caveats (-want +got):\n%s", diff)
	}
}

// An analysis of before there were cells has nothing to fill the table with, and all else as ever.
func TestStandingsOfAnOldAnalysisAreLeftOut(t *testing.T) {
	a := fixture()
	if got := standingsOf(a); got != nil {
		t.Errorf("tables %+v", got)
	}
	var markdown, terminal bytes.Buffer
	if err := writeMarkdown(&markdown, New(a)); err != nil {
		t.Fatal(err)
	}
	if err := Terminal(&terminal, a, Screen{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for kind, out := range map[string]string{"page": render(t, a), "Markdown": markdown.String(), "terminal": terminal.String()} {
		if strings.Contains(out, standingsTitle) {
			t.Errorf("%s has a table without cells", kind)
		}
	}
}

func TestStandingsShowOneMetricForAll(t *testing.T) {
	estimate := func(arm string, v ...float64) analysis.Estimate {
		e := analysis.Estimate{Arm: arm, Values: v}
		if len(v) > 0 {
			e.Estimate = v[0]
		}
		return e
	}
	comparison := func(metric string, deciding bool, base, cand analysis.Estimate) analysis.Comparison {
		return analysis.Comparison{Scenario: "s", Broker: "b", Metric: metric, Title: metric, Unit: "u", Deciding: deciding, Baseline: base, Candidate: cand}
	}
	cells := []analysis.Cell{
		{Scenario: "s", Broker: "b", Arm: "B", Status: analysis.CellMeasured}, {Scenario: "s", Broker: "b", Arm: "C", Status: analysis.CellInvalid, Reason: "x"},
	}
	told := comparison("told", false, estimate("B", 1), estimate("C", 2))
	decides := comparison("decides", true, estimate("B", 3), estimate("C"))
	empty := comparison("empty", true, estimate("B"), estimate("C"))
	aside := comparison("aside", false, estimate("B", 5), estimate("C", 6))
	aside.NotCounted = "another promise"
	for _, c := range []struct {
		name        string
		comparisons []analysis.Comparison
		want        string
	}{
		{"the first that decides", []analysis.Comparison{told, decides, aside}, "decides: 3, none"},
		{"one that would", []analysis.Comparison{told, aside, decides}, "aside: 5, 6"},
		{"not one without figures", []analysis.Comparison{empty, told, decides}, "decides: 3, none"},
		{"the first with figures", []analysis.Comparison{empty, told}, "told: 1, 2"},
		{"none has figures", []analysis.Comparison{empty}, "empty: none, none"},
		{"none was compared", nil, "no metric was compared: none, none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := standingsOf(analysis.Analysis{Cells: cells, Comparisons: c.comparisons})[0]
			got, _, _ := strings.Cut(s.Metric, " (u)")
			for i, cell := range s.Rows[0].Cells {
				sep, value := ": ", "none"
				if i > 0 {
					sep = ", "
				}
				if cell.HasValue {
					value = fmt.Sprint(cell.Value)
				}
				got += sep + value
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestStandingsTellOfScenariosApart(t *testing.T) {
	a := manyBrokers()
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
	tables := standingsOf(a)
	if len(tables) != 2 || tables[0].Title != "Throughput" || tables[1].Title != "Io, as installed" {
		t.Errorf("tables %+v", tables)
	}
	// Half of its cells are no part of the plan, and say so.
	if out := render(t, a); !strings.Contains(out, `<span class="status">not planned</span>`) {
		t.Error("the page doesn't say what was not planned")
	}
}

// A worker's end is told with its last words, also where all trials count.
func TestWorkersEndsAreTold(t *testing.T) {
	a := manyBrokers()
	dead := analysis.Cell{Scenario: "throughput", Broker: "mysql", Arm: candArm, Planned: 6, Ran: 6, Valid: 6, Died: 2, Status: analysis.CellMeasured}
	const ended = "a worker ended by itself in 2 of 6 trials"
	for _, c := range []struct {
		name   string
		change func(*analysis.Cell)
		want   string
	}{
		{"no reason", func(*analysis.Cell) {}, ended + ": " + deadlock},
		{"another reason", func(c *analysis.Cell) { c.Reason = "too late" }, "too late; " + ended + ": " + deadlock},
		{"its own reason", func(c *analysis.Cell) { c.Reason = ended + ": Bye" }, ended + ": Bye"},
		{"no last words", func(c *analysis.Cell) { c.Broker = "sqs" }, ended},
		{"nobody's end", func(c *analysis.Cell) { c.Died = 0 }, ""},
		{"no reason at all", func(c *analysis.Cell) { c.Died, c.Status = 0, analysis.CellPartly }, "no reason is recorded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cell := dead
			c.change(&cell)
			if got := whyOf(a, cell); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	d := parse(t, render(t, a))
	for _, want := range []string{"a worker ended by itself in 6 of 6 trials", deadlock} {
		if !strings.Contains(d.text, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
}

func TestReasonsArePartedWhereTheyCanBe(t *testing.T) {
	long := strings.Repeat("word ", 40)
	for _, c := range []struct{ name, in, short, rest string }{
		{"short", "no way", "no way", ""},
		{"short with a colon", "a: b", "a: b", ""},
		{"long", "it did not start: " + long, "it did not start", strings.TrimSpace(long)},
		{"a word before the colon", "E: " + long, name100("E: " + long), "E: " + strings.TrimSpace(long)},
		{"no colon", long, name100(long), strings.TrimSpace(long)},
		{"nothing", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReason(c.in)
			if r.Short != c.short || r.Rest != c.rest {
				t.Errorf("got %q and %q, want %q and %q", r.Short, r.Rest, c.short, c.rest)
			}
			if got, want := r.Whole, strings.TrimSpace(c.in); got != want {
				t.Errorf("the whole is %q, want %q", got, want)
			}
		})
	}
}

// name100 is what is left of a reason that has no place to be parted at.
func name100(s string) string { return string([]rune(s)[:97]) + "..." }

func TestCaveatsAreMarkedOnce(t *testing.T) {
	var s standings
	for _, c := range []struct{ in, mark, short string }{
		{"a transport of old (unsupported)", "\u2020", "unsupported"},
		{"another (see below) one", "\u20202", "another (see below) one"},
		{"a transport of old (unsupported)", "\u2020", "unsupported"},
		{"()", "\u20203", "()"},
		{strings.Repeat("x", 50), "\u20204", strings.Repeat("x", 29) + "..."},
	} {
		got := s.caveat(c.in)
		if got.Mark != c.mark || got.Short != c.short || got.Text != c.in {
			t.Errorf("%q: %+v", c.in, got)
		}
	}
	if s.caveat(" ") != nil || len(s.Caveats) != 4 {
		t.Errorf("caveats %+v", s.Caveats)
	}
}

// Whatever an analysis holds and lacks, no cell of either matrix is empty, and none without a figure lacks its reason.
func TestNoCellOfAMatrixIsEmpty(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		a := mutilated(r)
		for _, s := range standingsOf(a) {
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
					case c.words("", "", "") == "":
						t.Fatalf("a cell has no words: %+v", c)
					}
				}
			}
		}
		page := render(t, a)
		parse(t, page)
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
		var markdown, terminal bytes.Buffer
		if err := writeMarkdown(&markdown, New(a)); err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)^\|.*\| +\|`).MatchString(markdown.String()) {
			t.Fatalf("an empty cell in\n%s", markdown.String())
		}
		if err := Terminal(&terminal, a, Screen{Width: r.IntN(160)}); err != nil {
			t.Fatal(err)
		}
	}
}

// mutilated is the fixture with parts missing and nonsense in place of others.
func mutilated(r *rand.Rand) analysis.Analysis {
	a := manyBrokers()
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
		c.Reason, c.Delivery, c.Guarantee, c.Caveat = odd(c.Reason), odd(c.Delivery), odd(c.Guarantee), odd(c.Caveat)
		c.Died = r.IntN(3)
		if r.IntN(9) == 0 {
			c.Scenario = "other"
		}
	}
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		c.Deciding, c.NotCounted = half(), ""
		if half() {
			c.NotCounted = leftOutWords
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
