package trial

import (
	"testing"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// The accounting balances for any mixture of outcomes.
func TestCountsBalance(t *testing.T) {
	l := &ledger{}
	warm := l.open("warm-up", 3, false)
	s := l.open("drain", 7, true)
	for i := range 5 { // the sixth is refused, and what became of the seventh is unknown
		s.record(i, 1, 2, 3)
	}
	s.record(5, 1, 2, 0)
	s.record(6, 1, 2, loadgen.Unknown)
	note := func(seq int64, outcome uint8) {
		l.note(results.Probe{Seq: uint64(seq), Started: 4, Finished: 5, Outcome: outcome, Version: results.ProbeVersion})
	}
	note(warm.first, results.ProbeOK)
	note(s.first, results.ProbeOK)
	note(s.first+1, results.ProbeFailed)
	note(s.first+1, results.ProbeOK) // retried
	note(s.first+2, results.ProbeOK)
	note(s.first+2, results.ProbeOK) // twice
	note(s.first+3, results.ProbeFailed)
	note(999, results.ProbeOK) // never sent
	want := results.Counts{Sent: 5, Rejected: 2, Finished: 3, Failed: 1, Lost: 1, Duplicated: 1, Unexpected: 1}
	account := accounting.Counts{Attempted: 7, Acknowledged: 5, Rejected: 1, Unknown: 1, Once: 2, Duplicated: 1, DeadLettered: 1, Lost: 1, Unexpected: 1}
	if got, a := l.counts(); got != want || a != account || a.Check() != nil {
		t.Errorf("%+v, want %+v; %+v, want %+v", got, want, a, account)
	}
	if s.done.Load() != 4 {
		t.Errorf("%d done, want 4", s.done.Load())
	}
	rows := l.rows([]suite.Share{{Kind: "noop"}})
	if len(rows) != 7 || rows[6].Acked != 0 || rows[6].Outcome != results.OutcomeRejected || rows[1].Attempts != 2 || rows[1].Outcome != results.OutcomeFinished || rows[5].Outcome != results.OutcomeRejected {
		t.Errorf("%+v", rows)
	}
	if cap(rows) != 7 {
		t.Errorf("room for %d rows", cap(rows))
	}
	// A task that the broker seemed to refuse and that ran was sent.
	note(s.first+5, results.ProbeOK)
	note(s.first+6, results.ProbeOK)
	want.Sent, want.Rejected, want.Finished = 7, 0, 5
	account.Rejected, account.Unknown, account.Recovered = 0, 2, 2
	if got, a := l.counts(); got != want || a != account || a.Check() != nil {
		t.Errorf("%+v, want %+v; %+v, want %+v", got, want, a, account)
	}
}
