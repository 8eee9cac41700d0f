package site

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// Machines disagree where at least half of the variance between them isn't chance (Higgins and others 2003, doi:10.1136/bmj.327.7414.557, call 50 %
// moderate), and chance would rarely make such differences: of few machines, I² alone is often large.
const (
	disagreement = 0.5
	rare         = 0.05
)

// widest is how wide an interval may be that reproduces another, high over low: a wide one agrees with anything.
const widest = 1.5

// Like reports whether two machines are so alike that their ratios should agree: system, architecture, CPU model, number of CPUs, and whether
// under a hypervisor. Memory and kernel may differ.
func Like(a, b results.Machine) bool {
	return a.OS == b.OS && a.Arch == b.Arch && a.CPU == b.CPU && a.CPUs == b.CPUs && a.Hypervisor == b.Hypervisor
}

// machine identifies a machine as well as a bundle can: two alike of one signer count as one.
func machine(e *Entry) string {
	m := e.Run.Machine
	return fmt.Sprint(m.OS, "\x00", m.Arch, "\x00", m.CPU, "\x00", m.CPUs, "\x00", m.Hypervisor, "\x00", e.Signer)
}

// reproduces reports whether other, which is verified, is another signer's on a like machine, and agrees.
func (r Result) reproduces(other Result) bool {
	a, b := r.Entry, other.Entry
	narrow := func(i stats.Interval) bool { return i.High <= widest*i.Low }
	return a.Tier == Verified && b.Tier == Verified && a.Signer != "" && b.Signer != "" && a.Signer != b.Signer && Like(a.Run.Machine, b.Run.Machine) &&
		r.usable && other.usable && narrow(r.Compared.Ratio) && narrow(other.Compared.Ratio) && stats.Agree(r.study, other.study)
}

// sum gives each result its tier, and pools the machines.
func (c *Cell) sum() {
	c.Tier = SelfReported
	of := map[string][]stats.Study{}
	var order []string
	for i := range c.Results {
		r := &c.Results[i]
		if slices.ContainsFunc(c.Results, r.reproduces) {
			r.Tier = Reproduced
		}
		if r.Tier.rank() > c.Tier.rank() {
			c.Tier = r.Tier
		}
		if r.Entry.Tier != Verified || !r.usable {
			continue
		}
		m := machine(r.Entry)
		if of[m] == nil {
			order = append(order, m)
		}
		of[m] = append(of[m], r.study)
	}
	slices.SortStableFunc(c.Results, func(a, b Result) int {
		return cmp.Or(b.Tier.rank()-a.Tier.rank(), cmp.Compare(a.Entry.File, b.Entry.File))
	})
	c.Low, c.High = math.Inf(1), 0
	for _, r := range c.Speaking() {
		c.Low, c.High = min(c.Low, r.Compared.Ratio.Estimate), max(c.High, r.Compared.Ratio.Estimate)
	}
	var studies []stats.Study
	for _, m := range order {
		studies = append(studies, stats.Together(of[m]))
	}
	c.Machines = len(studies)
	c.Pooled = stats.Pool(studies)
	c.Disagree = len(studies) > 1 && c.Pooled.I2 >= disagreement && c.Pooled.P < rare
	if c.Disagree && c.Tier == Reproduced {
		c.Tier = Verified // each result keeps its own
	}
}

// Speaking are the results that the row's figures are of: those that a mean can be made of, otherwise all verified ones, and only where none
// is verified the others. A stranger's bundle changes no figure next to a better badge.
func (c Cell) Speaking() []Result {
	for _, speaks := range []func(Result) bool{
		func(r Result) bool { return r.Entry.Tier == Verified && r.usable },
		func(r Result) bool { return r.Entry.Tier == Verified },
	} {
		if out := view.KeepIf(c.Results, speaks); len(out) > 0 {
			return out
		}
	}
	return c.Results
}

// Here is how many of these hold only as measured here.
func (c Cell) Here() int {
	return len(view.KeepIf(c.Speaking(), func(r Result) bool { return r.Compared.Grade == analysis.GradeHere }))
}

// Side is what a cell says of the candidate, as a class of style: cand for better, base for worse, or none where that isn't sure. One result says
// what its verdict does, and several what the interval of their mean does.
func (c Cell) Side() string {
	speaking := c.Speaking()
	low, high := c.Pooled.Low, c.Pooled.High
	switch {
	case c.Disagree:
		return "none"
	case c.Machines < 2 && len(speaking) == 1:
		return view.SideClass(view.Winner(speaking[0].Compared))
	case c.Machines < 2:
		return "none" // no interval speaks for all of them
	case low > 1 == c.HigherIsBetter && (low > 1 || high < 1):
		return "cand"
	case low > 1 || high < 1:
		return "base"
	}
	return "none"
}

// turned is a comparison with its sides exchanged.
func turned(c analysis.Comparison) analysis.Comparison {
	c.Baseline, c.Candidate = c.Candidate, c.Baseline
	c.Ratio, c.Bracketed, c.Verdict = inverse(c.Ratio), inverse(c.Bracketed), opposite(c.Verdict)
	c.Ratios = nil // the site shows none
	return c
}

// inverse is a ratio of the other side over this one.
func inverse(i stats.Interval) stats.Interval {
	i.Estimate, i.Low, i.High = 1/i.Estimate, 1/i.High, 1/i.Low
	return i
}

// opposite is the verdict on the other side.
func opposite(verdict string) string {
	switch verdict {
	case analysis.Faster:
		return analysis.Slower
	case analysis.Slower:
		return analysis.Faster
	}
	return verdict
}
