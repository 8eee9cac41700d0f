package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
)

// Decision is what a reader with one load takes from the verdicts, each with a link to its evidence.
type Decision struct {
	Load, ID string
	// Tags are what the line is filtered by.
	Tags string
	// Take is the answer in words, Sure whether the verdicts make one.
	Take string
	Sure bool
	// Lines say in words what orders of finish give, where there are any.
	Lines []string
	// Because are the deciding comparisons that have a verdict, Open those that have none yet.
	Because []Card
	Open    []Card
	// Notes say what else is to be known.
	Notes []string
}

// decisions has a line for each scenario on each broker that has a comparison.
func decisions(sections []Section) []Decision {
	var out []Decision
	var done []Section
	for _, s := range sections {
		if slices.ContainsFunc(done, s.sameLoad) {
			continue
		}
		done = append(done, s)
		var pairs []Section
		for _, o := range sections {
			if s.sameLoad(o) {
				pairs = append(pairs, o)
			}
		}
		out = append(out, decide(pairs))
	}
	return out
}

// decisionsOf has a line for each scenario on each broker, made of the order of finish where there is one.
func decisionsOf(sections []Section, rs []Ranking) []Decision {
	if len(rs) == 0 {
		return decisions(sections)
	}
	var out []Decision
	done := map[string]bool{}
	for i, s := range sections {
		if r, ok := rankingAt(rs, s.Scenario, s.Broker, s.Defaults); ok {
			if !done[r.ID] {
				out = append(out, r.decision())
			}
			done[r.ID] = true
		} else if slices.IndexFunc(sections, s.sameLoad) == i {
			out = append(out, decide(KeepIf(sections, s.sameLoad)))
		}
	}
	for _, r := range rs {
		if !done[r.ID] {
			out = append(out, r.decision())
		}
	}
	return out
}

// decision is what a reader takes from the order of finish.
func (r Ranking) decision() Decision {
	d := Decision{Load: r.Title, ID: r.ID, Tags: r.Tags, Take: r.Take, Sure: r.sure()}
	if len(r.classes) == 0 {
		d.Lines = []string{r.Answer}
	}
	for _, c := range r.classes {
		x := r.weigh(c.arms)
		lines := []string{r.classWords(c.arms)}
		switch x.outcome {
		case answerFirst, answerUnbeaten, answerDepends:
			lines = r.leads(c.arms)
		}
		switch {
		case len(r.classes) > 1 && len(c.arms) == 1:
			lines = []string{c.aloneWords()}
		case len(r.classes) > 1:
			lines = []string{c.words() + ": " + strings.Join(lines, "; ")}
		}
		d.Lines = append(d.Lines, lines...)
		var too []string
		for _, arm := range r.choice.Unbeaten {
			if x.outcome == answerFirst && slices.Contains(c.arms, arm) && !slices.Contains(x.sides, arm) {
				too = append(too, arm)
			}
		}
		if len(too) > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("Unbeaten, too, though another side is surely better in a metric: %s.", few(too, "and")))
		}
	}
	if len(r.classes) > 1 {
		d.Notes = append(d.Notes, r.promiseWords())
	}
	return d
}

func KeepIf[T any](list []T, wanted func(T) bool) []T {
	var out []T
	for _, x := range list {
		if wanted(x) {
			out = append(out, x)
		}
	}
	return out
}

func (s Section) sameLoad(o Section) bool {
	return s.Scenario == o.Scenario && s.Broker == o.Broker && s.Defaults == o.Defaults
}

// decide sums up the pairs of one load: each has a candidate against the same baseline.
func decide(pairs []Section) Decision {
	first := pairs[0]
	d := Decision{Load: first.Title, ID: first.ID}
	var tags []string
	for _, p := range pairs {
		tags = append(tags, strings.Fields(p.Tags)...)
	}
	slices.Sort(tags)
	d.Tags = strings.Join(slices.Compact(tags), " ")
	base := Name(first.Base)
	var ahead, even, both []string
	behind, open := 0, 0
	for _, p := range pairs {
		cand := Name(p.Cand)
		wins, loses, equal, undecided := 0, 0, 0, 0
		for _, c := range p.Comparisons {
			if !c.Deciding {
				continue
			}
			switch {
			case Winner(c.Comparison) == mark.Candidate:
				wins++
			case Winner(c.Comparison) == mark.Baseline:
				loses++
			case c.Verdict == analysis.Equivalent:
				equal++
			default:
				undecided++
				d.Open = append(d.Open, withPair(c, len(pairs) > 1))
				continue
			}
			d.Because = append(d.Because, withPair(c, len(pairs) > 1))
		}
		switch {
		case wins > 0 && loses > 0:
			both = append(both, cand)
		case wins > 0:
			ahead = append(ahead, cand)
		case loses > 0:
			behind++
		case equal > 0 && undecided == 0:
			even = append(even, cand)
		default:
			open++
		}
		for _, l := range LeftOut(p.Group.Compared) {
			d.Notes = append(d.Notes, "Not counted: "+Sentence(l.Reason)+".")
		}
	}
	d.Sure = true
	switch {
	case len(both) > 0:
		d.Take = fmt.Sprintf("it depends on what counts: %s or %s", text.List(both), base)
		d.Sure = false
	case len(ahead) == 1:
		d.Take = ahead[0]
	case len(ahead) > 1:
		d.Take = text.List(ahead) + " alike are ahead of " + base
		d.Notes = append(d.Notes, "They were compared with "+base+" only.")
	case behind > 0 && open == 0:
		d.Take = base
		if len(even) > 0 {
			d.Take += " or " + text.List(even) + ": either will do"
		}
	case len(even) > 0 && open == 0:
		d.Take = "either will do: " + text.List(append([]string{base}, even...))
	default:
		d.Take, d.Sure = "no answer yet", false
	}
	if len(d.Because)+len(d.Open) == 0 {
		d.Take, d.Sure = "no answer", false
		if len(d.Notes) == 0 {
			d.Notes = []string{"None of the metrics compared decides."}
		}
	}
	slices.Sort(d.Notes)
	d.Notes = slices.Compact(d.Notes)
	return d
}

// withPair names the candidate next to the metric where there are several.
func withPair(c Card, several bool) Card {
	if several {
		c.Name = fmt.Sprintf("%s, %s against %s", c.Name, c.CandidateName, c.BaselineName)
	}
	return c
}

// Missing says in words what is open.
func (d Decision) Missing() string {
	var names []string
	missing := 0
	for _, c := range d.Open {
		if c.Verdict == analysis.NoData {
			missing++
			continue
		}
		n := text.Lower(c.Name)
		if c.HasRatio {
			n += " " + timesWords(c.Comparison)
		} else if both := bothWords(c.Comparison); both != "" {
			n += " " + both
		}
		if p := price(c.Comparison); p != "" {
			n += ", " + p
		}
		names = append(names, n)
	}
	var parts []string
	if len(names) > 0 {
		parts = append(parts, "open: "+strings.Join(names, "; "))
	}
	if missing > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s could not be made", missing, number.Plural(len(d.Open)+len(d.Because), "deciding comparison")))
	}
	return strings.Join(parts, "; ")
}
