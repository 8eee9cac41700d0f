package view

import (
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// settings is how the contenders were set up. A reader who doubts the fairness of a comparison looks here.
type settings struct {
	// Common is what holds in all places. It has no setups where there is only one place, or where the places don't
	// have the same contenders.
	Common settingsTable
	Places []settingsPlace
}

// settingsPlace is one broker in one scenario, and what holds there only.
type settingsPlace struct {
	// Title is empty where all contenders have one setup for everything, as in runs of before there were several
	// brokers.
	Title    string
	Promises []promise
	Table    settingsTable
}

// promise is what a contender makes of a task whose worker ends.
type promise struct{ Arm, Delivery, Caveat string }

// settingsTable sets contenders side by side: a row a setting, a column a contender.
type settingsTable struct {
	Setups []results.Setup
	Rows   []settingsRow
	// Frameworks and Guarantees tell which rows besides the settings belong here.
	Frameworks, Guarantees bool
	// Commands are the setups whose worker commands do.
	Commands []results.Setup
}

type settingsRow struct {
	Name string
	// Cells has one entry a contender, nil where it has no such setting.
	Cells []*results.Setting
}

func (r settingsRow) equal(other settingsRow) bool {
	return r.Name == other.Name && slices.EqualFunc(r.Cells, other.Cells, func(x, y *results.Setting) bool {
		return x == nil && y == nil || x != nil && y != nil && *x == *y
	})
}

func newSettings(setups []results.Setup) settingsTable {
	t := settingsTable{Setups: setups}
	for i, s := range setups {
		for _, v := range s.Settings {
			row := slices.IndexFunc(t.Rows, func(r settingsRow) bool { return r.Name == v.Name })
			if row < 0 {
				row = len(t.Rows)
				t.Rows = append(t.Rows, settingsRow{v.Name, make([]*results.Setting, len(setups))})
			}
			t.Rows[row].Cells[i] = &v
		}
	}
	return t
}

// settingsOf parts the setups by place, and what is the same everywhere from what isn't.
func settingsOf(a analysis.Analysis) settings {
	known := productsOf(a)
	var out settings
	var places []suite.Place
	setups := map[suite.Place][]results.Setup{}
	for _, s := range a.Run.Contenders {
		p := suite.At(s.Scenario, s.Broker)
		if setups[p] == nil {
			places = append(places, p)
		}
		setups[p] = append(setups[p], s)
	}
	for _, p := range places {
		x := settingsPlace{Table: newSettings(setups[p])}
		x.Table.Frameworks, x.Table.Guarantees, x.Table.Commands = true, true, setups[p]
		if p != (suite.Place{}) {
			x.Title = known.Load(p.Scenario) + " on " + Name(known.Full(p.Broker))
		}
		for _, s := range setups[p] {
			x.Promises = append(x.Promises, promise{Name(s.Side()), Name(s.Delivery), Sentence(s.Caveat)})
		}
		if len(x.Promises) > 2 {
			x.Promises = joined(x.Promises)
		}
		out.Places = append(out.Places, x)
	}
	out.share()
	return out
}

// joined has one entry for all contenders that promise the same: no one reads nine equal lines.
func joined(list []promise) []promise {
	var out []promise
	arms := map[promise][]string{}
	for _, p := range list {
		same := promise{"", p.Delivery, p.Caveat}
		if arms[same] == nil {
			out = append(out, same)
		}
		arms[same] = append(arms[same], p.Arm)
	}
	for i, same := range out {
		out[i].Arm = text.List(arms[same])
	}
	return out
}

// share moves what all places have in common into a separate table.
func (s *settings) share() {
	if len(s.Places) < 2 {
		return
	}
	first := s.Places[0].Table
	frameworks := true
	for _, p := range s.Places[1:] {
		same := slices.EqualFunc(first.Setups, p.Table.Setups, func(x, y results.Setup) bool { return x.Side() == y.Side() })
		if !same {
			return
		}
		for i, x := range first.Setups {
			y := p.Table.Setups[i]
			frameworks = frameworks && x.Framework == y.Framework && x.Version == y.Version
		}
	}
	s.Common = settingsTable{Setups: first.Setups, Frameworks: frameworks}
	for _, x := range first.Setups {
		if !slices.ContainsFunc(s.Places, func(p settingsPlace) bool { return !p.Table.starts(x) }) {
			s.Common.Commands = append(s.Common.Commands, x)
		}
	}
	for _, row := range first.Rows {
		everywhere := true
		for _, p := range s.Places {
			everywhere = everywhere && slices.ContainsFunc(p.Table.Rows, row.equal)
		}
		if everywhere {
			s.Common.Rows = append(s.Common.Rows, row)
		}
	}
	for i := range s.Places {
		t := &s.Places[i].Table
		t.Frameworks = !frameworks
		t.Commands = nil
		for _, x := range t.Setups {
			if !s.Common.starts(x) {
				t.Commands = append(t.Commands, x)
			}
		}
		t.Rows = slices.DeleteFunc(t.Rows, func(r settingsRow) bool { return slices.ContainsFunc(s.Common.Rows, r.equal) })
	}
}

// starts tells whether the table has the contender's command.
func (t settingsTable) starts(s results.Setup) bool {
	return slices.ContainsFunc(t.Commands, func(x results.Setup) bool {
		return x.Side() == s.Side() && x.Instances == s.Instances && slices.Equal(x.Command, s.Command)
	})
}

// Everywhere says where the common settings hold.
func (s settings) Everywhere() string {
	scenarios := map[string]bool{}
	brokers := map[string]bool{}
	for _, p := range s.Places {
		scenarios[p.Table.Setups[0].Scenario] = true
		brokers[p.Table.Setups[0].Broker] = true
	}
	switch {
	case len(brokers) < 2:
		return "In every scenario"
	case len(scenarios) < 2:
		return "On every broker"
	}
	return "On every broker, in every scenario"
}

// trialSetting is a setting that held in some trials only.
type trialSetting struct {
	Scenario, Broker, Arm string
	results.Setting
}

// trialSettings lists the settings that trials carry themselves, each once.
func trialSettings(a analysis.Analysis) []trialSetting {
	var out []trialSetting
	for _, t := range a.Trials {
		for _, s := range t.Settings {
			ts := trialSetting{t.Scenario, t.Broker, t.Arm, s}
			if !slices.Contains(out, ts) {
				out = append(out, ts)
			}
		}
	}
	return out
}
