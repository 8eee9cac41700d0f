package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
)

// flagRow is a flag of a trial and what it kept out.
type flagRow struct {
	Trial, Block          int
	Scenario, Broker, Arm string
	Code, Detail          string
	// Excluded are the titles of the metrics that the trial was kept out of.
	Excluded []string
}

// KeptOut says in words what the flag did.
func (f flagRow) KeptOut() string {
	if len(f.Excluded) == 0 {
		return "nothing: it is only told"
	}
	return text.List(f.Excluded)
}

// flagRows lists each flag once, whichever comparisons it touched: a trial that lost tasks is one event, not eight.
func flagRows(a analysis.Analysis) []flagRow {
	var rows []flagRow
	at := func(trial int, code, detail string) int {
		return slices.IndexFunc(rows, func(r flagRow) bool {
			return r.Trial == trial && r.Code == code && r.Detail == detail
		})
	}
	for _, c := range a.Comparisons {
		for _, f := range c.Flags {
			i := at(f.Trial, f.Code, f.Detail)
			if i < 0 {
				i = len(rows)
				rows = append(rows, flagRow{
					Trial: f.Trial, Block: f.Block, Scenario: c.Scenario, Broker: c.Broker, Arm: f.Arm,
					Code: f.Code, Detail: f.Detail,
				})
			}
			title := text.Lower(metricTitle(c))
			if f.Excluded && !slices.Contains(rows[i].Excluded, title) {
				rows[i].Excluded = append(rows[i].Excluded, title)
			}
		}
	}
	// A flag that no comparison speaks of, as when its scenario has only one side, is still a flag of its trial.
	for _, t := range a.Trials {
		for _, f := range t.Flags {
			if at(t.ID, f.Code, f.Detail) >= 0 {
				continue
			}
			rows = append(rows, flagRow{
				Trial: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm,
				Code: f.Code, Detail: f.Detail, Excluded: flagMetrics(f),
			})
		}
	}
	slices.SortStableFunc(rows, func(x, y flagRow) int { return x.Trial - y.Trial })
	return rows
}

func flagMetrics(f results.Flag) []string {
	var out []string
	for _, m := range f.Metrics {
		if m == "*" {
			return []string{"all metrics"}
		}
		out = append(out, name(m))
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

// trialTally counts trials by what became of them.
type trialTally struct{ ran, notRun, flagged, excluded int }

func tallyTrials(a analysis.Analysis) trialTally {
	var t trialTally
	t.notRun = len(notRun(a))
	t.ran = len(a.Trials) - t.notRun
	flagged, excluded := map[int]bool{}, map[int]bool{}
	for _, f := range flagRows(a) {
		flagged[f.Trial] = true
		if len(f.Excluded) > 0 {
			excluded[f.Trial] = true
		}
	}
	t.flagged, t.excluded = len(flagged), len(excluded)
	return t
}

// flagCounts counts flags by code, in words: "late 2, throttled 1".
func flagCounts(rows []flagRow) string {
	count := map[string]int{}
	var codes []string
	for _, r := range rows {
		if count[r.Code] == 0 {
			codes = append(codes, r.Code)
		}
		count[r.Code]++
	}
	slices.Sort(codes)
	var words []string
	for _, c := range codes {
		words = append(words, name(c)+" "+strconv.Itoa(count[c]))
	}
	return strings.Join(words, ", ")
}

// flagMeaning explains the codes of flags, in the order of the glossary.
func flagMeaning() [][2]string {
	return [][2]string{
		{results.FlagLost, "tasks were sent and never finished"},
		{results.FlagDuplicated, "tasks ran more than once"},
		{results.FlagUnexpected, "records carry numbers that were never sent"},
		{results.FlagRejected, "the broker refused tasks"},
		{results.FlagFailed, "tasks failed"},
		{results.FlagLate, "the generator missed its schedule by more than the bound"},
		{results.FlagThrottled, "the hypervisor withheld CPU time"},
		{results.FlagWorkerDied, "a worker process died"},
		{results.FlagNotDrained, "tasks were left when the time limit was reached"},
		{results.FlagSaturated, "the load was more than the workers could bear"},
		{results.FlagProducerBound, "the sending side was the bottleneck, not the queue"},
		{results.FlagClock, "workers and harness did not prove to read one clock"},
		{results.FlagUnsteady, "the warm-up did not become steady"},
		{results.FlagKilled, "workers had to be killed after they were asked to stop"},
	}
}
