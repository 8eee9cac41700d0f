package contender

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
)

// Sources of what follows: asynctasq/drivers/*.py and asynctasq/config.py of 1.7.0.

// The columns of AsyncTasQ's table that its client fills.
const asynctasqColumns = "(queue_name, payload, available_at, status, current_attempt, max_attempts, visibility_timeout_seconds, created_at)"

// asynctasqPoolDefault is the size of its pools of database connections.
const asynctasqPoolDefault = 10

func asynctasqTransport(t Target) (transport, error) {
	switch t.Broker {
	case "redis":
		list := "queue:" + t.Queue
		return transport{
			environ:     map[string]string{"ASYNCTASQ_REDIS_URL": t.URL},
			destination: broker.Destination{Queue: list},
			places:      []broker.Place{{Key: list, Kind: broker.RedisList}, {Key: list + ":processing", Kind: broker.RedisList}},
			leftovers: []broker.Place{{Key: list + ":delayed"}, {Key: list + ":completed"}, {Key: list + ":dead"},
				{Key: list + ":stats:completed"}, {Key: list + ":stats:failed"}},
			delivery: results.AtLeastOnce, guarantee: "while the worker lives: acknowledged after execution; a killed worker's tasks stay in its processing list",
		}, nil
	case "postgres":
		tr := asynctasqTables(t, "POSTGRES")
		// clock_timestamp moves on within a statement: each task has its own time, as one that was sent alone has.
		tr.destination = broker.Destination{Insert: "INSERT INTO task_queue " + asynctasqColumns + " SELECT " + literal(t.Queue) +
			", body, now(), 'pending', 0, 3, 3600, clock_timestamp() FROM unnest($1::bytea[]) AS m(body)"}
		return tr, nil
	case "mysql":
		if _, rest, ok := strings.Cut(t.URL, "://"); ok && strings.Contains(strings.SplitN(rest, "/", 2)[0], "%") {
			return transport{}, fmt.Errorf("%w: AsyncTasQ's MySQL driver takes user and password from the URL as they stand: "+
				"choose some that need no %%-escapes", broker.ErrSetup)
		}
		tr := asynctasqTables(t, "MYSQL")
		tr.destination = broker.Destination{Insert: "INSERT INTO task_queue " + asynctasqColumns + " VALUES",
			Row: "(" + literal(t.Queue) + ", ?, NOW(6), 'pending', 0, 3, 3600, SYSDATE(6))"}
		tr.settings = append(tr.settings, results.Setting{Name: "payload", Value: "BLOB, at most 64 KiB", Default: "BLOB, at most 64 KiB",
			Why: "the framework's table; larger tasks can't be queued"})
		return tr, nil
	case "rabbitmq":
		exchange, environ := "asynctasq", map[string]string{"ASYNCTASQ_RABBITMQ_URL": t.URL}
		if t.Space != "" {
			exchange = t.Space + ".tasks"
			environ["ASYNCTASQ_RABBITMQ_EXCHANGE_NAME"] = exchange
		}
		return transport{
			environ:     environ,
			destination: broker.Destination{Exchange: exchange, Queue: t.Queue},
			places:      []broker.Place{{Key: t.Queue, Exchange: exchange}},
			leftovers:   []broker.Place{{Key: t.Queue + "_delayed"}},
			settings: []results.Setting{
				{Name: "publisher confirms", Value: "on", Default: "on", Why: "the framework has no other; the client waits for each"},
				{Name: "fetching", Value: "basic.get, one task a round trip", Default: "basic.get, one task a round trip",
					Why: "the framework has no other; its prefetch count has no effect"},
			},
			delivery: results.AtLeastOnce, guarantee: "acknowledged after execution; a killed worker's tasks come back at once",
		}, nil
	case "sqs":
		at, err := broker.ParseSQS(t.URL)
		if err != nil {
			return transport{}, err
		}
		env := at.Environ()
		env["ASYNCTASQ_SQS_REGION"] = at.Region
		if at.Endpoint != "" {
			env["ASYNCTASQ_SQS_ENDPOINT_URL"] = at.Endpoint
		}
		return transport{
			environ:     env,
			destination: broker.Destination{Queue: t.Queue},
			places:      []broker.Place{{Key: t.Queue}},
			settings: []results.Setting{
				{Name: "fetching", Value: "one task a call, no long poll", Default: "one task a call, no long poll", Why: "the framework has no other"},
				{Name: "visibility timeout", Value: "3600 s a task", Default: "3600 s a task", Why: "as installed; set by a call of its own after each receipt"},
			},
			delivery: results.AtLeastOnce, guarantee: "deleted after execution; a killed worker's tasks come back after the visibility timeout",
		}, nil
	}
	return transport{}, Supports(asynctasq{}, t.Broker)
}

// asynctasqTables is what PostgreSQL and MySQL have in common.
func asynctasqTables(t Target, name string) transport {
	where := "queue_name = " + literal(t.Queue)
	tr := transport{
		environ:   map[string]string{"ASYNCTASQ_" + name + "_DSN": t.URL},
		prepare:   [][]string{{t.Env.Python, "-m", "asynctasq", "migrate", "--driver", t.Broker}},
		places:    []broker.Place{{Key: "task_queue", Where: where}},
		leftovers: []broker.Place{{Key: "dead_letter_queue", Where: where}},
		settings: []results.Setting{
			{Name: "polling", Value: "every 100 ms when idle", Default: "every 100 ms when idle", Why: "the framework has no other"},
			{Name: "schema", Value: "asynctasq migrate", Default: "none", Why: "the framework's own command, before the first worker"},
		},
		delivery: results.AtLeastOnce, guarantee: "the row is deleted after execution; a killed worker's tasks come back after the visibility timeout (3600 s)",
	}
	pool := asynctasqPoolDefault
	if !t.Defaults {
		// Each held task may want a connection for its acknowledgement while the worker fetches the next.
		pool = max(t.Concurrency+2, asynctasqPoolDefault)
		tr.environ["ASYNCTASQ_"+name+"_MAX_POOL_SIZE"] = strconv.Itoa(pool)
	}
	tr.settings = append(tr.settings, results.Setting{Name: "database connections per process", Value: strconv.Itoa(pool),
		Default: strconv.Itoa(asynctasqPoolDefault), Why: "one for each held task and two to fetch with, so that no acknowledgement waits for another"})
	return tr
}
