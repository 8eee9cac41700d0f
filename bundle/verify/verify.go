// Package verify checks a bundle that anyone may have made.
//
// It derives what can be derived again: the plan from the suite and the seed, the counts of each trial from its tasks, the analysis from the
// records. What it can't see is whether the records were measured as they say: see docs/publishing.md.
package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/sshsig"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// Outcome is the result of a check.
type Outcome string

// The outcomes.
const (
	// Right is what a check found as it should be.
	Right Outcome = "ok"
	// Note is for the reader to know, and no reason to refuse.
	Note Outcome = "note"
	// Unchecked is what another version of tqbench has to check.
	Unchecked Outcome = "unchecked"
	// Wrong is why a bundle is refused.
	Wrong Outcome = "refused"
)

// The checks.
const (
	Content    = "files"
	Plan       = "plan"
	Trials     = "trials"
	Accounting = "accounting"
	Phases     = "phases"
	Analysis   = "analysis"
	Versions   = "versions"
	Signature  = "signature"
)

// Finding is what a check found, in a sentence without a path of this machine.
type Finding struct {
	Check   string  `json:"check"`
	Outcome Outcome `json:"outcome"`
	Text    string  `json:"text"`
}

// Report is what is known of a bundle.
type Report struct {
	Bundle   bundle.Bundle
	Findings []Finding
	// Analysis is the one in the bundle. It is the one that its records give only if the bundle is verified.
	Analysis analysis.Analysis
	// Plan is the bundle's, empty where it can't be read.
	Plan suite.Plan
	// Signed has the key of a good signature; its signers are known with a list of allowed ones.
	Signed sshsig.Signed
}

// Verified reports whether nothing is wrong, and nothing was left unchecked.
func (r Report) Verified() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Outcome == Wrong || f.Outcome == Unchecked })
}

// Of are the findings of an outcome.
func (r Report) Of(o Outcome) []Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Outcome != o })
}

// checker is a check under way.
type checker struct {
	*Report
	// dir has the extracted files.
	dir string
	// version, suite and catalog are this tqbench's.
	version string
	suite   []suite.Scenario
	catalog *contender.Catalog
	run     results.Run
	trials  []results.Trial
	end     results.End
	ended   bool
	// decoded tells that the bundle's analysis can be read.
	decoded bool
}

func (c *checker) note(check string, o Outcome, format string, args ...any) {
	// Errors of readers name the folder that the bundle was extracted into.
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), c.dir+string(os.PathSeparator), "")
	c.Findings = append(c.Findings, Finding{check, o, strings.ReplaceAll(text, c.dir, "the bundle")})
}

// Options are how to check a bundle.
type Options struct {
	// Allowed is a file of allowed signers, in OpenSSH's format; with it, a bundle needs a signature of one of them, unless that is Optional.
	Allowed  string
	Optional bool
}

// File checks a bundle, and the signature next to it. An error means that it could not be checked: bundle.ErrFormat, that it is none.
func File(ctx context.Context, file string, o Options) (Report, error) {
	return fileBy(ctx, file, o, runner.Version().Version)
}

