package trial

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/suite"
)

const (
	dramatiqBegin = "import dramatiq\nfrom dramatiq.brokers.redis import RedisBroker\n\ndramatiq.set_broker(RedisBroker(url=U, namespace='shop'))\n"
	taskiqBegin   = "from taskiq_redis import ListQueueBroker\n\nbroker = ListQueueBroker(U)\n"
	rqBegin       = "from redis import Redis\nfrom rq import Queue\nfrom rq.decorators import job\n\nc = Redis.from_url(U)\n"
	price         = "def price(sku, quantity=1):\n    pass\n"
)

// The hooks say what an application has, why its own client must send, and what leads to its broker, and connect to none.
func TestAnApplicationIsDescribedByItsHook(t *testing.T) {
	for _, tt := range []struct {
		name, framework, broker, source, task string
		// unlike is why the client sends, setting what is replaced, refused the error.
		unlike, setting, refused string
	}{
		{"actor", "dramatiq", "redis", dramatiqBegin + "@dramatiq.actor(queue_name='low', max_retries=1)\n" + price, "price", "", "queues", ""},
		{"actor of a broker with arguments", "dramatiq", "redis",
			"import dramatiq\nfrom dramatiq.brokers.redis import RedisBroker\n\ndramatiq.set_broker(RedisBroker(url=U, heartbeat_timeout=300_000))\n@dramatiq.actor\n" + price, "price", "", "arguments of its broker", ""},
		{"actor of a broker that isn't the global one", "dramatiq", "redis",
			dramatiqBegin + "other = RedisBroker(url=U)\n@dramatiq.actor(broker=other)\n" + price + "@dramatiq.actor\ndef audit():\n    pass\n", "price", "", "", ""},
		{"actor of the broker that is there without any", "dramatiq", "redis", "import dramatiq\n@dramatiq.actor\n" + price, "price", "", "broker", ""},
		{"actor on another kind of broker", "dramatiq", "rabbitmq", dramatiqBegin + "@dramatiq.actor\n" + price, "price", "", "broker", ""},
		{"encoder", "dramatiq", "redis", dramatiqBegin + "dramatiq.set_encoder(dramatiq.PickleEncoder())\n@dramatiq.actor\n" + price, "price", "the application's encoder is PickleEncoder", "", ""},
		{"middleware that sends", "dramatiq", "redis", dramatiqBegin + "class M(dramatiq.Middleware):\n    def before_enqueue(self, broker, message, delay):\n        pass\n\n\ndramatiq.get_broker().add_middleware(M())\n@dramatiq.actor\n" + price,
			"price", "the application has its own code for sending", "", ""},
		{"results", "dramatiq", "rabbitmq", dramatiqBegin + "from dramatiq.results import Results\nfrom dramatiq.results.backends.redis import RedisBackend\n\ndramatiq.get_broker().add_middleware(Results(backend=RedisBackend(url=U)))\n@dramatiq.actor\n" + price,
			"price", "", "result backend", ""},
		{"rate limiter", "dramatiq", "rabbitmq", dramatiqBegin + "from dramatiq.rate_limits.backends.redis import RedisBackend\n\nRedisBackend(url=U)\n", "price", "", "", "its rate limiter needs Redis, which this trial lacks: add --broker redis"},
		{"actor's name", "dramatiq", "redis", dramatiqBegin + "@dramatiq.actor\n" + price, "prise", "", "", "has no such task (did you mean price?)"},
		{"actor that is sent early", "dramatiq", "redis", dramatiqBegin + "@dramatiq.actor\n" + price + "\n\nprice.send('A-1')\n", "price", "", "", "it sends a task while it is loaded"},

		{"task", "taskiq", "redis", taskiqBegin + "@broker.task\nasync " + price, "app:price", "", "broker", ""},
		{"task of a broker with arguments", "taskiq", "redis", "from taskiq_redis import ListQueueBroker\n\nbroker = ListQueueBroker(U, queue_name='low')\n@broker.task\nasync " + price, "app:price", "", "arguments of its broker", ""},
		{"task of several brokers", "taskiq", "rabbitmq", taskiqBegin + "other = ListQueueBroker(U)\n@other.task\nasync " + price + "@broker.task\nasync def a():\n    pass\n@broker.task\nasync def b():\n    pass\n", "app:price", "", "broker", ""},
		{"labels", "taskiq", "redis", taskiqBegin + "@broker.task(priority=3, queue_name='low')\nasync " + price, "app:price", "the task has its own labels, priority, queue_name", "queues", ""},
		{"serializer", "taskiq", "redis", taskiqBegin + "from taskiq.serializers import PickleSerializer\n\nbroker.serializer = PickleSerializer()\n@broker.task\nasync " + price, "app:price", "the application's serializer is PickleSerializer", "", ""},
		{"task's results", "taskiq", "redis", taskiqBegin + "from taskiq_redis import RedisAsyncResultBackend\n\nbroker.with_result_backend(RedisAsyncResultBackend(U))\n@broker.task\nasync " + price, "app:price", "", "result backend", ""},
		{"injected arguments", "taskiq", "redis", taskiqBegin + "from typing import Annotated\n\nfrom taskiq import Context, TaskiqDepends\n\n\n@broker.task\nasync def price(sku, c: Annotated[Context, TaskiqDepends()]):\n    pass\n", "app:price", "", "", ""},
		{"no broker", "taskiq", "redis", "x = 1\n", "app:price", "", "", "app makes no Taskiq broker"},
		{"task's name", "taskiq", "redis", taskiqBegin + "@broker.task(task_name='prices')\nasync " + price, "price", "", "", "has no such task (did you mean prices?)"},

		{"function", "rq", "redis", rqBegin + "q = Queue('low', connection=c)\n\n\n" + price, "app.price", "", "queues", ""},
		{"function with a decorator", "rq", "redis", rqBegin + "@job('low', connection=c)\n" + price, "app.price", "", "", ""},
		{"job's options", "rq", "redis", rqBegin + "@job('low', connection=c, timeout=5, ttl=9)\n" + price, "app.price", "the task has its own timeout, ttl", "", ""},
		{"queue's serializer", "rq", "redis", rqBegin + "q = Queue('low', connection=c, serializer='json')\n\n\n" + price, "app.price", "the queue's serializer is JSONSerializer", "", ""},
		{"queues' serializers", "rq", "redis", rqBegin + "q = Queue('low', connection=c, serializer='json'), Queue(connection=c)\n", "app.price", "", "", "its queues have different serializers"},
		{"queue that runs its jobs itself", "rq", "redis", rqBegin + "q = Queue(connection=c, is_async=False)\n\n\n" + price, "app.price", "", "is_async", ""},
		{"function's name", "rq", "redis", rqBegin + price, "app.prise", "", "", "has no such task (did you mean app.price?)"},
		{"job that is sent early", "rq", "redis", rqBegin + price + "\n\nQueue(connection=c).enqueue(price, 'A-1')\n", "app.price", "", "", "it sends a task while it is loaded"},
	} {
		t.Run(tt.framework+" "+tt.name, func(t *testing.T) {
			c, err := catalog(t).Find(tt.framework)
			if err != nil {
				t.Fatal(err)
			}
			env := environment(t, tt.framework)
			theirs := listen(t)
			dir := brokertest.OpenDir(t)
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			begin := fmt.Sprintf("U = 'redis://%s/0'\n", theirs.Addr())
			if err := os.WriteFile(filepath.Join(dir, "app.py"), []byte(begin+tt.source), 0o644); err != nil {
				t.Fatal(err)
			}
			target := contender.Target{Own: &contender.Own{App: "app", Path: dir}, Env: env, Broker: tt.broker, URL: contender.Nowhere(tt.broker),
				Queue: "tqbench", Processes: 1, Concurrency: 1, CPUs: 1}
			calls := []suite.Call{{Args: []byte(`["A-1"]`), Kwargs: []byte(`{}`)}}
			app, err := Inspect(t.Context(), c, target, tt.task, calls)
			if (err != nil) != (tt.refused != "") || err != nil && !strings.Contains(err.Error(), tt.refused) {
				t.Fatalf("%v, want %q", err, tt.refused)
			}
			var settings []string
			for _, s := range app.Settings {
				settings = append(settings, s.Name)
			}
			if app.Unlike != tt.unlike || tt.setting != "" && !slices.Contains(settings, tt.setting) {
				t.Errorf("the client sends as %q, want %q; replaced are %q, want %q", app.Unlike, tt.unlike, settings, tt.setting)
			}
		})
	}
}

// listen is a server that reports a connection as an error.
func listen(t *testing.T) net.Listener {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			t.Error("the application's own broker got a connection")
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l
}
