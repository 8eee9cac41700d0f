package verify

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// plan lays the plan out again.
func (c *checker) plan(context.Context) error {
	hash, err := c.Plan.Hash()
	if err != nil {
		return err
	}
	before := len(c.Of(Wrong)) + len(c.Of(Unchecked))
	if c.run.PlanHash != "" && c.run.PlanHash != hash {
		c.note(Plan, Wrong, "it isn't the plan that the run was made with: its hash is %s, and run.json has %s", hash, c.run.PlanHash)
	}
	if c.run.Seed != c.Plan.Seed {
		c.note(Plan, Wrong, "its seed is %d, and run.json has %d", c.Plan.Seed, c.run.Seed)
	}
	what, err := c.Plan.Deviation(c.suite)
	if err == nil && what == "" {
		what, err = c.offers()
	}
	if err != nil {
		return err
	}
	if what != "" {
		c.otherwise(Plan, what)
	}
	for _, name := range c.Plan.Foreign(c.suite) {
		c.note(Plan, Note, "scenario %s isn't in the suite of this tqbench: plan.json has it as it ran", name)
	}
	if before == len(c.Of(Wrong))+len(c.Of(Unchecked)) {
		c.note(Plan, Right, "seed %d and the suite give its %d trials in their order", c.Plan.Seed, len(c.Plan.Trials))
	}
	return nil
}

// otherwise notes what this tqbench makes otherwise than the bundle has it.
func (c *checker) otherwise(check, what string) {
	if c.differs() == Unchecked {
		what += ": " + c.by()
	}
	c.note(check, c.differs(), "%s", what)
}

// offers names a cell that the plan leaves out or waits for otherwise than its contenders' folders say, or is "". Contenders from outside aren't
// at hand.
func (c *checker) offers() (string, error) {
	for _, s := range c.Plan.Scenarios {
		for _, b := range c.Plan.Brokers {
			if !s.RunsOn(b) {
				continue
			}
			for _, a := range c.Plan.ArmsOf(s) {
				x, err := c.catalog.Find(a.Contender)
				if err != nil || c.fromOutside(a.Contender) {
					continue
				}
				if what, err := c.offer(x, s, b, a); err != nil || what != "" {
					return what, err
				}
			}
		}
	}
	return "", nil
}

// offer is offers for a cell.
func (c *checker) offer(x contender.Contender, s suite.Scenario, b string, a suite.Arm) (string, error) {
	lacks := contender.Lacks(x, b, s)
	if c.Plan.Profile != "" && !contender.IsPython(x) {
		lacks = cmp.Or(c.Plan.Omits(s.Name, b, a.Name), "it can't be profiled")
	}
	switch has := c.Plan.Omits(s.Name, b, a.Name); {
	case lacks == "" && has != "":
		return fmt.Sprintf("it leaves out %s on %s with %s, which can run it", s.Name, b, a.Name), nil
	case lacks != "" && has == "":
		return fmt.Sprintf("it has %s on %s with %s, which can't run it: %s", s.Name, b, a.Name, lacks), nil
	case lacks != "" || !s.KillsWorkers():
		return "", nil
	}
	said, err := contender.Recovers(x, brokername.Family(b), s, c.Plan.Defaults)
	if err != nil {
		return "", err
	}
	want := s.For(b).Waits(said)
	for _, w := range c.Plan.Waits {
		if w.Scenario == s.Name && w.Broker == b && w.Arm == a.Name && suite.Duration(want) == w.Limit {
			return "", nil
		}
	}
	return fmt.Sprintf("it waits for the tasks of killed workers of %s on %s with %s otherwise than its contender.yaml says (%s)", s.Name, b, a.Name, want), nil
}

// fromOutside reports whether a contender is of a folder of the user's.
func (c *checker) fromOutside(name string) bool {
	framework, _, _ := strings.Cut(name, "/")
	return slices.ContainsFunc(c.Plan.Folders, func(f suite.Folder) bool { return f.Framework == framework })
}

// release is the form of a released version of tqbench.
var release = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

// versions says which versions ran, and which of them are known.
func (c *checker) versions(context.Context) error {
	m := c.Bundle.Manifest
	if !release.MatchString(m.Tqbench.Version) {
		c.note(Versions, Note, "tqbench %s made the bundle, which is no release", m.Tqbench.Version)
	}
	if c.run.Tqbench.Version != m.Tqbench.Version {
		c.note(Versions, Note, "tqbench %s measured, and %s made the bundle", c.run.Tqbench.Version, m.Tqbench.Version)
	}
	done := map[[3]string]bool{}
	for _, s := range c.run.Contenders {
		key := [3]string{s.Contender, s.Framework, s.Version}
		if done[key] {
			continue
		}
		done[key] = true
		if err := c.versionOf(s); err != nil {
			return err
		}
	}
	for _, b := range c.run.Brokers {
		where := "of the machine's packages"
		if b.Attached {
			where = "a server that tqbench did not start"
		}
		c.note(Versions, Note, "%s %s is %s", b.Product, b.Version, where)
	}
	return nil
}

// versionOf compares a contender's version with its lock.
func (c *checker) versionOf(s results.Setup) error {
	own := c.Plan.OfOwn()
	x, err := c.catalog.Find(s.Contender)
	if err != nil || own || c.fromOutside(s.Contender) {
		c.note(Versions, Note, "%s %s is the user's own: no lock of tqbench has it", s.Framework, s.Version)
		return nil
	}
	if r, chosen := contender.Release(x); chosen {
		c.chosen(r, s)
		return nil
	}
	locked, known, err := contender.Locked(x)
	if err != nil {
		return err
	}
	if !known || trimmed(locked) != trimmed(s.Version) {
		c.otherwise(Versions, fmt.Sprintf("%s ran %s %s, and tqbench's lock has %s", s.Contender, s.Framework, s.Version, locked))
		return nil
	}
	c.note(Versions, Right, "%s %s is the one of tqbench's lock", s.Framework, s.Version)
	return nil
}

// chosen checks a set-up in a release that was chosen for the run.
func (c *checker) chosen(r workers.Release, s results.Setup) {
	locked := slices.ContainsFunc(c.Bundle.Manifest.Files, func(f bundle.File) bool { return strings.HasPrefix(f.Path, "locks/"+r.String()+"/") })
	source, own := c.Plan.Source(r.Framework, r.Version)
	switch {
	case !locked:
		c.note(Versions, Wrong, "%s has no lock in the bundle", s.Contender)
	case own:
		c.note(Versions, Note, "%s %s is no release: it was made of %s", s.Framework, s.Version, cmp.Or(source.Revision, source.Commit, source.SHA256, "a file"))
	case trimmed(s.Version) != trimmed(r.Version):
		c.note(Versions, Wrong, "%s ran %s %s", s.Contender, s.Framework, s.Version)
	default:
		c.note(Versions, Note, "%s %s was chosen for this run, with its own lock", s.Framework, s.Version)
	}
}

// trimmed is a version without what two ways of writing it may differ in: v1.0 and 1.0.0.
func trimmed(version string) string {
	version = strings.TrimPrefix(version, "v")
	for strings.HasSuffix(version, ".0") {
		version = strings.TrimSuffix(version, ".0")
	}
	return version
}
