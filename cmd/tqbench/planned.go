package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// checksAgain are the checks of a plan that is in its folder already, and of which its command runs one kind. Its applications are loaded by the
// run itself.
func checksAgain(cmd *cobra.Command, at servers, kind func(suite.Plan) error) func(suite.Plan) error {
	return both(kind, both(at.check(cmd), func(p suite.Plan) error { return checkEnv(cmd, p) }))
}

// isNoGate refuses a gate's plan, which has other looks, and copies of revisions.
func isNoGate(p suite.Plan) error {
	if p.Gate != nil {
		return fmt.Errorf("%w: the run there is a gate's: continue it with tqbench gate --resume", runner.ErrInput)
	}
	return nil
}

// unbegun refuses a folder that has trials, unless the rest is to run.
func unbegun(out string, resume bool) func(suite.Plan) error {
	return func(p suite.Plan) error {
		if resume {
			return nil
		}
		done, err := results.ReadTrials(out)
		if err != nil {
			return fmt.Errorf("%w: %w", runner.ErrInput, err)
		}
		return runner.CheckBegun(out, len(done), len(p.Trials))
	}
}

// both is a check that makes the first one, and then the second.
func both(first, second func(suite.Plan) error) func(suite.Plan) error {
	return func(p suite.Plan) error {
		if err := first(p); err != nil {
			return err
		}
		return second(p)
	}
}

// tellPlanIn reports what a folder's plan asks for. Repeated flags must make the same plan. check may refuse it; it may be nil.
func tellPlanIn(cmd *cobra.Command, out string, o *planOptions, check func(suite.Plan) error) error {
	p, err := planIn(cmd, out, o)
	if err != nil {
		return err
	}
	if check != nil {
		if err := check(p); err != nil {
			return err
		}
	}
	tellPlan(cmd.OutOrStdout(), p)
	return nil
}

// planIn is a folder's plan. Repeated flags, as in a repeated command with --resume, must make the same one.
func planIn(cmd *cobra.Command, out string, o *planOptions) (suite.Plan, error) {
	if planFlagGiven(cmd) {
		asked, err := o.plan()
		if err != nil {
			return asked, err
		}
		return sameAs(asked, out)
	}
	p, err := suite.ReadPlan(out)
	if err != nil {
		err = fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	return p, err
}

// reserveAgain reserves a folder that has a plan, to run it, unless check refuses the plan. Repeated flags must make the same plan.
func reserveAgain(cmd *cobra.Command, out string, o *planOptions, check func(suite.Plan) error) (*runner.Lock, error) {
	if _, err := os.Stat(suite.PlanPath(out)); err != nil {
		return nil, notFound(err)
	}
	lock, err := runner.LockFolder(out)
	if err != nil {
		return nil, err
	}
	p, err := planIn(cmd, out, o)
	if err == nil {
		err = check(p)
	}
	if err != nil {
		lock.Release()
		return nil, err
	}
	return lock, nil
}

func planFlagGiven(cmd *cobra.Command) bool {
	return slices.ContainsFunc(planFlags(), cmd.Flags().Changed)
}
