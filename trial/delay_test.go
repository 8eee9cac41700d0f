package trial

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// With a delay in front of the broker, no task reaches a worker and no client gets its answer sooner than the delay allows: none bypasses
// it, such as by a queue's URL in an answer.
func TestNothingBypassesADelay(t *testing.T) {
	const rtt = 4 * time.Millisecond
	// Each broker has a turn; on SQS, where answers name the host, both frameworks have.
	for framework, names := range map[string][]string{"celery": {"redis", "sqs"}, "asynctasq": {"postgres", "mysql", "rabbitmq", "sqs"}} {
		for _, name := range names {
			t.Run(framework+" on "+name, func(t *testing.T) {
				s := scenario(t,
					suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 20, Rate: 10},
					suite.Phase{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 20})
				s.Processes, s.Warmup.Limit, s.Limit = 1, suite.Duration(time.Millisecond), suite.Duration(time.Minute)
				c := configOn(t, name, framework, s)
				k, err := catalog(t).Find(framework)
				if err != nil {
					t.Fatal(err)
				}
				c.Contender = k
				target, err := broker.Address(name, c.Broker.URL())
				if err != nil {
					t.Fatal(err)
				}
				if c.Delay, err = netdelay.Start(t.Context(), target, rtt); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(c.Delay.Close)
				c.RTT = rtt
				c.Target.URL = broker.Through(c.Broker.URL(), c.Delay.Address)
				r, err := Run(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				if r.Sent != 40 || r.Finished != 40 || r.Lost+r.Duplicated+r.Failed != 0 {
					t.Errorf("%+v", r.Counts)
				}
				if err := results.WriteTrial(c.Dir, r); err != nil {
					t.Fatal(err)
				}
				tasks, err := results.ReadTasks(c.Dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, task := range tasks {
					way := time.Duration(task.Started - task.Sent)
					if answer := time.Duration(task.Acked - task.Sent); task.Phase == "client" && answer < rtt {
						t.Errorf("the client had its answer after %s", answer)
					}
					if task.Phase == "paced" && way < rtt/2 {
						t.Errorf("a task was started %s after it was sent", way)
					}
				}
			})
		}
	}
}
