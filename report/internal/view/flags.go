package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// FlagRow is a flag of a trial and what it kept out.
type FlagRow struct {
	Trial, Block          int
	Scenario, Broker, Arm string
	Code                  string
	// Detail is the flag in words.
	Detail string
	// Listed tells whether the analysis has the trial: one that the run never came to has no row to point at.
	Listed bool
	// Excluded are the titles of the metrics that the trial was kept out of.
	Excluded []string
}

// note tells whether the flag is only noted.
func (f FlagRow) note() bool { return len(f.Excluded) == 0 }

// KeptOut says in words what the flag did.
func (f FlagRow) KeptOut() string {
	switch {
	case f.note() && (f.Code == results.FlagThrottled || f.Code == results.FlagLate):
		return "nothing: it widens the interval"
	case f.note() && f.Code == results.FlagDisturbed:
		return "nothing: it lowers the grade"
	case f.note():
		return "nothing: it is a note"
	}
	return text.List(f.Excluded)
}

// flagRows lists each flag once, whichever comparisons it touched: a trial that lost tasks is one event, not eight.
func flagRows(a analysis.Analysis) []FlagRow {
	type flag struct {
		trial        int
		code, detail string
		block        int
		at           suite.Key
	}
	keyOf := func(r FlagRow) flag {
		k := flag{trial: r.Trial, code: r.Code, detail: r.Detail}
		if r.Trial == 0 { // a block's: another one's may say the same
			k.block, k.at = r.Block, suite.KeyOf(r.Scenario, r.Broker, r.Arm)
		}
		return k
	}
	var rows []FlagRow
	index, listed := map[flag]int{}, map[int]bool{}
	add := func(r FlagRow) int {
		index[keyOf(r)] = len(rows)
		rows = append(rows, r)
		return len(rows) - 1
	}
	for _, c := range a.Comparisons {
		for _, f := range c.Flags {
			r := FlagRow{Trial: f.Trial, Block: f.Block, Scenario: c.Scenario, Broker: c.Broker, Arm: f.Arm, Code: f.Code, Detail: flaggedWords(f)}
			i, known := index[keyOf(r)]
			if !known {
				i = add(r)
			}
			title := text.Lower(MetricTitle(c))
			if f.Excluded && !slices.Contains(rows[i].Excluded, title) {
				rows[i].Excluded = append(rows[i].Excluded, title)
			}
		}
	}
	// A flag that no comparison speaks of, as when its scenario has only one side, is still a flag of its trial. And one
	// of all metrics needs no list of them.
	for _, t := range a.Trials {
		listed[t.ID] = true
		for _, f := range t.Flags {
			r := FlagRow{Trial: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm, Code: f.Code, Detail: FlagWords(f), Excluded: flagMetrics(f)}
			if i, known := index[keyOf(r)]; known {
				if f.Invalidates("*") {
					rows[i].Excluded = r.Excluded
				}
				continue
			}
			add(r)
		}
	}
	for i := range rows {
		rows[i].Listed = listed[rows[i].Trial]
	}
	slices.SortStableFunc(rows, func(x, y FlagRow) int { return x.Trial - y.Trial })
	return rows
}

// flagsAndNotes parts what kept a trial out of a verdict from what is only noted.
func flagsAndNotes(a analysis.Analysis) (flags, notes []FlagRow) {
	reasons := map[int]string{}
	for _, t := range notRun(a) {
		reasons[t.ID] = t.Reason
	}
	for _, r := range flagRows(a) {
		reason, absent := reasons[r.Trial]
		switch {
		case absent && r.Detail == reason:
			// It is listed as a trial that did not run.
		case r.note():
			notes = append(notes, r)
		default:
			flags = append(flags, r)
		}
	}
	return flags, notes
}

// failuresOf are the notes on failed tasks: the first of each arm in a place, and in how many trials tasks failed.
func failuresOf(known Products, notes []FlagRow) []string {
	trials := map[suite.Key]int{}
	var first []FlagRow
	for _, n := range notes {
		if n.Code != results.FlagFailed {
			continue
		}
		k := suite.KeyOf(n.Scenario, n.Broker, n.Arm)
		if trials[k]++; trials[k] == 1 {
			first = append(first, n)
		}
	}
	var out []string
	for _, n := range first {
		of := fmt.Sprintf("trial %d", n.Trial)
		if all := trials[suite.KeyOf(n.Scenario, n.Broker, n.Arm)]; all > 1 {
			of = fmt.Sprintf("%d trials, such as trial %d", all, n.Trial)
		}
		out = append(out, fmt.Sprintf("%s, %s, %s: %s", Name(n.Arm), known.Place(n.Scenario, n.Broker), of, Sentence(n.Detail)))
	}
	return out
}

func flagMetrics(f results.Flag) []string {
	var out []string
	for _, m := range f.Metrics {
		if m == "*" {
			return []string{"all metrics"}
		}
		out = append(out, Name(m))
	}
	return out
}

// notRun are the trials that were given up before their load.
func notRun(a analysis.Analysis) []analysis.TrialRow {
	var out []analysis.TrialRow
	for _, t := range a.Trials {
		if !t.Done() {
			out = append(out, t)
		}
	}
	return out
}

// absence is trials of one arm in one place that did not run for one reason.
type absence struct{ Words, Reason string }

