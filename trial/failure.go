package trial

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
)

// failureLimit is how many bytes of a worker's note are read, and failureShown how many characters of the exception are kept.
const (
	failureLimit = 4 << 10
	failureShown = 300
)

// firstFailure is the earliest failure of a task that a worker noted, without secrets; nil if there is none. A note is the workers' word
// alone: one that can't be read counts as none.
func (b *sandbox) firstFailure() *results.Failure {
	notes, _ := glob.In(b.folder, "*.failure") // the pattern is valid
	var first *results.Failure
	var at time.Time
	for _, path := range notes {
		info, err := os.Lstat(path)
		if err != nil || first != nil && !info.ModTime().Before(at) {
			continue
		}
		data, err := regular.ReadUnlinked(path, regular.Limit{Kind: "a note of a failure", Bytes: failureLimit})
		if err != nil {
			continue
		}
		if f := failureOf(b.redact.Bytes(data)); f != nil {
			first, at = f, info.ModTime()
		}
	}
	return first
}

// failureOf reads a note: the exception, and on a line after it where it was raised. It returns nil for an empty one.
func failureOf(note []byte) *results.Failure {
	note = bytes.ToValidUTF8(note, []byte("?"))
	words, rest, _ := bytes.Cut(note, []byte("\n"))
	f := results.Failure{Error: text.Clean(string(words), failureShown)}
	if f.Error == "" {
		return nil
	}
	place, ok := strings.CutPrefix(strings.TrimSpace(string(rest)), "in ")
	if at := strings.LastIndex(place, ", line "); ok && at > 0 {
		if _, err := fmt.Sscanf(place[at:], ", line %d", &f.Line); err == nil && f.Line > 0 {
			f.File = text.Clean(place[:at], failureShown)
		} else {
			f.Line = 0
		}
	}
	return &f
}

// flagFailed flags a trial whose tasks failed. A failure of one of our tasks is one of the framework or the machine, and spoils the trial. A
// user's own task may fail: the trial counts, unless a phase had no success.
func (r *run) flagFailed() {
	c := r.rec.result.Counts
	if c.Failed == 0 {
		return
	}
	var why results.Failure
	if f := r.rec.result.Failure; f != nil {
		why = *f
	}
	add := func(metrics string, f results.Fact) {
		f.Check, f.File, f.Line = results.CheckTasks, why.File, why.Line
		r.rec.addFlagOf(results.FlagFailed, metrics, why.Error, f)
	}
	all := results.Fact{Count: c.Failed, Of: c.Sent + c.Rejected}
	if r.Scenario.Own == nil || c.Finished == 0 {
		add("*", all)
		return
	}
	for _, f := range r.ledger.fruitless() {
		add("*", f)
	}
	add("", all)
}

// fruitless are the measured phases in which tasks failed and none succeeded.
func (l *ledger) fruitless() []results.Fact {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var phases []*tally
	for _, s := range l.spans {
		if s.measured && !slices.Contains(phases, s.tally) {
			phases = append(phases, s.tally)
		}
	}
	var out []results.Fact
	for _, t := range phases {
		var c results.Counts
		for _, s := range t.spans {
			s.count(&c, &accounting.Counts{}, nil)
		}
		if c.Failed > 0 && c.Finished == 0 {
			out = append(out, results.Fact{Phase: t.name, Count: c.Failed, Of: c.Sent + c.Rejected})
		}
	}
	return out
}
