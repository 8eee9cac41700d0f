package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// prepareDatabase builds the ORMs and notes the database's version, for scenarios with a database. A machine without PostgreSQL can run the
// others: trials that need it say why they did not run.
func (s *session) prepareDatabase(ctx context.Context, info *results.Run) error {
	if !slices.ContainsFunc(s.plan.Scenarios, func(sc suite.Scenario) bool { return sc.Service == suite.Database }) {
		return nil
	}
	var err error
	if s.orms, err = s.Builder.Build(ctx, "orm"); err != nil {
		return err
	}
	addSoftware(info, s.orms.Versions...)
	b, err := broker.Open(ctx, "postgres", broker.Options{})
	if errors.Is(err, broker.ErrSetup) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("try the database: %w", err)
	}
	d, err := b.Describe(ctx)
	if err = errors.Join(err, b.Close()); err != nil {
		return fmt.Errorf("try the database: %w", err)
	}
	addSoftware(info, results.Software{Name: d.Product + " beside the workers", Version: d.Version})
	return nil
}

// addSoftware notes each version once.
func addSoftware(info *results.Run, versions ...results.Software) {
	for _, v := range versions {
		if !slices.Contains(info.Software, v) {
			info.Software = append(info.Software, v)
		}
	}
}
