package report

import (
	"fmt"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// The words of manyBrokers that tests look for.
const (
	tablesCaveat = "Kombu's SQLAlchemy transport, which Celery's documentation no longer lists as a broker (unsupported)"
	leftOutWords = celeryAtMost + ", asynctasq/async at least once"
	celeryAtMost = "celery/prefork delivers at most once here"
	deadlock     = "worker 1 of 2 ended during the trial (exit code 1): pymysql.err.OperationalError: (1213, 'Deadlock found when " +
		"trying to get lock; try restarting transaction')"
	notStarted = "rabbitmq-server was not ready within 60 s: {error,eaddrinuse}"
)

// manyBrokers is the fixture on five brokers: as it is on Redis; on PostgreSQL one side promises less; on MariaDB, which
// the plan calls mysql, workers of one side died; RabbitMQ did not start; and SQS is an emulator.
func manyBrokers() analysis.Analysis {
	a := fixture()
	redis := a.Comparisons
	a.Run.Brokers = append(a.Run.Brokers,
		results.Broker{Name: "postgres", Product: "PostgreSQL", Version: "17.6", Settings: []results.Setting{
			{Name: "synchronous_commit", Value: "on", Default: "on", Why: "an acknowledged task is on disk"},
		}},
		results.Broker{Name: "mysql", Product: "MariaDB", Version: "11.8.3"},
		results.Broker{Name: "rabbitmq", Product: "RabbitMQ", Version: "4.1.4", Attached: true},
		results.Broker{Name: "sqs", Product: "MiniStack (SQS emulator)", Version: "unknown"},
	)
	for n, b := range []struct {
		broker string
		factor float64
	}{{"postgres", 0.21}, {"mysql", 0.17}, {"sqs", 0.043}} {
		for i, c := range redis {
			a.Comparisons = append(a.Comparisons, onBroker(b.broker, n+i+1, c, b.factor))
		}
	}
	a.Method.Family = 32
	setups := a.Run.Contenders
	a.Run.Contenders = nil
	for _, arm := range setups {
		for _, b := range a.Run.Brokers {
			a.Run.Contenders = append(a.Run.Contenders, setupOn(b.Name, arm))
			a.Cells = append(a.Cells, cellOn(b.Name, arm))
		}
	}
	for i := range a.Trials {
		if a.Trials[i].ID > 12 {
			continue
		}
		for n, broker := range []string{"postgres", "mysql", "sqs"} {
			a.Trials = append(a.Trials, trialOn(broker, 13*(n+1), a.Trials[i]))
		}
	}
	for i, arm := range []string{baseArm, candArm} {
		a.Trials = append(a.Trials, analysis.TrialRow{Trial: results.Trial{
			ID: 60 + i, Block: 1, Scenario: "throughput", Broker: "rabbitmq", Contender: arm, Arm: arm, Reason: notStarted,
		}})
	}
	a.Planned = len(a.Trials)
	return a
}

// onBroker makes a comparison on another broker of one on Redis.
func onBroker(broker string, n int, c analysis.Comparison, factor float64) analysis.Comparison {
	c.Broker, c.Flags = broker, nil
	base, ratio := c.Baseline.Estimate*factor, c.Ratio.Estimate
	if broker == "mysql" && c.Deciding {
		c.Verdict, c.NeedBlocks = analysis.NoData, 0
	}
	if c.Deciding && (broker == "postgres" || broker == "mysql") {
		c.Deciding, c.NotCounted = false, leftOutWords
	}
	c.Intervals, c.Tests, c.Effects, c.Ratios = nil, nil, nil, nil
	values := c.Baseline.Values
	c = fixtureComparison(n, c, base, ratio, 0.03)
	if broker == "mysql" && c.Verdict == analysis.NoData {
		// One side has its figures all the same.
		for _, v := range values {
			c.Baseline.Values = append(c.Baseline.Values, v*factor)
		}
		c.Baseline.Estimate, c.Baseline.Low, c.Baseline.High = base, base*0.97, base*1.02
		c.Ratio, c.Blocks, c.CorrectedP = analysis.Interval{}, 0, 1
	}
	if c.NotCounted != "" {
		c.Sentence += " It does not count in the answer: " + c.NotCounted + "."
	}
	return c
}

func setupOn(broker string, s results.Setup) results.Setup {
	s.Broker, s.Scenario, s.Delivery = broker, "throughput", results.AtLeastOnce
	s.Guarantee = "at least once: acknowledged after execution (" + broker + ")"
	s.Settings = append([]results.Setting{}, s.Settings...)
	switch {
	case s.Contender == candArm:
		s.Command = append(append([]string{}, s.Command...), "--driver", broker)
	case broker == "postgres" || broker == "mysql":
		s.Delivery, s.Caveat = results.AtMostOnce, tablesCaveat
		s.Guarantee = "at most once: a row is marked taken when it is read"
		s.Settings = append(s.Settings, results.Setting{Name: "polling", Value: "every 0.1 s when idle", Default: "every 1 s when idle",
			Why: "as often as the other side"})
	}
	return s
}

func cellOn(broker string, s results.Setup) analysis.Cell {
	s = setupOn(broker, s)
	c := analysis.Cell{
		Scenario: "throughput", Broker: broker, Arm: s.Contender, Planned: 6, Ran: 6, Valid: 6, Status: analysis.CellMeasured,
		Delivery: s.Delivery, Guarantee: s.Guarantee, Caveat: s.Caveat,
	}
	switch {
	case broker == "rabbitmq":
		c.Planned, c.Ran, c.Valid, c.Status, c.Reason = 1, 0, 0, analysis.CellNotRun, notStarted
	case broker == "mysql" && s.Contender == candArm:
		c.Valid, c.Died, c.Status = 0, 6, analysis.CellInvalid
		c.Reason = fmt.Sprintf("a worker ended by itself in %d of %d trials: %s", c.Died, c.Ran, deadlock)
	case broker == "redis" && s.Contender == candArm:
		c.Valid, c.Status = 5, analysis.CellPartly
		c.Reason = "5 of 6 trials are valid: p99 of lateness 14.2 ms, allowed 5 ms"
	}
	return c
}

// trialOn makes a trial on another broker of one on Redis.
func trialOn(broker string, after int, t analysis.TrialRow) analysis.TrialRow {
	t.ID, t.Broker = after+t.ID, broker
	t.Flags = []results.Flag{{Code: results.FlagProducerBound, Detail: "phase client: the producer was 2.1 times as fast as the workers"}}
	if broker == "mysql" && t.Arm == candArm {
		t.Flags = append(t.Flags, results.Flag{Code: results.FlagWorkerDied, Detail: deadlock, Metrics: []string{"*"}})
	}
	return t
}

// hostileProducts puts s where brokers and cells have words of others, and leaves all names by which things belong
// together.
func hostileProducts(a analysis.Analysis, s string) analysis.Analysis {
	for i := range a.Run.Brokers {
		b := &a.Run.Brokers[i]
		b.Product, b.Version = s, s
	}
	for i := range a.Cells {
		c := &a.Cells[i]
		c.Reason, c.Delivery, c.Guarantee, c.Caveat = s, s, s, s+c.Arm
	}
	for i := range a.Run.Contenders {
		c := &a.Run.Contenders[i]
		c.Delivery, c.Guarantee, c.Caveat = s, s, s
	}
	for i := range a.Comparisons {
		if c := &a.Comparisons[i]; c.NotCounted != "" {
			c.NotCounted = s + c.Broker
		}
	}
	return a
}
