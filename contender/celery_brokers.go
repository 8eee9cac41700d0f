package contender

import (
	"fmt"
	"strconv"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
)

// Sources of what follows: kombu/transport/redis.py, sqlalchemy/, pyamqp.py, SQS.py and virtual/base.py of 5.7.0.

// celeryTransport is a transport with what goes into the app's settings.
type celeryTransport struct {
	transport
	// options are Celery's broker_transport_options.
	options map[string]any
}

// celeryPoll is how often Celery looks for tasks where its transport polls, in seconds: as often as AsyncTasQ does.
const celeryPoll = "0.1"

// sqsPoll is how long Celery waits before it asks SQS again, in seconds.
const sqsPoll = 0.01

// kombuConnections is how many connections to Redis Kombu opens at most.
const kombuConnections = 10

// transport is that of all queues of a target.
func (c celery) transport(t Target) (out celeryTransport, err error) {
	out.transport, err = everyQueue(t, func(t Target) (transport, error) {
		tr, err := c.oneQueue(t)
		if out.options == nil {
			out.options = tr.options
		}
		return tr.transport, err
	})
	if err != nil {
		return out, err
	}
	if t.Broker == "redis" && c.alone() && !t.Defaults {
		// Each thread and greenlet acknowledges by its own connection while others fetch.
		// Source: Channel.max_connections in kombu/transport/redis.py of 5.7.0.
		n := t.Concurrency + kombuConnections
		if out.options == nil {
			out.options = map[string]any{}
		}
		out.options["max_connections"] = n
		out.settings = append(out.settings, results.Setting{Name: "connections per process, at most", Value: strconv.Itoa(n), Default: strconv.Itoa(kombuConnections),
			Why: "one for each task that may be acknowledged at once, beside as many as installed: past them, Kombu raises an error and the task is lost from view (max_connections)"})
	}
	if len(t.Queues) < 2 {
		return out, nil
	}
	order := results.Setting{Name: "order of queues", Value: "in turn", Default: "in turn", Why: "the transport has no other"}
	if t.Broker == "redis" {
		order.Why = "as installed"
		if !t.Defaults {
			// Source: priority_cycle in kombu/utils/scheduling.py of 5.7.0.
			if out.options == nil {
				out.options = map[string]any{}
			}
			out.options["queue_order_strategy"] = "priority"
			order.Value, order.Why = "strictly as listed", "AsyncTasQ has no other (queue_order_strategy)"
		}
	}
	out.settings = append(out.settings, order)
	return out, nil
}

// control and events are what Celery's exchanges for remote control and for events are named after, where a broker isn't
// ours alone.
func (celery) control(t Target) string { return t.Space + ".control" }
func (celery) events(t Target) string  { return t.Space + ".events" }

// exchanges are those that a worker makes beside its queues'. Source: kombu/pidbox.py of 5.7.0.
func (c celery) exchanges(t Target) []string {
	return []string{c.control(t) + ".pidbox", "reply." + c.control(t) + ".pidbox", c.events(t)}
}

// oneQueue is the transport of a target with one queue.
func (c celery) oneQueue(t Target) (celeryTransport, error) {
	switch t.Broker {
	case "redis":
		unacked, options := "unacked", map[string]any(nil)
		exchanges := []string{t.Queue}
		if t.Space != "" {
			// Whatever other applications hold is not ours to count, to give back or to delete.
			unacked = t.Space + ".unacked"
			options = map[string]any{"unacked_key": unacked, "unacked_index_key": unacked + "_index", "unacked_mutex_key": unacked + "_mutex"}
			exchanges = append(exchanges, c.exchanges(t)...)
		}
		leftovers := []broker.Place{{Key: unacked + "_index"}, {Key: unacked + "_mutex"}}
		for _, x := range exchanges {
			leftovers = append(leftovers, broker.Place{Key: "_kombu.binding." + x}, broker.Place{Key: "_kombu.binding_permanent." + x},
				broker.Place{Key: "_kombu.binding_deadlines", Where: x})
		}
		return celeryTransport{options: options, transport: transport{
			environ: map[string]string{"TQBENCH_BROKER_URL": t.URL},
			// Celery sends no priority unless asked, so one of its four lists is used.
			destination: broker.Destination{Queue: t.Queue},
			places:      []broker.Place{{Key: t.Queue, Kind: broker.RedisList}, {Key: unacked, Kind: broker.RedisHash}},
			leftovers:   leftovers,
			settings: []results.Setting{{Name: "C parser for Redis", Value: "hiredis", Default: "not installed",
				Why: "AsyncTasQ's Redis extra brings it; both clients parse alike"}},
			guarantee: "acknowledged after execution; a killed worker's tasks come back after the visibility timeout",
		}}, nil
	case "postgres", "mysql":
		return c.tables(t), nil
	case "rabbitmq":
		tr := celeryTransport{transport: transport{
			environ:     map[string]string{"TQBENCH_BROKER_URL": t.URL},
			destination: broker.Destination{Queue: t.Queue},
			// Kombu binds the queue to an exchange of its own name; messages go by the default exchange.
			places:    []broker.Place{{Key: t.Queue, Exchange: t.Queue}},
			settings:  []results.Setting{{Name: "fetching", Value: "basic.consume", Default: "basic.consume", Why: "as installed"}},
			guarantee: "acknowledged after execution; a killed worker's tasks come back at once",
		}}
		if t.Space != "" {
			for _, x := range c.exchanges(t) {
				tr.leftovers = append(tr.leftovers, broker.Place{Exchange: x})
			}
		}
		if t.Defaults {
			tr.settings = append(tr.settings, results.Setting{Name: "publisher confirms", Value: "off", Default: "off", Why: "as installed"})
			return tr, nil
		}
		tr.options = map[string]any{"confirm_publish": true}
		tr.settings = append(tr.settings, results.Setting{Name: "publisher confirms", Value: "on", Default: "off",
			Why: "AsyncTasQ's client waits for each (confirm_publish)"})
		return tr, nil
	case "sqs":
		at, err := broker.ParseSQS(t.URL)
		if err != nil {
			return celeryTransport{}, err
		}
		env := at.Environ()
		env["TQBENCH_BROKER_URL"] = at.KombuURL()
		options := map[string]any{"region": at.Region}
		if at.Endpoint != "" {
			options["is_secure"] = at.Secure()
		}
		poll := results.Setting{Name: "polling", Value: "after 1 s when as many tasks are held as may be", Default: "after 1 s when as many tasks are held as may be",
			Why: "as installed"}
		if !t.Defaults {
			// Source: _loop1 in kombu/transport/SQS/__init__.py of 5.7.0.
			options["polling_interval"] = sqsPoll
			poll.Value, poll.Why = fmt.Sprintf("after %g s when as many tasks are held as may be", sqsPoll),
				"Kombu would sit idle for a second each time its workers hold all they may (polling_interval)"
		}
		return celeryTransport{options: options, transport: transport{
			environ:     env,
			destination: broker.Destination{Queue: t.Queue},
			places:      []broker.Place{{Key: t.Queue}},
			settings: []results.Setting{
				{Name: "fetching", Value: "up to 10 tasks a call, long poll of 10 s", Default: "up to 10 tasks a call, long poll of 10 s", Why: "as installed"},
				poll,
				{Name: "visibility timeout", Value: "1800 s a queue", Default: "1800 s a queue", Why: "as installed"},
			},
			guarantee: "acknowledged after execution (deleted); a killed worker's tasks come back after the visibility timeout",
		}}, nil
	}
	return celeryTransport{}, Supports(c, t.Broker)
}

