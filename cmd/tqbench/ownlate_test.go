package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/results"
)

// An application that leads to its own broker while it runs is turned to the trial's, or ends its trial.
func TestAnApplicationsOwnBrokerIsNeverTouchedLate(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	theirs := plantBroker(t)
	for _, tt := range []struct {
		side, task, source string
		// refused is the reason of a trial that can't be turned.
		refused string
	}{
		{"dramatiq", "price", `import dramatiq, redis
from dramatiq.brokers.redis import RedisBroker


class Late(dramatiq.Middleware):
    def before_process_message(self, broker, message):
        if message.actor_name == 'price':  # Dramatiq waits half a minute for a worker that ends before it is ready
            broker.client = redis.Redis.from_url(U)


dramatiq.set_broker(RedisBroker(url=U))
dramatiq.get_broker().add_middleware(Late())


@dramatiq.actor
def price(sku):
    pass
`, "shop would connect to " + theirs.address + "/0, not to the trial's broker: it sets its broker late"},
		{"rq/simple", "shop.price", `from redis import Redis
from rq import Queue

c = Redis.from_url(U)
q = Queue('low', connection=c)


def audit():
    pass


def price(sku):
    with c.pipeline() as pipe:
        q.enqueue(audit, pipeline=pipe)
        pipe.execute()
`, "shop would connect to " + theirs.address + "/0, not to the trial's broker: it sets its broker late"},
		{"taskiq/list", "shop:price", `from taskiq_redis import ListQueueBroker

broker = ListQueueBroker(U)


@broker.task
async def audit():
    pass


@broker.task
async def price(sku):
    other = ListQueueBroker(U, queue_name='other')
    await other.startup()
    await audit.kicker().with_broker(other).kiq()
`, ""},
	} {
		t.Run(tt.side, func(t *testing.T) {
			t.Parallel() // a run mostly waits
			dir := t.TempDir()
			write(t, filepath.Join(dir, "shop.py"), fmt.Sprintf("U = %q\n", theirs.URL())+tt.source)
			write(t, filepath.Join(dir, "calls.json"), `[["A-1"]]`)
			framework, _, _ := strings.Cut(tt.side, "/")
			before := theirs.connections(t)
			cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--blocks", "1", "--scale", "0.01", "--contender", tt.side,
				"--app", framework+"=shop", "--task", tt.task, "--calls", "calls.json")
			err := cmd.Run()
			theirs.untouched(t, before)
			if tt.refused != "" {
				if code := exit(err); code != exitInvalid || !strings.Contains(stderr.String(), tt.refused) {
					t.Errorf("exit code %d: %s", code, stderr)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			trials, err := results.ReadTrials(filepath.Join(dir, defaultOut))
			if err != nil || len(trials) != 1 {
				t.Fatalf("%d trials (%v)", len(trials), err)
			}
			if tr := trials[0]; tr.Finished != 300 || tr.Duplicated != 0 || tr.Unexpected != 0 || tr.Followed != 300+tr.Warmup.Tasks {
				t.Errorf("%+v, %s", tr.Counts, tr.Reason)
			}
		})
	}
}
