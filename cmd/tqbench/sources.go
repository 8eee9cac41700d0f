package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// finder finds and fixes where a release comes from.
type finder func(r workers.Release, written string) (workers.Source, error)

// finding is a finder for a command.
func finding(cmd *cobra.Command) finder {
	return func(r workers.Release, written string) (workers.Source, error) {
		b, err := newBuilder(cmd)
		if err != nil {
			return workers.Source{}, err
		}
		return b.Find(cmd.Context(), r, written)
	}
}

// fixSources replaces the contenders that name a repository's revision or a wheel by names with a hash of it.
func (o *planOptions) fixSources() error {
	for i, name := range o.contenders {
		of, written, _ := strings.Cut(name, suite.ReleaseMark)
		if !workers.IsSource(written) {
			continue
		}
		c, err := o.catalog.Find(of)
		if err != nil {
			return err
		}
		r, err := contender.Releasable(c)
		if err != nil {
			return err
		}
		if o.find == nil {
			return fmt.Errorf("%w: %s: a run locks and builds another release itself: leave out %s%s", errUsage, name, suite.ReleaseMark, written)
		}
		found, err := o.find(r, written)
		if err != nil {
			return err
		}
		r.Version = found.Release()
		o.contenders[i] = of + suite.ReleaseMark + r.Version
		s := suite.Source{Framework: r.Framework, Release: r.Version, From: found.From, Revision: found.Revision, Commit: found.Commit, SHA256: found.SHA256}
		if !slices.ContainsFunc(o.sources, func(have suite.Source) bool { return have.Framework == s.Framework && have.Release == s.Release }) {
			o.sources = append(o.sources, s)
		}
	}
	return nil
}