// tables is Kombu's SQLAlchemy transport, which Celery's documentation no longer lists as a broker.
func (c celery) tables(t Target) celeryTransport {
	scheme, id, body := "sqla+postgresql+psycopg2", "nextval('message_id_sequence')", "convert_from(body, 'UTF8')"
	if t.Broker == "mysql" {
		scheme, id, body = "sqla+mysql+pymysql", "NULL", "?"
		if t.Product == broker.MariaDB {
			// SQLAlchemy uses sequences where a server has them.
			id = "NEXTVAL(message_id_sequence)"
		}
	}
	queue := "(SELECT id FROM kombu_queue WHERE name = " + literal(t.Queue) + ")"
	of := "queue_id = " + queue
	tr := celeryTransport{transport: transport{
		environ: map[string]string{"TQBENCH_BROKER_URL": withScheme(scheme, t.URL)},
		prepare: [][]string{{t.Env.Python, "-m", "tqbench.celery_declare", t.Queue}},
		places:  []broker.Place{{Key: "kombu_message", Where: "visible AND " + of}},
		// The transport never deletes a message.
		leftovers: []broker.Place{{Key: "kombu_message", Where: of}, {Key: "kombu_queue", Where: "name = " + literal(t.Queue)}},
		settings: []results.Setting{
			{Name: "transport", Value: "Kombu's SQLAlchemy", Default: "none",
				Why: "the only one for databases; Celery's documentation no longer lists it as a broker (unsupported)"},
		},
		delivery:  results.AtMostOnce,
		caveat:    "Kombu's SQLAlchemy transport, which Celery's documentation no longer lists as a broker (unsupported)",
		guarantee: "a row is marked taken when it is read, whatever the acknowledgement; what a killed worker held is lost",
	}}
	insert := "INSERT INTO kombu_message (id, visible, payload, version, queue_id)"
	if t.Broker == "mysql" {
		tr.destination = broker.Destination{Insert: insert + " VALUES", Row: fmt.Sprintf("(%s, TRUE, %s, 1, %s)", id, body, queue)}
	} else {
		tr.destination = broker.Destination{Insert: fmt.Sprintf("%s SELECT %s, TRUE, %s, 1, %s FROM unnest($1::bytea[]) AS m(body)",
			insert, id, body, queue)}
	}
	poll := results.Setting{Name: "polling", Value: "every 1 s when idle", Default: "every 1 s when idle", Why: "as installed"}
	if !t.Defaults {
		tr.environ["TQBENCH_CELERY_POLL"] = celeryPoll
		poll.Value, poll.Why = "every "+celeryPoll+" s when idle", "as often as AsyncTasQ; no setting can say it, so the app sets it on Kombu's class"
	}
	tr.settings = append(tr.settings, poll)
	if c.pool == "gevent" && t.Broker == "postgres" {
		tr.settings = append(tr.settings, results.Setting{Name: "database driver", Value: "psycopg2, which blocks the loop", Default: "psycopg2, which blocks the loop",
			Why: "as installed: Kombu's queries hold all greenlets of a process meanwhile"})
	}
	return tr
}