// fileBy is File by a tqbench of that version.
func fileBy(ctx context.Context, file string, o Options, version string) (r Report, err error) {
	dir, err := os.MkdirTemp("", "tqbench-verify-")
	if err != nil {
		return r, fmt.Errorf("verify %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c := checker{Report: &r, dir: dir, version: version}
	if c.suite, err = suite.Builtin(); err != nil {
		return r, err
	}
	if c.catalog, err = contender.NewCatalog(); err != nil {
		return r, err
	}
	r.Bundle, err = bundle.Read(ctx, file, dir)
	if err == nil || errors.Is(err, bundle.ErrDamaged) {
		if err := c.signature(ctx, file, o); err != nil {
			return r, err
		}
	}
	switch {
	case errors.Is(err, bundle.ErrDamaged):
		c.note(Content, Wrong, "%v", err)
		return r, nil
	case errors.Is(err, bundle.ErrFormat):
		return r, fmt.Errorf("read %s: %w", file, err)
	case err != nil:
		return r, err
	}
	c.note(Content, Right, "%d files have the sums that the manifest lists", len(r.Bundle.Manifest.Files))
	if !c.read() {
		return r, nil
	}
	for _, check := range []func(context.Context) error{c.content, c.plan, c.planned, c.records, c.versions, c.analysis} {
		if err := context.Cause(ctx); err != nil {
			return r, err
		}
		if err := check(ctx); err != nil {
			return r, err
		}
	}
	return r, nil
}

// largestPlace is how many cells a plan may have in a block: a file of some kilobytes may declare millions.
const largestPlace = 1 << 18

// read reads the documents; false if one can't be read, and there is nothing to check.
func (c *checker) read() bool {
	var err error
	if c.Plan, err = suite.ReadPlan(c.dir); err != nil {
		c.note(Plan, Wrong, "%v", err)
		return false
	}
	if n := len(c.Plan.Scenarios) * len(c.Plan.Brokers) * (len(c.Plan.Arms) + len(c.Plan.Omitted)); n > largestPlace {
		c.note(Plan, Wrong, "it declares %d cells, and %d are read", n, largestPlace)
		return false
	}
	if c.run, err = results.ReadRun(c.dir); err != nil {
		c.note(Trials, Wrong, "%v", err)
		return false
	}
	if c.trials, err = results.ReadTrials(c.dir); err != nil {
		c.note(Trials, Wrong, "%v", err)
		return false
	}
	if c.end, c.ended, err = results.ReadEnd(c.dir); err != nil {
		c.note(Trials, Wrong, "%v", err)
		return false
	}
	if c.Analysis, err = analysis.Read(c.dir); err != nil {
		c.note(Analysis, Wrong, "%v", err)
	}
	c.decoded = err == nil
	return true
}

// content refuses files that no document vouches for.
func (c *checker) content(context.Context) error {
	files, err := bundle.Files(c.dir)
	if err != nil {
		c.note(Content, Wrong, "%v", err)
		return nil
	}
	for _, f := range c.Bundle.Manifest.Files {
		if _, ok := files[f.Path]; !ok && f.Path != bundle.AnalysisName {
			c.note(Content, Wrong, "%s belongs to no trial", f.Path)
		}
		delete(files, f.Path)
	}
	for name := range files {
		c.note(Content, Wrong, "%s is missing, and its trial.json has its sum", name)
	}
	return nil
}

// differs is the outcome of what this tqbench makes otherwise than the bundle has it: wrong if the same tqbench made the bundle.
func (c *checker) differs() Outcome {
	if c.Bundle.Manifest.Tqbench.Version != c.version {
		return Unchecked
	}
	return Wrong
}

// by says which tqbench can check what this one can't.
func (c *checker) by() string {
	return fmt.Sprintf("tqbench %s made it, and this is %s, which can't check it", c.Bundle.Manifest.Tqbench.Version, c.version)
}

// A bundle's analysis may have this many times the bytes of the one that its records give, and this many more: another tqbench may write more.
const (
	largestTimes  = 4
	smallAnalysis = 1 << 20
)

// analysis derives the analysis again and compares it byte by byte.
func (c *checker) analysis(ctx context.Context) (err error) {
	a, err := interrupt.Call(ctx, func() (analysis.Analysis, error) { return analysis.Analyze(c.dir) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		c.note(Analysis, Wrong, "%v", err)
		return nil
	}
	if !c.decoded {
		return nil // it is refused already
	}
	again, err := os.MkdirTemp("", "tqbench-verify-")
	if err != nil {
		return fmt.Errorf("derive the analysis: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(again)) }()
	if err := analysis.Write(again, a); err != nil {
		return err
	}
	made, err := regular.Read(analysis.Path(again), regular.Limit{Kind: "an analysis", Bytes: analysis.Largest})
	if err != nil {
		c.note(Analysis, Wrong, "its records give one that is too large: %v", err)
		return nil
	}
	// One that is much larger isn't of these records, and would be decoded into much more room.
	have, err := regular.Read(analysis.Path(c.dir), regular.Limit{Kind: "an analysis of these records", Bytes: largestTimes*int64(len(made)) + smallAnalysis})
	if errors.Is(err, regular.ErrRefused) {
		c.otherwise(Analysis, fmt.Sprintf("it has many times the %d bytes that the records make it", len(made)))
		return nil
	}
	if err != nil {
		return err
	}
	what, same := difference(have, made)
	m := c.Bundle.Manifest
	switch outcome := c.differs(); {
	case same:
		c.note(Analysis, Right, "derived again from the records, it is the same, bit for bit")
	case outcome == Unchecked:
		c.note(Analysis, Unchecked, "%s: %s", what, c.by())
	case m.System != bundle.System() || m.Go != goVersion():
		c.note(Analysis, Unchecked, "%s: it was made on %s with %s, and this is %s with %s, which may round otherwise: check it there", what, m.System, m.Go, bundle.System(), goVersion())
	default:
		c.note(Analysis, Wrong, "%s", what)
	}
	return context.Cause(ctx)
}
