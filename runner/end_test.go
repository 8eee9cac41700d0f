package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/results"
)

func TestARunNotesHowItEnded(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, results.EndComplete}, {fmt.Errorf("trial 3: %w", context.Canceled), results.EndInterrupted},
		{fmt.Errorf("%w: 2 trials", ErrTimeOver), results.EndTimeOver}, {errors.New("the disk is full"), results.EndFailed},
	} {
		out := t.TempDir()
		for _, id := range []int{1, 2} {
			dir := results.TrialDir(out, id)
			if err := errors.Join(os.MkdirAll(dir, 0o755), results.WriteTrial(dir, results.Trial{ID: id})); err != nil {
				t.Fatal(err)
			}
		}
		s := &session{Options: Options{Out: out}, info: results.Run{ID: "r"}}
		if err := s.noteEnd(tt.err); err != nil {
			t.Fatal(err)
		}
		e, ok, err := results.ReadEnd(out)
		if err != nil || !ok || e.Run != "r" || e.Why != tt.want || !slices.Equal(e.Trials, []int{1, 2}) {
			t.Errorf("after %v: %+v, %t, %v; want %s", tt.err, e, ok, err, tt.want)
		}
		if err := errors.Join(results.RemoveEnd(out), results.RemoveEnd(out)); err != nil {
			t.Error(err)
		}
		if _, ok, err := results.ReadEnd(out); ok || err != nil {
			t.Errorf("a run that goes on has ended: %v", err)
		}
	}
}

// A run that was killed after its last trial and before it noted its end is complete.
func TestAMissingEndIsNotedLater(t *testing.T) {
	out := t.TempDir()
	s := &session{Options: Options{Out: out}}
	if err := s.noteMissingEnd(); err != nil { // nothing ran
		t.Fatal(err)
	}
	dir := results.TrialDir(out, 1)
	if err := errors.Join(os.MkdirAll(dir, 0o755), results.WriteTrial(dir, results.Trial{ID: 1}), results.WriteRun(out, results.Run{ID: "r"}), s.noteMissingEnd()); err != nil {
		t.Fatal(err)
	}
	e, ok, err := results.ReadEnd(out)
	if err != nil || !ok || e.Run != "r" || e.Why != results.EndComplete || !slices.Equal(e.Trials, []int{1}) {
		t.Errorf("%+v, %t, %v", e, ok, err)
	}
	if err := errors.Join(results.WriteEnd(out, results.End{Run: "r", Why: results.EndTimeOver}), s.noteMissingEnd()); err != nil {
		t.Fatal(err)
	}
	if e, _, err := results.ReadEnd(out); err != nil || e.Why != results.EndTimeOver {
		t.Errorf("a noted end is replaced: %+v, %v", e, err)
	}
}
