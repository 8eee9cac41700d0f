package runner_test

import (
	"context"
	"fmt"
	"os"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// The steps of the commands from code: plan, run, analyse, report. Each writes files that the next one reads.
func Example() {
	if err := measure(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2 trials: asynctasq/async and celery/prefork
	// every task of trial 1 is accounted for: true
	// every task of trial 2 is accounted for: true
	// the report is there: true
}

func measure(ctx context.Context) error {
	out, err := os.MkdirTemp("", "tqbench-example-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)

	scenario, err := suite.Parse("mine.yaml", []byte(`
id: 100
name: mine
title: A small load
question: Does it work?
why: It is an example.
task: noop
processes: 1
concurrency: 4
warmup: {limit: 1s}
phases:
  - {name: drain, arrivals: backlog, producer: wire, tasks: 200}
decide: [throughput]
limit: 30s
`))
	if err != nil {
		return err
	}
	plan, err := suite.NewPlan(suite.Options{
		Scenarios: []suite.Scenario{scenario}, Brokers: []string{"redis"}, Contenders: []string{"asynctasq/async", "celery/prefork"},
		Blocks: 1, Scale: 1, Seed: 1,
	})
	if err != nil {
		return err
	}
	if err := suite.WritePlan(out, plan); err != nil {
		return err
	}
	builder, err := workers.NewBuilder(nil)
	if err != nil {
		return err
	}
	if err := runner.Run(ctx, runner.Options{Out: out, Builder: builder}); err != nil {
		return err
	}
	a, err := analysis.Analyze(out)
	if err != nil {
		return err
	}
	fmt.Printf("%d trials: %s and %s\n", len(a.Trials), plan.Arms[0].Name, plan.Arms[1].Name)
	for _, t := range a.Trials {
		fmt.Printf("every task of trial %d is accounted for: %v\n", t.ID, t.Sent == 200 && t.Finished+t.Failed+t.Lost == t.Sent)
	}
	if err := report.Write(ctx, out, a, report.Options{}); err != nil {
		return err
	}
	_, err = os.Stat(out + "/report/index.html")
	fmt.Println("the report is there:", err == nil)
	return nil
}
