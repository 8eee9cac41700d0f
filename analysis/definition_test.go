package analysis

import (
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/suite"
)

func TestDefinitionsTellWhatIsAskedAndNothingElse(t *testing.T) {
	t.Parallel()
	scenario := func(change func(*suite.Scenario)) map[string]map[string]string {
		t.Helper()
		s := suite.Scenario{ID: 1, Name: "a", Title: "A", Question: "Q?", Why: "W", Task: "noop", Args: []any{1, "x"},
			Setting: suite.Setting{Processes: 2, Concurrency: 10}, Limit: 1e9, Decide: []string{"throughput"},
			Phases: []suite.Phase{{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 100,
				On: map[string]suite.Numbers{"postgres": {Tasks: 50}}}}}
		if change != nil {
			change(&s)
		}
		d, err := definitions(suite.Plan{Brokers: []string{"redis", "postgres"}}, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	plain := scenario(nil)
	for broker, tasks := range map[string]string{"redis": "100", "postgres": "50"} {
		if d := plain[broker]; d["phases.drain.tasks"] != tasks || d["concurrency"] != "10" || d["args"] != `[1,"x"]` {
			t.Errorf("%s: %v", broker, d)
		}
	}
	for name, tt := range map[string]struct {
		change  func(*suite.Scenario)
		differs []string
	}{
		"another question":    {func(s *suite.Scenario) { s.Question, s.ID, s.Decide = "R?", 2, nil }, nil},
		"more tasks":          {func(s *suite.Scenario) { s.Phases[0].Tasks = 200 }, []string{"redis"}},
		"more tasks on one":   {func(s *suite.Scenario) { s.Phases[0].On = nil }, []string{"postgres"}},
		"another argument":    {func(s *suite.Scenario) { s.Args = []any{2, "x"} }, []string{"postgres", "redis"}},
		"another concurrency": {func(s *suite.Scenario) { s.Concurrency = 20 }, []string{"postgres", "redis"}},
		"an app that lies elsewhere": {func(s *suite.Scenario) {
			s.Own = &suite.Own{Path: "/tmp/x", Python: "/tmp/python", Calls: []suite.Call{{Args: []byte(`["secret"]`), Kwargs: []byte("{}")}}}
		},
			[]string{"postgres", "redis"}},
	} {
		d := scenario(tt.change)
		var differs []string
		for _, b := range []string{"postgres", "redis"} {
			if mustMarshal(t, d[b]) != mustMarshal(t, plain[b]) {
				differs = append(differs, b)
			}
			for _, v := range d[b] {
				if v == "/tmp/x" || v == "/tmp/python" || strings.Contains(v, "secret") {
					t.Errorf("%s: it is told: %v", name, d[b])
				}
			}
		}
		if !slices.Equal(differs, tt.differs) {
			t.Errorf("%s: differs on %v, want %v", name, differs, tt.differs)
		}
	}
	long := scenario(func(s *suite.Scenario) {
		for i := range 500 {
			s.Phases[0].Recorded = append(s.Phases[0].Recorded, suite.Arrival{At: float64(i) / 7})
		}
	})
	if v := long["redis"]["phases.drain.recorded"]; len(v) > 60 || v[:10] != "500 values" {
		t.Errorf("a long trace is told as %.100q", v)
	}
}

func TestAnAnalysisTellsWhatWasAsked(t *testing.T) {
	t.Parallel()
	f := newFolder(t, []string{"celery/prefork", "asynctasq/async"}, 1)
	for _, p := range f.plan.Trials {
		f.write(t, p, 200, 1, 1, nil, "")
	}
	if d := analyze(t, f).Scenarios[0].Definitions["redis"]; d["phases.drain.tasks"] != "1000" || d["rtt"] != "0s" {
		t.Errorf("%v", d)
	}
}
