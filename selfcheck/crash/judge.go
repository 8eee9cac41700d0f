package crash

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// wrongLimit is how much of a wrong run's output to show.
const wrongLimit = 300

// judge checks what a run left in out and next to it, and adds it to the row.
func (b *bench) judge(row *Row, a attempt, out, where string) {
	wrong := func(format string, args ...any) {
		row.Wrong = append(row.Wrong, strings.TrimPrefix(where+": ", ": ")+fmt.Sprintf(format, args...))
	}
	for at := &a; at != nil; at = at.before {
		row.Leftovers += len(at.left)
		for _, what := range at.left {
			wrong("left: %s", what)
		}
		if said := at.said(); strings.Contains(said, "\ngoroutine ") {
			wrong("it broke down: %s", lastOf(said))
		}
	}
	if a.struck() {
		row.Struck++
	}
	if a.exit.Code != 0 || a.exit.Signal != 0 {
		wrong("the resumed run ended with %s: %s", a.exit, lastOf(a.said()))
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		wrong("the results can't be read: %v", err)
	}
	found := map[int]results.Trial{}
	for _, t := range trials {
		if t.Done() && b.plan.Has(suite.Trial{ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm}) {
			found[t.ID] = t
		} else {
			wrong("trial %d is none of the plan's, or did not run: %s", t.ID, t.Reason)
		}
	}
	for _, t := range b.plan.Trials {
		b.account(row, out, t, found, wrong)
	}
	// A file that is being written has a temporary name.
	if err := filepath.WalkDir(out, func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".") {
			row.Leftovers++
			wrong("left: %s among the results", filepath.Base(path))
		}
		return err
	}); err != nil {
		wrong("the results can't be listed: %v", err)
	}
}

// account adds a trial's tasks, by its raw rows, to the row.
func (b *bench) account(row *Row, out string, t suite.Trial, found map[int]results.Trial, wrong func(string, ...any)) {
	sc, _ := b.plan.Scenario(t.Scenario)
	var planned int64
	for _, p := range sc.For(t.Broker).Phases {
		planned += int64(p.Tasks)
	}
	if _, ok := found[t.ID]; !ok {
		row.LostByUs += planned
		wrong("trial %d (%s) is missing", t.ID, t.Arm)
		return
	}
	rows, err := results.ReadTasks(results.TrialDir(out, t.ID))
	if err != nil {
		wrong("trial %d: %v", t.ID, err)
	}
	r := accounting.Judge(history(rows))
	row.Sent += r.Acknowledged + r.Recovered
	row.LostByFramework += r.Lost
	row.Duplicates += r.Duplicated + r.RecoveredTwice
	if missing := planned - r.Attempted; missing != 0 {
		row.LostByUs += max(missing, -missing)
		wrong("trial %d (%s) has %d tasks of %d", t.ID, t.Arm, r.Attempted, planned)
	}
	noted := found[t.ID].Accounting
	if noted == nil || *noted != r.Counts {
		wrong("trial %d (%s): trial.json counts %+v, its rows %+v", t.ID, t.Arm, noted, r.Counts)
	}
}

// history is what rows tell. Attempts that failed and were followed by one that didn't are not told apart from others that
// ended well: the load here has no task that fails.
func history(rows []results.Task) []accounting.Event {
	var out []accounting.Event
	for _, t := range rows {
		task := uint64(t.Seq)
		out = append(out, accounting.Event{Task: task, Kind: accounting.Attempt})
		if t.Acked > 0 {
			out = append(out, accounting.Event{Task: task, Kind: accounting.Acknowledge})
		}
		end := accounting.Complete
		if t.Outcome == results.OutcomeFailed {
			end = accounting.DeadLetter
		}
		for range t.Attempts {
			out = append(out, accounting.Event{Task: task, Kind: end})
		}
	}
	return out
}

// lastOf is the end of a text, in one line.
func lastOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return text[max(len(text)-wrongLimit, 0):]
}
