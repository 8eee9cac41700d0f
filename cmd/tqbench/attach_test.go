package main

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/results"
)

// somebodys is a broker in use: plant puts others' data there, under the names that the frameworks use, and inventory lists everything on
// it.
type somebodys struct {
	plant     func(t *testing.T, url string)
	inventory func(ctx context.Context, t *testing.T, url string) map[string]string
}

// inventoryLimit is how long a broker may take to list everything.
const inventoryLimit = time.Minute

func inUse() map[string]somebodys {
	return map[string]somebodys{
		"redis":    {plantRedis, redisInventory},
		"postgres": {plantPostgres, postgresInventory},
		"mysql":    {plantMySQL, mysqlInventory},
		"rabbitmq": {plantRabbitMQ, rabbitmqInventory},
		"sqs":      {plantSQS, sqsInventory},
	}
}

// A run on somebody else's broker leaves their data unchanged, byte for byte, and leaves none of ours: matched, as installed, or
// interrupted.
func TestAnAttachedBrokerIsLeftAsItWas(t *testing.T) {
	for _, name := range broker.Names() {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			server, err := broker.Open(t.Context(), name, broker.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			somebody := inUse()[name]
			somebody.plant(t, server.URL())
			// A question that the broker doesn't answer ends this test, and not the whole package.
			inventory := func() map[string]string {
				t.Helper()
				ctx, cancel := context.WithTimeout(t.Context(), inventoryLimit)
				defer cancel()
				return somebody.inventory(ctx, t, server.URL())
			}
			before := inventory()
			unchanged := func(when string) {
				t.Helper()
				after := inventory()
				if maps.Equal(before, after) {
					return
				}
				for _, k := range slices.Sorted(maps.Keys(after)) {
					if before[k] != after[k] {
						t.Errorf("%s: %s is %q and was %q", when, k, after[k], before[k])
					}
				}
				for _, k := range slices.Sorted(maps.Keys(before)) {
					if _, ok := after[k]; !ok {
						t.Errorf("%s: %s is gone", when, k)
					}
				}
			}
			ways := [][]string{nil, {"--defaults"}}
			if name != "redis" && name != "rabbitmq" {
				// Both modes have the same tables; and as installed, Celery takes minutes for these tasks on SQS.
				ways = ways[:1]
			}
			for _, how := range ways {
				dir := t.TempDir()
				load := strings.Replace(small, "tasks: 500", "tasks: 100", 1)
				if name == "mysql" {
					// Two AsyncTasQ workers sometimes deadlock on it, which ends one of them.
					load = strings.Replace(load, "processes: 2", "processes: 1", 1)
				}
				write(t, filepath.Join(dir, "small.yaml"), load)
				cmd, _, stderr := tqbench(t.Context(), t, dir, append([]string{"run", "--scenario", "small.yaml", "--blocks", "1", "--scale", "1", "--broker", name}, how...)...)
				cmd.Env = append(cmd.Env, urlEnv(name)+"="+server.URL())
				if err := cmd.Run(); err != nil {
					t.Fatalf("%v: %s", err, stderr)
				}
				trials, err := results.ReadTrials(filepath.Join(dir, defaultOut))
				if err != nil || len(trials) != 2 {
					t.Fatalf("%d trials (%v)", len(trials), err)
				}
				for _, tr := range trials {
					if !tr.Done() || tr.Sent != 500 || tr.Finished != 500 {
						t.Errorf("%s: %+v %s", tr.Arm, tr.Counts, tr.Reason)
					}
				}
				unchanged(fmt.Sprint("after a run ", how))
			}

			dir := t.TempDir()
			write(t, filepath.Join(dir, "small.yaml"), small)
			cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "100", "--contender", "celery", "--broker", name)
			cmd.Env = append(cmd.Env, urlEnv(name)+"="+server.URL())
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, "workers", func() bool { return strings.Contains(strings.Join(remains(t, dir), "\n"), "celery --app") })
			await(t, "something of the run on the broker", func() bool { return len(inventory()) > len(before) })
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			if code := exit(cmd.Wait()); code != exitInterrupted {
				t.Errorf("exit code %d: %s", code, stderr)
			}
			unchanged("after Ctrl-C")
		})
	}
}

func redisClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func plantRedis(t *testing.T, url string) {
	c, ctx := redisClient(t, url), t.Context()
	for _, err := range []error{
		c.RPush(ctx, "celery", "1", "2", "3").Err(), c.RPush(ctx, "queue:default", "1", "2", "3").Err(), c.RPush(ctx, "tqbench", "1").Err(),
		c.HSet(ctx, "unacked", "tag", `[{"body": ""}, "celery", "celery"]`).Err(), c.ZAdd(ctx, "unacked_index", redis.Z{Score: 1, Member: "tag"}).Err(),
		c.SAdd(ctx, "_kombu.binding.celery", "celery\x06\x16\x06\x16celery").Err(), c.SAdd(ctx, "_kombu.binding.celeryev", "x").Err(),
		c.SAdd(ctx, "_kombu.binding.celery.pidbox", "\x06\x16\x06\x16celery@host.celery.pidbox").Err(),
		c.ZAdd(ctx, "_kombu.binding_deadlines", redis.Z{Score: 1e12, Member: "celery.pidbox"}).Err(), c.Set(ctx, "somebody's", "value", 0).Err(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func redisInventory(ctx context.Context, t *testing.T, url string) map[string]string {
	c, all := redisClient(t, url), map[string]string{}
	keys, err := c.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		// A key may disappear while a run is under way.
		if value, err := c.Dump(ctx, k).Result(); err == nil {
			all[k] = value
		}
	}
	return all
}

func plantPostgres(t *testing.T, url string) {
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context()))
	for _, table := range []string{"task_queue", "dead_letter_queue", "kombu_message", "kombu_queue", "theirs"} {
		if _, err := c.Exec(t.Context(), fmt.Sprintf("CREATE TABLE %[1]s (id SERIAL PRIMARY KEY, said TEXT); INSERT INTO %[1]s (said) VALUES ('1'), ('2'), ('3')", table)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Exec(t.Context(), "CREATE SEQUENCE message_id_sequence; CREATE INDEX idx_task_queue_lookup ON task_queue (said); CREATE INDEX ix_kombu_message_timestamp_id ON kombu_message (said)"); err != nil {
		t.Fatal(err)
	}
}

func postgresInventory(ctx context.Context, t *testing.T, url string) map[string]string {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	all := map[string]string{}
	note := func(what, query string) {
		rows, err := c.Query(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (text string, err error) { return text, row.Scan(&text) })
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range found {
			all[what+" "+text] = "is there"
		}
	}
	const mine = "n.nspname !~ '^(pg_|information_schema)'"
	note("schema", "SELECT nspname::text FROM pg_namespace n WHERE "+mine)
	note("relation", "SELECT n.nspname || '.' || relname || ' ' || relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE "+mine)
	note("type", "SELECT n.nspname || '.' || typname FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace WHERE "+mine)
	note("function", "SELECT n.nspname || '.' || proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE "+mine)
	for _, table := range []string{"task_queue", "dead_letter_queue", "kombu_message", "kombu_queue", "theirs"} {
		note("row of "+table, "SELECT x::text FROM public."+table+" x")
	}
	note("sequence", "SELECT last_value || ' ' || is_called FROM public.message_id_sequence")
	return all
}

func mysqlDB(t *testing.T, url string) *sql.DB {
	t.Helper()
	m := regexp.MustCompile(`^mysql://(\w+):(\w+)@([^/]+)/(\w+)$`).FindStringSubmatch(url)
	if m == nil {
		t.Fatal("the URL has another form")
	}
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = m[1], m[2], "tcp", m[3], m[4]
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func plantMySQL(t *testing.T, url string) {
	db := mysqlDB(t, url)
	for _, table := range []string{"task_queue", "dead_letter_queue", "kombu_message", "kombu_queue", "theirs"} {
		for _, s := range []string{"CREATE TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY, said TEXT)", "INSERT INTO %s (said) VALUES ('1'), ('2'), ('3')"} {
			if _, err := db.ExecContext(t.Context(), fmt.Sprintf(s, table)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func mysqlInventory(ctx context.Context, t *testing.T, url string) map[string]string {
	db, all := mysqlDB(t, url), map[string]string{}
	pairs := func(query string) {
		rows, err := db.QueryContext(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name, value string
			if err := rows.Scan(&name, &value); err != nil {
				t.Fatal(err)
			}
			all[name] = value
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	pairs("SELECT concat('database ', schema_name), default_character_set_name FROM information_schema.schemata")
	pairs("SELECT concat('table ', table_schema, '.', table_name), table_type FROM information_schema.tables WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')")
	pairs("CHECKSUM TABLE task_queue, dead_letter_queue, kombu_message, kombu_queue, theirs")
	return all
}

func plantRabbitMQ(t *testing.T, url string) {
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	for queue, exchange := range map[string]string{"celery": "celery", "default": "asynctasq", "tqbench": "theirs"} {
		if err := ch.ExchangeDeclare(exchange, amqp.ExchangeDirect, true, false, false, false, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := ch.QueueDeclare(queue, true, false, false, false, nil); err != nil {
			t.Fatal(err)
		}
		if err := ch.QueueBind(queue, queue, exchange, false, nil); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := ch.PublishWithContext(t.Context(), exchange, queue, false, false, amqp.Publishing{Body: fmt.Append(nil, i), DeliveryMode: amqp.Persistent}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// rabbitmqInventory asks the server's own tool, as AMQP can't list this.
func rabbitmqInventory(ctx context.Context, t *testing.T, url string) map[string]string {
	all := map[string]string{}
	for _, args := range [][]string{{"list_queues", "name", "messages_ready", "messages_unacknowledged", "durable"}, {"list_exchanges", "name", "type", "durable"}, {"list_bindings"}} {
		out := brokertest.Rabbitmqctl(ctx, t, url, append([]string{"--quiet", "--no-table-headers"}, args...)...)
		for line := range strings.Lines(out) {
			all[args[0]+" "+line] = "is there"
		}
	}
	return all
}

func sqsClient(t *testing.T, url string) *sqs.Client {
	t.Helper()
	at, err := broker.ParseSQS(url)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(at.Region), config.WithBaseEndpoint(at.Endpoint),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(at.Key, at.Secret, "")))
	if err != nil {
		t.Fatal(err)
	}
	return sqs.NewFromConfig(c)
}

func plantSQS(t *testing.T, url string) {
	c := sqsClient(t, url)
	for _, queue := range []string{"celery", "default", "tqbench"} {
		out, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &queue})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if _, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: out.QueueUrl, MessageBody: aws.String(fmt.Sprint(i))}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func sqsInventory(ctx context.Context, t *testing.T, url string) map[string]string {
	c, all := sqsClient(t, url), map[string]string{}
	queues, err := c.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queues.QueueUrls {
		out, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
		if err == nil {
			all[q] = fmt.Sprint(out.Attributes)
		}
	}
	return all
}
