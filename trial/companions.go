package trial

import (
	"context"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/mockapi"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// companion watches a trial's load from outside, with any measure, and reports at the end.
type companion interface {
	// warm is called after the warm-up: results leave out what was seen before.
	warm(ctx context.Context) error
	// conclude records what was seen, when the workers have ended.
	conclude(ctx context.Context, rec *recorder) error
}

// serve starts the services that the scenario's tasks use.
func (r *run) serve(ctx context.Context) error {
	switch r.Scenario.Service {
	case suite.MockAPI:
		api, err := mockapi.Start(ctx)
		if err != nil {
			return NotRun("%w", err)
		}
		r.cleanUp.add(func(error) error { api.Close(); return nil })
		r.box.api = api.URL
		r.companions = append(r.companions, &charges{api: api})
	case suite.Database:
		database, err := broker.Open(ctx, "postgres", broker.Options{})
		if err != nil {
			return NotRun("the database for the tasks: %w", err)
		}
		r.cleanUp.add(func(error) error { return database.Close() })
		r.box.database = database.URL()
	}
	r.box.redact = r.box.redactor()
	r.cleanUp.add(func(err error) error {
		if err == nil || r.fleet.group != nil {
			return nil // the starter of workers keeps their logs
		}
		return r.box.keepLogs()
	})
	r.rec.tell("start", 0, 0)
	return nil
}

// subscribe begins to read the workers' events, if the scenario asks for it.
func (r *run) subscribe(ctx context.Context) error {
	if r.Scenario.Events != suite.EventsConsumed {
		return nil
	}
	if r.setup.Events == nil {
		return NotRun("%s publishes no events", r.Contender.Name())
	}
	// The harness connects directly, not through a proxy between workers and broker.
	s, err := subscribe(ctx, r.Broker.URL(), *r.setup.Events, r.Clock)
	if err != nil {
		return NotRun("%w", err)
	}
	r.cleanUp.add(func(error) error { _ = s.close(); return nil })
	r.companions = append(r.companions, &consumed{subscriber: s, ledger: r.ledger})
	return nil
}

// consumed is the events that are read while the workers publish them.
type consumed struct {
	*subscriber
	ledger *ledger
}

func (c *consumed) warm(context.Context) error { return nil }

func (c *consumed) conclude(ctx context.Context, rec *recorder) error {
	if err := c.finish(ctx); err != nil {
		return spoiled(ctx, err)
	}
	for name, v := range c.values(rec.result.Phases, c.ledger.finished()) {
		rec.value(name, v)
	}
	return nil
}

// charges is what the tasks' service charged.
type charges struct {
	api *mockapi.Process
	// before is what it charged for the warm-up's orders.
	before mockapi.Stats
}

func (c *charges) warm(ctx context.Context) (err error) {
	c.before, err = c.api.Stats(ctx)
	return err
}

func (c *charges) conclude(ctx context.Context, rec *recorder) error {
	st, err := c.api.Stats(ctx)
	if err != nil {
		return err
	}
	rec.value(metric.APIAdded, st.AddedP99Ms)
	charged, twice := st.Charged-c.before.Charged, st.Twice-c.before.Twice
	if charged == 0 {
		return nil
	}
	rec.value(metric.ChargedTwice, float64(twice))
	rec.value(metric.Declined, float64(st.Declined-c.before.Declined))
	if twice > 0 {
		rec.addFlag(results.FlagDuplicated, "*", results.Fact{Check: results.CheckCharges, Count: twice, Of: charged})
	}
	return nil
}
