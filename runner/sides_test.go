package runner_test

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// heldFor is for how long a side is certainly held: one that waits for a second is let go for a moment, and its wait begins somewhat before the
// other's turn.
const heldFor = 700 * time.Millisecond

// lastEnd is when a side's last turn before that time ended, or the first turn of the other began.
func lastEnd(turns, others []results.Turn, at int64) int64 {
	last := others[0].From
	for _, s := range turns {
		if s.To <= at {
			last = max(last, s.To)
		}
	}
	return last
}

// Real servers and real workers of both frameworks: during one side's turn, no task of the other ends; none is lost or runs twice, and
// nothing is left.
func TestSidesTakeTurns(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	for _, broker := range []string{"redis", "postgres", "mysql", "rabbitmq", "sqs"} {
		t.Run(broker, func(t *testing.T) {
			out := t.TempDir()
			s := small(t)
			s.Phases[0].Lasts = suite.Duration(2 * time.Second)
			if broker == "mysql" {
				s.Processes = 1 // two AsyncTasQ workers sometimes deadlock on it, which ends one of them
			}
			p, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{s}, Brokers: []string{broker},
				Contenders: []string{"celery/prefork", "asynctasq/async"}, Blocks: 1, Scale: 1, Seed: 7})
			if err == nil {
				err = suite.WritePlan(out, p)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := runner.Run(t.Context(), runner.Options{Out: out, Builder: builder(t)}); err != nil {
				t.Fatal(err)
			}
			trials, err := results.ReadTrials(out)
			if err != nil || len(trials) != 2 {
				t.Fatalf("%d trials, %v", len(trials), err)
			}
			n, each := p.Scenarios[0].For(broker).Phases[0].TurnsOf()
			for i, x := range trials {
				if !x.Done() || x.Lost+x.Failed+x.Duplicated+x.Unexpected+x.Rejected != 0 || x.Sent != x.Finished {
					t.Fatalf("%s: %s, counts %+v, flags %+v", x.Arm, x.Reason, x.Counts, x.Flags)
				}
				turns, others := x.Phases[0].Turns, trials[1-i].Phases[0].Turns
				if len(turns) != n {
					t.Fatalf("%s had %d turns, want %d: %+v", x.Arm, len(turns), n, x.Flags)
				}
				rows, err := results.ReadTasks(results.TrialDir(out, x.ID))
				if err != nil {
					t.Fatal(err)
				}
				mine, theirs := 0, 0
				for _, r := range rows {
					if in(r.Finished, turns) {
						mine++
					}
					if in(r.Finished, others) && r.Finished-lastEnd(turns, others, r.Finished) < int64(heldFor) {
						theirs++
					}
				}
				if mine == 0 || theirs > 0 {
					t.Errorf("%s: %d tasks ended in its turns, %d in those of the other", x.Arm, mine, theirs)
				}
				for _, s := range turns {
					if time.Duration(s.To-s.From) != each {
						t.Errorf("%s: a turn of %s, want %s", x.Arm, time.Duration(s.To-s.From), each)
					}
				}
				t.Logf("%s on %s: %d tasks in its turns, flags %+v", x.Arm, broker, mine, x.Flags)
			}
			nothingLeft(t)
		})
	}
}

func in(at int64, turns []results.Turn) bool {
	for _, s := range turns {
		if s.From < at && at <= s.To {
			return true
		}
	}
	return false
}
