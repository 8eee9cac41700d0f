package trial

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// foreign makes a message that calls anything, as another sender to the queue may.
func foreign(t *testing.T, c Config, name, args string) broker.Message {
	t.Helper()
	target := c.Target
	target.Own = &contender.Own{App: "anything"}
	enc, err := c.Contender.Encoder(target)
	if err != nil {
		t.Fatal(err)
	}
	m := broker.Message{Destination: enc.Destination()}
	if m.Body, err = enc.Append(nil, &m.Properties, contender.Task{Name: name, At: time.Now(), ID: contender.UUID([]byte(rand.Text())), Tag: contender.UUID([]byte(rand.Text())),
		Own: &contender.Call{Args: []byte(args), Kwargs: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	return m
}

// Another sender's task in the queue is counted, reported and spoils the trial, for any call: a program of the machine, a function of the
// framework's, a missing one, or one of our tasks with an unused number.
func TestTasksOfOthersAreSeen(t *testing.T) {
	for name, calls := range map[string][][2]string{
		"asynctasq/async":   {{"os.getpid", "[]"}, {"contenders.asynctasq.app.encode", `["noop", 1]`}, {"contenders.asynctasq.app.noop", `["x"]`}, {"contenders.asynctasq.app.noop", "[123456789]"}},
		"asynctasq/process": {{"os.getpid", "[]"}, {"tqbench.probe.now", "[]"}},
		"celery/prefork":    {{"celery.accumulate", "[1, 2]"}, {"os.getpid", "[]"}, {"contenders.celery.app.noop", `["x"]`}, {"contenders.celery.app.noop", "[123456789]"}},
		"celery/threads":    {{"celery.accumulate", "[1, 2]"}, {"os.getpid", "[]"}},
		"dramatiq/threads":  {{"nothing", "[]"}, {"noop", "[123456789]"}},
		"taskiq/async":      {{"nothing", "[]"}, {"noop", "[123456789]"}},
		"taskiq/list":       {{"nothing", "[]"}},
		"rq/fork":           {{"nothing", "[]"}, {"noop", "[123456789]"}},
		"rq/simple":         {{"nothing", "[]"}, {"noop", "[123456789]"}},
		"procrastinate":     {{"nothing", "[]"}, {"builtin:procrastinate.builtin_tasks.remove_old_jobs", "[]"}},
		"river/goroutines":  {{"nothing", "[]"}, {"noop", `["x"]`}, {"noop", "[123456789]"}},
		"asynq/goroutines":  {{"nothing", "[]"}, {"noop", `["x"]`}, {"noop", "[123456789]"}},
		"bullmq/threads":    {{"nothing", "[]"}, {"noop", "[123456789]"}},
		"bullmq/async":      {{"nothing", "[]"}, {"noop", `["x"]`}, {"noop", `{"seq": 1}`}, {"noop", "[123456789]"}},
		"huey/threads":      {{"nothing", "[]"}, {"tqbench.tasks.noop", `["x"]`}, {"tqbench.tasks.noop", "[123456789]"}},
		"huey/processes":    {{"nothing", "[]"}},
		"arq/async":         {{"nothing", "[]"}, {"noop", `["x"]`}, {"noop", "[123456789]"}},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := catalog(t).Find(name)
			if err != nil {
				t.Fatal(err)
			}
			c := configOn(t, k.Brokers()[0], name, scenario(t, suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 150, Rate: 50}))
			c.Scenario.Limit = suite.Duration(30 * time.Second)
			sent := false
			c.Progress = func(p Progress) {
				if p.Stage != "paced" || sent {
					return
				}
				sent = true
				for _, call := range calls {
					if _, err := c.Broker.Publish(t.Context(), []broker.Message{foreign(t, c, call[0], call[1])}); err != nil {
						t.Error(err)
					}
				}
			}
			r, err := runWatched(t, c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Finished != 150 || r.Sent != 150 || r.Unexpected < int64(len(calls)) || r.Accounting.Unexpected < int64(len(calls)) {
				t.Errorf("%d foreign tasks: %+v, %+v", len(calls), r.Counts, r.Accounting)
			}
			at := slices.IndexFunc(r.Flags, func(f results.Flag) bool { return f.Code == results.FlagUnexpected })
			if at < 0 || !slices.Equal(r.Flags[at].Metrics, []string{"*"}) {
				t.Errorf("flags %+v", r.Flags)
			}
			clean(t)
		})
	}
}
