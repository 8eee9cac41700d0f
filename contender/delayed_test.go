package contender

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
)

// A task that waits for its time, or for its next attempt, is in a place: otherwise nothing would seem to be left to wait for, and the task
// would count as lost. The queues that tqbench makes for such tasks are those that the framework's own client declares.
func TestTasksThatWaitForTheirTimeAreInPlaces(t *testing.T) {
	for _, tt := range []struct {
		framework, broker string
		quorum            bool
		// send sends a task that is due in ten minutes.
		send string
	}{
		{"asynctasq", "redis", false, `await app.noop(1).delay(600).dispatch()`},
		{"asynctasq", "postgres", false, `await app.noop(1).delay(600).dispatch()`},
		{"asynctasq", "mysql", false, `await app.noop(1).delay(600).dispatch()`},
		{"asynctasq", "rabbitmq", false, `await app.noop(1).delay(600).dispatch()`},
		{"asynctasq", "sqs", false, `await app.noop(1).delay(600).dispatch()`},
		{"dramatiq", "redis", false, `app.broker.get_actor("noop").send_with_options(args=(1,), delay=600_000)`},
		{"dramatiq", "rabbitmq", false, `app.broker.get_actor("noop").send_with_options(args=(1,), delay=600_000)`},
		{"rq", "redis", false, `app._queue.enqueue_in(datetime.timedelta(seconds=600), app.NAMES["noop"], 1)`},
		{"taskiq", "rabbitmq", false, `await app._connect(); await app.TASKS["noop"].kicker().with_labels(delay=600).kiq(1)`},
		{"taskiq", "rabbitmq", true, `await app._connect(); await app.TASKS["noop"].kicker().with_labels(delay=600).kiq(1)`},
	} {
		t.Run(fmt.Sprintf("%s on %s quorum %v", tt.framework, tt.broker, tt.quorum), func(t *testing.T) {
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			b, err := broker.Open(t.Context(), tt.broker, broker.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close() })
			d, err := b.Describe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c := first(t, tt.framework)
			target := buildTarget(t, c, tt.broker, d.Product, b.URL())
			target.Quorum = tt.quorum
			setup, err := c.Setup(target)
			if err != nil {
				t.Fatal(err)
			}
			prepare(t, target, setup)
			if err := b.Declare(t.Context(), setup.Places); err != nil {
				t.Fatal(err)
			}
			runAll(t, target, setup, []string{target.Env.Python, "-c", fmt.Sprintf(`
import datetime, importlib
app = importlib.import_module(%q)
async def main():
    %s
app.run(main())`, setup.App, tt.send)})
			if n, err := b.Depth(t.Context(), setup.Places); err != nil || n != 1 {
				t.Errorf("the depth is %d with one task that waits (%v)", n, err)
			}
			if err := b.Purge(t.Context(), slices.Concat(setup.Places, setup.Leftovers)); err != nil {
				t.Error(err)
			}
			if n, err := b.Depth(t.Context(), setup.Places); err != nil || n != 0 {
				t.Errorf("the depth is %d after the purge (%v)", n, err)
			}
		})
	}
}
