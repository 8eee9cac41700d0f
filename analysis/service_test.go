package analysis

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// A user's own task has service times, those of the paced phase, and noise of the machine brackets them. Another task has none.
func TestAUsersTaskHasServiceTimes(t *testing.T) {
	t.Parallel()
	const ms = 1_000_000
	f := newFolder(t, asynctasqOverCelery, 1)
	f.writeAll(t)
	f.rewrite(t, 1, func(tr *results.Trial, tasks []results.Task) {
		for i := range tasks {
			// One task in eight takes 2 ms, the others 1 ms.
			if r := &tasks[i]; r.Phase == "paced" {
				r.Started = r.Finished - ms
				if i/3%8 == 7 {
					r.Started -= ms
				}
			}
		}
	})
	names := metric.Names(metric.In(metric.Task))
	measure := func(own *suite.Own) (values map[string]float64, brackets map[string]Bracket, list []figure) {
		t.Helper()
		tr, err := results.ReadTrial(results.TrialDir(f.out, 1))
		if err != nil {
			t.Fatal(err)
		}
		sc := f.plan.Scenarios[0]
		sc.Own = own
		list = figuresOf(sc)
		m, err := new(scratch).readMeasured(f.out, tr, sc)
		if err != nil {
			t.Fatal(err)
		}
		values = m.values(list)
		return values, m.brackets(list, values), list
	}
	values, _, list := measure(nil)
	for _, name := range names {
		if _, ok := values[name]; ok || slices.ContainsFunc(list, func(f figure) bool { return f.Name == name }) {
			t.Errorf("a task of tqbench has %s", name)
		}
	}
	values, brackets, _ := measure(&suite.Own{})
	for name, want := range map[string]float64{metric.ServiceP50: 1, metric.ServiceP95: 2, metric.ServiceP99: 2} {
		near(t, name, values[name], want)
		if b, ok := brackets[name]; ok {
			t.Errorf("%s: without noise, its bracket is %+v", name, b)
		}
	}
}

// 60 ms of the first 100 ms were stolen, which touched half of the tasks, and other programs ran for half of the phase.
func TestNoiseBracketsServiceTimes(t *testing.T) {
	t.Parallel()
	const ms = 1_000_000
	var s scratch
	s.tasks.Phase.List, s.tasks.Outcome.List = []string{"paced", "drain"}, []string{results.OutcomeFinished, results.OutcomeLost}
	add := func(phase, outcome uint8, started, took int64) {
		s.tasks.Phase.Index, s.tasks.Outcome.Index = append(s.tasks.Phase.Index, phase), append(s.tasks.Outcome.Index, outcome)
		s.tasks.Started, s.tasks.Finished = append(s.tasks.Started, started), append(s.tasks.Finished, started+took)
	}
	for i := range int64(200) {
		took := int64(ms)
		if i%8 == 7 {
			took *= 2
		}
		add(0, 0, i*ms, took)
		add(1, 0, i*ms, 50*ms) // of another phase
	}
	add(0, 1, 0, 0) // never ended
	var still standstills
	still.add(0, 100*ms, contention*60*ms)
	still.add(100*ms, 200*ms, 0)
	services, spared := s.servicesOf(results.Phase{Name: "paced", Beside: 0.5}, &still)
	if len(services) != 200 || !slices.IsSorted(services) {
		t.Fatalf("%d service times", len(services))
	}
	for q, want := range map[float64]Bracket{0.5: {0, 1}, 0.95: {0.9, 2}, 0.99: {0.9, 2}} {
		b := spared.bracket("", q, stats.Quantile(services, q))
		near(t, fmt.Sprintf("low of quantile %g", q), b.Low, want.Low)
		near(t, fmt.Sprintf("high of quantile %g", q), b.High, want.High)
	}
}
