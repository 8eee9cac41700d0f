package view

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Tagger gives what the page can be filtered by short tags: a letter for the kind and a number for which, such as s3 for
// the fourth scenario. An element that bears tags of a kind is hidden while another one of that kind is chosen.
type Tagger struct {
	scenarios, brokers, arms []string
	// languages, deliveries, licences and kills are those of the sides, which setups has; kills are what becomes of a killed worker's tasks.
	languages, deliveries, licences, kills []string
	setups                                 []results.Setup
	// lost and back are the arms of each broker that lost a killed worker's tasks, and those whose tasks came back, as far as trials tell.
	lost, back map[armOn]bool
}

// filter is one choice that a reader has.
type filter struct {
	// Name is in links to a filtered page, Label next to the list.
	Name, Label string
	Options     []option
}

// option is one entry of a list. Key is in links: it is the name that the command line knows.
type option struct{ Tag, Key, Name string }

// armOn is an arm on a broker.
type armOn struct{ arm, broker string }

func NewTagger(a analysis.Analysis) Tagger {
	t := Tagger{lost: map[armOn]bool{}, back: map[armOn]bool{}}
	for _, r := range a.Trials {
		if r.Recovery != nil {
			outcome := r.Recovery.Outcome
			t.lost[armOn{r.Arm, r.Broker}] = t.lost[armOn{r.Arm, r.Broker}] || outcome == results.FateLost || outcome == results.FateNever
			never := r.Recovery.Said != nil && r.Recovery.Said.Never != "" // then all were done because the killed worker held none
			t.back[armOn{r.Arm, r.Broker}] = t.back[armOn{r.Arm, r.Broker}] || outcome == results.FateBack && r.Recovery.BackSeconds > 0 && !never
		}
	}
	for _, s := range a.Scenarios {
		t.scenarios = append(t.scenarios, s.Name)
	}
	for _, b := range a.Run.Brokers {
		t.brokers = append(t.brokers, b.Name)
	}
	add := func(list *[]string, v string) {
		if !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
	t.setups = a.Run.Contenders
	for _, s := range t.setups {
		add(&t.languages, s.Language)
		add(&t.deliveries, s.Delivery)
		add(&t.licences, s.Licence)
		add(&t.kills, t.afterKill(s))
	}
	for _, c := range a.Cells {
		add(&t.scenarios, c.Scenario)
		add(&t.brokers, c.Broker)
		add(&t.arms, c.Arm)
	}
	for _, c := range a.Comparisons {
		add(&t.scenarios, c.Scenario)
		add(&t.brokers, c.Broker)
		add(&t.arms, ArmName(c.Baseline))
		add(&t.arms, ArmName(c.Candidate))
	}
	for _, r := range a.Trials {
		add(&t.scenarios, r.Scenario)
		add(&t.brokers, r.Broker)
		add(&t.arms, r.Arm)
	}
	return t
}

// afterKill is what becomes of a killed worker's tasks: as trials saw it, otherwise as the framework says.
func (t Tagger) afterKill(s results.Setup) string {
	at := armOn{s.Side(), s.Broker}
	switch {
	case t.lost[at]:
		return "tasks are lost"
	case t.back[at]:
		return "tasks come back"
	case s.Recovery == nil:
		return ""
	case s.Recovery.Never != "":
		return "tasks are lost"
	}
	return "tasks come back"
}

// place is where v is in a list, and behind all where it doesn't.
func (t Tagger) place(list []string, v string) int {
	if i := slices.Index(list, v); i >= 0 {
		return i
	}
	return len(list)
}

// tag is the tag of v in a list; an empty name has none.
func tag(letter string, list []string, v string) string {
	if i := slices.Index(list, v); i >= 0 && v != "" {
		return letter + strconv.Itoa(i)
	}
	return ""
}

// Of are the tags of an element that belongs to a scenario, a broker and arms; an empty name is none.
func (t Tagger) Of(scenario, broker string, arms ...string) string {
	return tagList(append([]string{tag("s", t.scenarios, scenario), tag("b", t.brokers, broker)}, t.sides(scenario, broker, arms)...))
}

// OfPoints are the tags of a sweep on a broker, by its points.
func (t Tagger) OfPoints(s analysis.Sweep) string {
	list := []string{tag("b", t.brokers, s.Broker)}
	for _, p := range s.Points {
		list = append(list, tag("s", t.scenarios, s.Scenario+"@"+p.At))
	}
	return tagList(list)
}

// Side are the tags of a side within an element that has those of its scenario and broker.
func (t Tagger) Side(scenario, broker string, arms ...string) string {
	return tagList(t.sides(scenario, broker, arms))
}

// sides are the tags of arms, and of what they are and promise in a scenario on a broker, or in any if its name is empty.
func (t Tagger) sides(scenario, broker string, arms []string) []string {
	var out []string
	for _, a := range arms {
		out = append(out, tag("a", t.arms, a))
	}
	for _, s := range t.setups {
		if (scenario == "" || s.Scenario == scenario) && (broker == "" || s.Broker == broker) && slices.Contains(arms, s.Side()) {
			out = append(out, tag("l", t.languages, s.Language), tag("d", t.deliveries, s.Delivery), tag("c", t.licences, s.Licence), tag("k", t.kills, t.afterKill(s)))
		}
	}
	return out
}

// tagList is the tags as an attribute has them, each once.
func tagList(tags []string) string {
	var out []string
	for _, t := range tags {
		if t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return strings.Join(out, " ")
}

// offer adds what a tag stands for to a reader's options, once.
func (t Tagger) offer(options []option, letter string, list []string, v, say string) []option {
	x := option{tag(letter, list, v), Name(v), say}
	if x.Tag == "" || slices.Contains(options, x) {
		return options
	}
	return append(options, x)
}

// filters are the choices that make a difference.
func (t Tagger) filters(known Products) []filter {
	var out []filter
	for _, f := range []struct {
		letter, name, label string
		list                []string
		say                 func(string) string
	}{
		{"s", "scenario", "Scenario", t.scenarios, known.Load},
		{"b", "broker", "Broker", t.brokers, func(b string) string { return Name(known.Name(b)) }},
		{"a", "contender", "Contender", t.arms, Name},
		{"l", "language", "Language", t.languages, Name},
		{"d", "delivery", "Delivery", t.deliveries, Name},
		{"c", "licence", "Licence", t.licences, Name},
		{"k", "killed", "If a worker is killed", t.kills, Name},
	} {
		x := filter{Name: f.name, Label: f.label}
		for i, v := range f.list {
			if v != "" {
				x.Options = append(x.Options, option{f.letter + strconv.Itoa(i), Name(v), f.say(v)})
			}
		}
		if len(x.Options) > 1 {
			out = append(out, x)
		}
	}
	return out
}

// axes are the scenarios and the brokers of some places, each once, in the order of the plan.
func (t Tagger) axes(places []suite.Place) (scenarios, brokers []string) {
	for _, p := range places {
		if !slices.Contains(scenarios, p.Scenario) {
			scenarios = append(scenarios, p.Scenario)
		}
		if !slices.Contains(brokers, p.Broker) {
			brokers = append(brokers, p.Broker)
		}
	}
	slices.SortStableFunc(scenarios, func(x, y string) int { return t.place(t.scenarios, x) - t.place(t.scenarios, y) })
	slices.SortStableFunc(brokers, func(x, y string) int { return t.place(t.brokers, x) - t.place(t.brokers, y) })
	return scenarios, brokers
}
