package view

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/results"
)

func TestSettingsStandSideBySide(t *testing.T) {
	t.Parallel()
	table := newSettings([]results.Setup{
		{Settings: []results.Setting{{Name: "processes", Value: "2"}, {Name: "only here", Value: "1"}}},
		{Settings: []results.Setting{{Name: "only there", Value: "3"}, {Name: "processes", Value: "4"}}},
	})
	var got []string
	for _, r := range table.Rows {
		line := r.Name + ":"
		for _, c := range r.Cells {
			if c == nil {
				line += " -"
			} else {
				line += " " + c.Value
			}
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"processes: 2 4", "only here: 1 -", "only there: - 3"}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestSettingsOfSingleTrialsAreListedOnce(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	for i := range 4 {
		a.Trials[i].Settings = []results.Setting{{Name: "concurrency", Value: "10"}}
	}
	// Two arms in two blocks: each arm's setting once.
	if got := trialSettings(a); len(got) != 2 {
		t.Errorf("%d settings: %+v", len(got), got)
	}
}

func TestSettingsOfAllPlacesStandOnce(t *testing.T) {
	t.Parallel()
	setting := func(name, value string) results.Setting { return results.Setting{Name: name, Value: value} }
	setup := func(arm, broker, delivery string, command string, list ...results.Setting) results.Setup {
		return results.Setup{Contender: arm, Broker: broker, Scenario: "s", Framework: arm, Version: "1", Delivery: delivery,
			Command: []string{command}, Settings: list}
	}
	a := analysis.Analysis{Run: results.Run{
		Brokers: []results.Broker{{Name: "sqs", Product: "MiniStack (SQS emulator)", Version: "1.2"}},
		Contenders: []results.Setup{
			setup("B", "redis", "at least once", "run", setting("same", "1"), setting("differs", "1"), setting("half", "1")),
			setup("B", "sqs", "at most once", "run", setting("same", "1"), setting("differs", "2"), setting("half", "1")),
			setup("C", "redis", "at least once", "run --redis", setting("same", "3"), setting("half", "1")),
			setup("C", "sqs", "at least once", "run --sqs", setting("half", "2"), setting("same", "3"), setting("only", "1")),
		},
	}}
	s := settingsOf(a)
	names := func(t settingsTable) string {
		out := ""
		for _, r := range t.Rows {
			out += r.Name + " "
		}
		for _, c := range t.Commands {
			out += fmt.Sprint(c.Command)
		}
		return fmt.Sprintf("%s %t %t", out, t.Frameworks, t.Guarantees)
	}
	got := []string{s.Everywhere() + ": " + names(s.Common)}
	for _, p := range s.Places {
		got = append(got, fmt.Sprintf("%s: %s %v", p.Title, names(p.Table), p.Promises))
	}
	want := []string{
		"On every broker: same [run] true false",
		"s on redis: differs half [run --redis] false true [{B at least once } {C at least once }]",
		"s on MiniStack (SQS emulator) 1.2: differs half only [run --sqs] false true [{B at most once } {C at least once }]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Where a place lacks a contender, nothing can be said of all places.
func TestSettingsAreNotSharedByUnlikePlaces(t *testing.T) {
	t.Parallel()
	a := fixture.ManyBrokers()
	a.Run.Contenders = a.Run.Contenders[:len(a.Run.Contenders)-1]
	s := settingsOf(a)
	if s.Common.Setups != nil || len(s.Places) != 5 || len(s.Places[0].Table.Rows) != 4 || !s.Places[4].Table.Frameworks {
		t.Errorf("settings %+v", s)
	}
}

// Each setting of each setup is on the page, once for all brokers or once for its own.
func TestSettingsLoseNothing(t *testing.T) {
	t.Parallel()
	a := fixture.ManyBrokers()
	s := settingsOf(a)
	for _, setup := range a.Run.Contenders {
		for _, v := range setup.Settings {
			found := 0
			for _, p := range s.Places {
				if p.Table.Setups[0].Broker == setup.Broker {
					found += p.Table.holds(setup.Contender, v)
				}
			}
			if found += s.Common.holds(setup.Contender, v); found != 1 {
				t.Errorf("%s on %s: %s stands in %d tables", setup.Contender, setup.Broker, v.Name, found)
			}
		}
	}
}

// holds counts the cells of a contender that hold a setting.
func (t settingsTable) holds(contender string, v results.Setting) int {
	n := 0
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			if t.Setups[i].Contender == contender && c != nil && *c == v {
				n++
			}
		}
	}
	return n
}
