// Package bisect finds the release that changed a figure, among releases in order of which the last one fails a threshold.
//
// Its one idea: each step compares the first release with one in between, and halves what is left. A step that can't tell is no answer, so
// that what is found may be a range of releases.
package bisect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
)

// Version is the version of bisect.json.
const Version = 1

// Outcomes of a bisection.
const (
	// Found: one release changed the figure.
	Found = "found"
	// Range: one of several releases did, and the steps between them can't tell which.
	Range = "range"
	// Unchanged: the last release doesn't fail.
	Unchanged = "unchanged"
	// Undecided: the data can't tell whether the last release fails, or are spoiled.
	Undecided = "undecided"
)

// Unusable is the outcome of a step whose release can't run. The others are those of gate.Gate.
const Unusable = "unusable"

// Bisection is bisect.json.
type Bisection struct {
	Version int `json:"version"`
	// Question tells bisections apart: only one that asks the same can be continued.
	Question
	// Left are the releases in between that are no candidates, and why.
	Left []Left `json:"left,omitempty"`
	// Steps are in the order in which they ran.
	Steps []Step `json:"steps"`
	// Outcome is Found, Range, Unchanged or Undecided; empty while steps are missing.
	Outcome string `json:"outcome,omitempty"`
	// After is the last release that passes, First the first one that fails. Between are those in between, of a range.
	After   string   `json:"after,omitempty"`
	First   string   `json:"first,omitempty"`
	Between []string `json:"between,omitempty"`
}

// Question is what a bisection asks.
type Question struct {
	// Contender is the queue without a release.
	Contender string `json:"contender"`
	// Releases are the candidates in order, from the good end to the bad one.
	Releases []string `json:"releases"`
	// FailIf are the thresholds, as written.
	FailIf []string `json:"fail_if"`
	// Plan is the hash of what else shapes a step's plan.
	Plan string `json:"plan"`
}

// Same reports whether two bisections ask the same.
func (q Question) Same(other Question) bool {
	return q.Contender == other.Contender && slices.Equal(q.Releases, other.Releases) && slices.Equal(q.FailIf, other.FailIf) && q.Plan == other.Plan
}

// Left is a release that is no candidate.
type Left struct {
	Release string `json:"release"`
	Why     string `json:"why"`
}

// Step is the comparison of the good end with a release.
type Step struct {
	Release string `json:"release"`
	// Folder is that of the step's gate, below the bisection's.
	Folder string `json:"folder"`
	// Outcome is that of the gate, or Unusable; Why says why a release is unusable.
	Outcome string `json:"outcome"`
	Why     string `json:"why,omitempty"`
	// Decisions are the gate's.
	Decisions []gate.Decision `json:"decisions,omitempty"`
	// Blocks is how many blocks it ran, Seconds how long its trials took.
	Blocks  int     `json:"blocks,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// Path is where bisect.json is below an output folder.
func Path(out string) string { return filepath.Join(out, "bisect.json") }

// Write writes bisect.json.
func Write(out string, b Bisection) error { return atomicfile.WriteJSON(Path(out), b) }

// largest is the maximum size of bisect.json in bytes.
const largest = 16 << 20

// Read reads bisect.json.
func Read(out string) (Bisection, error) {
	var b Bisection
	data, err := regular.Read(Path(out), regular.Limit{Kind: "a bisection", Bytes: largest})
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return b, fmt.Errorf("%w: %s: %w", regress.ErrInput, Path(out), err)
	}
	if b.Version != Version || len(b.Releases) < 2 {
		return b, fmt.Errorf("%w: %s is not a bisection of this version of tqbench", regress.ErrInput, Path(out))
	}
	return b, nil
}

// Exists reports whether a folder has a bisection.
func Exists(out string) bool {
	_, err := Read(out)
	return !errors.Is(err, fs.ErrNotExist)
}

// Search runs the steps that are missing, and calls kept with the bisection after each. Step compares the good end with a release.
func (b *Bisection) Search(ctx context.Context, step func(ctx context.Context, release string) (Step, error), kept func(Bisection) error) error {
	for {
		next, ok := b.next()
		if !ok {
			b.conclude()
			return kept(*b)
		}
		s, err := step(ctx, b.Releases[next])
		if err != nil {
			return err
		}
		b.Steps = append(b.Steps, s)
		if err := kept(*b); err != nil {
			return err
		}
	}
}

// outcomes are those of the steps by release; "" is none. The good end passes.
func (b *Bisection) outcomes() []string {
	out := make([]string, len(b.Releases))
	out[0] = regress.Passes
	for _, s := range b.Steps {
		if i := slices.Index(b.Releases, s.Release); i > 0 {
			out[i] = s.Outcome
		}
	}
	return out
}

// Steps is how many steps find the first bad one of n releases, if each step can tell.
func Steps(n int) int {
	steps := 1
	for left := n - 2; left > 0; left /= 2 {
		steps++
	}
	return steps
}

// bounds are the last release that passes before the first one that fails.
func bounds(outcomes []string) (after, first int) {
	first = len(outcomes) - 1
	for i := first; i > 0; i-- {
		if outcomes[i] == regress.Fails {
			first = i
		}
	}
	for i := range first {
		if outcomes[i] == regress.Passes {
			after = i
		}
	}
	return after, first
}

// next is the release of the next step; false if the bisection is over. The bad end is first. Later ones are in the middle of the longest
// stretch without a step, as steps near one that can't tell seldom can. Of two such stretches it is the later one, since a release that
// fails is often far beyond the threshold.
func (b *Bisection) next() (int, bool) {
	all := b.outcomes()
	last := len(all) - 1
	switch all[last] {
	case "":
		return last, true
	case regress.Fails:
	default:
		return 0, false
	}
	after, first := bounds(all)
	best, length, begin := 0, 0, after+1
	for i := after + 1; i <= first; i++ {
		if i < first && all[i] == "" {
			continue
		}
		if n := i - begin; n > 0 && n >= length {
			best, length = begin+(n-1)/2, n
		}
		begin = i + 1
	}
	return best, length > 0
}

// conclude says what the steps found.
func (b *Bisection) conclude() {
	all := b.outcomes()
	switch all[len(all)-1] {
	case regress.Passes:
		b.Outcome = Unchanged
		return
	case regress.Fails:
	default:
		b.Outcome = Undecided
		return
	}
	after, first := bounds(all)
	b.After, b.First, b.Outcome = b.Releases[after], b.Releases[first], Found
	if b.Between = slices.Clone(b.Releases[after+1 : first]); len(b.Between) > 0 {
		b.Outcome = Range
	}
}

// StepOf is a release's step.
func (b Bisection) StepOf(release string) (Step, bool) {
	for _, s := range b.Steps {
		if s.Release == release {
			return s, true
		}
	}
	return Step{}, false
}