// notRunTogether lists the trials that did not run by reason: a broker that didn't start is one event, not one a trial.
func notRunTogether(a analysis.Analysis) []absence {
	known := productsOf(a)
	type key struct {
		suite.Key
		reason string
	}
	trials := map[key][]string{}
	var keys []key
	for _, t := range notRun(a) {
		k := key{suite.KeyOf(t.Scenario, t.Broker, t.Arm), t.Reason}
		if trials[k] == nil {
			keys = append(keys, k)
		}
		trials[k] = append(trials[k], strconv.Itoa(t.ID))
	}
	var out []absence
	for _, k := range keys {
		noun := "Trial"
		if len(trials[k]) > 1 {
			noun = "Trials"
		}
		out = append(out, absence{
			fmt.Sprintf("%s %s (%s, %s)", noun, text.List(trials[k]), Name(k.Arm), known.Place(k.Scenario, k.Broker)),
			Sentence(k.reason),
		})
	}
	return out
}

// trialTally counts trials by what became of them.
type trialTally struct {
	Ran, NotRun, Flagged, Excluded, Noted int
	// flags and notes say how many trials each flag kept out, and how many carry each note.
	flags, notes string
}

func tallyTrials(a analysis.Analysis) trialTally {
	var t trialTally
	ran := map[int]bool{}
	for _, r := range a.Trials {
		if r.Done() {
			ran[r.ID] = true
			t.Ran++
		}
	}
	t.NotRun = len(a.Trials) - t.Ran
	flagged, excluded, noted := map[int]bool{}, map[int]bool{}, map[int]bool{}
	var out, told []FlagRow
	for _, f := range flagRows(a) {
		// What isn't there is counted as such, and a block's flag is no trial's.
		if !ran[f.Trial] {
			continue
		}
		flagged[f.Trial] = true
		if f.note() {
			noted[f.Trial] = true
			told = append(told, f)
		} else {
			excluded[f.Trial] = true
			out = append(out, f)
		}
	}
	t.Flagged, t.Excluded, t.Noted = len(flagged), len(excluded), len(noted)
	t.flags, t.notes = flagCounts(out), flagCounts(told)
	return t
}

// flagCounts says by code how many trials have a flag: "late 2, throttled 1". A trial may have one for each phase.
func flagCounts(rows []FlagRow) string {
	trials := map[string]map[int]bool{}
	var codes []string
	for _, r := range rows {
		if trials[r.Code] == nil {
			trials[r.Code] = map[int]bool{}
			codes = append(codes, r.Code)
		}
		trials[r.Code][r.Trial] = true
	}
	slices.Sort(codes)
	var words []string
	for _, c := range codes {
		words = append(words, Name(c)+" "+strconv.Itoa(len(trials[c])))
	}
	return strings.Join(words, ", ")
}

// flagMeaning explains the codes of flags, in the order of the glossary.
func flagMeaning() [][2]string {
	return [][2]string{
		{results.FlagLost, "tasks were sent and never finished"},
		{results.FlagUnknown, "records of a host are missing, so no one knows whether its tasks ran"},
		{results.FlagDuplicated, "tasks ran more than once"},
		{results.FlagUnexpected, "records carry numbers that were never sent"},
		{results.FlagRejected, "the broker refused tasks"},
		{results.FlagFailed, "tasks failed; if some of your own task failed and others didn't, it is a note"},
		{results.FlagLate, "the generator missed its schedule: latencies are counted from the sending, too, and the interval widened by it; " +
			"where the load was no more the one asked for, the trial has no latency"},
		{results.FlagThrottled, "the hypervisor withheld CPU time: the interval is widened by what that may have cost"},
		{results.FlagDisturbed, "other programs used CPU time: where they ran during more than a fifth of the blocks, a verdict holds only as measured here"},
		{results.FlagReleasedEarly, "held workers were let go for a moment before their time"},
		{results.FlagWorkerDied, "a worker process ended by itself"},
		{results.FlagHost, "a host was lost"},
		{results.FlagMoved, "a host moved to another machine within a block"},
		{results.FlagNotDrained, "tasks were left when the time limit was reached"},
		{results.FlagSaturated, "the load was more than the workers could bear"},
		{results.FlagProducerBound, "the sending side was the bottleneck, not the queue"},
		{results.FlagClock, "workers and harness did not prove to read one clock"},
		{results.FlagUnsteady, "the warm-up did not become steady"},
		{results.FlagChanged, "arguments came back as something else"},
		{results.FlagKilled, "workers had to be killed after they were asked to stop"},
		{results.FlagProfiled, "the workers were watched, which slows them down"},
	}
}

// Cells are the three figures of a comparison, or dashes: zeroes that stand for no data are no results.
func Cells(c analysis.Comparison) (base, cand, ratio string) {
	ratio = "-"
	if HasRatio(c) {
		ratio = fmt.Sprintf("%s (%s)", number.Short(c.Ratio.Estimate), intervalWords(c))
	}
	return SideWords(c.Baseline), SideWords(c.Candidate), ratio
}

// HasRatio tells whether there were blocks to make a ratio of, and whether it says anything: of what is nothing on an ordinary day, a leak of next
// to nothing is a billion times another.
func HasRatio(c analysis.Comparison) bool {
	return c.Verdict != analysis.NoData && c.Blocks > 0 && c.Ratio.Estimate > 0 && !metric.MayBeZero(c.Metric)
}
