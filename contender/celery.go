package contender

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
)

// celery is Celery with one of its pools.
type celery struct {
	// pool is "prefork", processes below one parent; or "threads" or "gevent", threads or greenlets in each of several
	// workers, which are one process each.
	pool string
	// before acknowledges a task before it is run, as Celery does unless told otherwise; its name has a suffix then.
	before bool
}

// alone tells whether a worker is one process.
func (c celery) alone() bool { return c.pool != "prefork" }

func (c celery) Name() string {
	if c.before {
		return "celery/" + c.pool + earlySuffix
	}
	return "celery/" + c.pool
}

// early is the same pool with its tasks acknowledged before they are run.
func (c celery) early() (Contender, error) {
	c.before = true
	return c, nil
}

func (celery) Framework() string { return "celery" }
func (celery) Brokers() []string { return []string{"redis", "postgres", "mysql", "rabbitmq", "sqs"} }

func (c celery) Setup(t Target) (Setup, error) {
	if err := Supports(c, t.Broker); err != nil {
		return Setup{}, err
	}
	tr, err := c.transport(t)
	if err != nil {
		return Setup{}, err
	}
	pool := t.Processes
	argv := []string{t.Env.Python, "-m", "celery", "--app", c.app(t), "worker", "--queues", strings.Join(t.listened(), ",")}
	conf := map[string]any{}
	settings := []results.Setting{
		{Name: "log level", Value: "WARNING", Default: "WARNING", Why: "as installed; no line per task, as AsyncTasQ writes none"},
		{Name: "events", Value: cmp.Or(t.Events, "off"), Default: "off", Why: t.eventsWhy(" (worker_send_task_events)")},
		{Name: "queue", Value: strings.Join(t.listened(), ", "), Default: "celery", Why: "nothing of ours in a queue that an application may use"},
	}
	if t.Defaults {
		pool = t.CPUs
		processes := results.Setting{Name: "processes", Value: strconv.Itoa(t.CPUs), Default: "one a CPU", Why: "as installed (prefork), beside its parent process"}
		if c.alone() {
			argv = append(argv, "--pool", c.pool)
			pool = 1
			processes = results.Setting{Name: "processes", Value: "1", Default: "1",
				Why: fmt.Sprintf("as installed (%s): one worker command is one process, with as many %s as there are CPUs", c.pool, c.slots())}
		}
		settings = append(settings,
			results.Setting{Name: "acknowledgement", Value: "before execution", Default: "before execution", Why: "as installed"},
			results.Setting{Name: "results", Value: "not stored", Default: "not stored", Why: "as installed: no result backend is set"},
			processes,
			results.Setting{Name: "tasks held per process", Value: c.heldAsInstalled(t), Default: c.heldAsInstalled(t), Why: "as installed (worker_prefetch_multiplier)"},
			results.Setting{Name: "gossip, mingle, heartbeat", Value: "on", Default: "on", Why: "as installed"})
	} else {
		slots, multiplier := pool, t.Concurrency
		if c.alone() {
			slots, multiplier = t.Concurrency, 1
		}
		argv = append(argv, "--pool", c.pool, "--concurrency", strconv.Itoa(slots), "--prefetch-multiplier", strconv.Itoa(multiplier),
			"--without-gossip", "--without-mingle", "--without-heartbeat")
		acknowledged := results.Setting{Name: "acknowledgement", Value: "after execution", Default: "before execution",
			Why: "AsyncTasQ has no other (task_acks_late)"}
		if c.before {
			acknowledged.Value, acknowledged.Why = "before execution", "asked for by the contender's name; all else is as matched (task_acks_late off)"
		}
		conf["task_acks_late"] = !c.before
		conf["task_ignore_result"] = true
		conf["worker_disable_rate_limits"] = true
		conf["worker_enable_remote_control"] = false
		settings = append(settings,
			acknowledged,
			results.Setting{Name: "results", Value: "not stored", Default: "not stored", Why: "AsyncTasQ has no result store (no backend, task_ignore_result)"},
			results.Setting{Name: "retry", Value: fmt.Sprintf("%d attempts, %d s apart", maxAttempts, retryDelay), Default: "none unless the task asks",
				Why: "AsyncTasQ tries any task again; only tasks that the mock API refuses are (autoretry_for)"},
			results.Setting{Name: "rate limits", Value: "off", Default: "on", Why: "AsyncTasQ has none (worker_disable_rate_limits)"},
			results.Setting{Name: "remote control", Value: "off", Default: "on", Why: "AsyncTasQ has none (worker_enable_remote_control)"},
			c.processes(t),
			results.Setting{Name: "tasks held per process", Value: strconv.Itoa(t.Concurrency), Default: "4",
				Why: "the same number on both sides (worker_prefetch_multiplier)"},
			results.Setting{Name: "gossip, mingle, heartbeat", Value: "off", Default: "on", Why: "talk between workers that AsyncTasQ doesn't have"})
	}
	if t.eventsOn() {
		conf["worker_send_task_events"] = true
	}
	exchange := "celeryev"
	if t.Space != "" {
		exchange = c.events(t)
		conf["control_exchange"], conf["event_exchange"] = c.control(t), exchange
		if t.Broker == "redis" {
			// A worker with a queue that expires also deletes what of other applications' has expired (sweep_bindings in
			// kombu/transport/redis.py of 5.7.0).
			conf["control_queue_expires"], conf["event_queue_expires"] = nil, nil
		}
		settings = append(settings, results.Setting{Name: "names on the broker", Value: t.Space + ".*", Default: "unacked, celery.pidbox, celeryev",
			Why: "a broker that isn't ours alone: nothing of ours under a name that an application may use (unacked_key, control_exchange, event_exchange), nor is anything of others' deleted (control_queue_expires, event_queue_expires)"})
	}
	if len(tr.options) > 0 {
		conf["broker_transport_options"] = tr.options
	}
	confJSON, err := json.Marshal(conf)
	if err != nil {
		return Setup{}, fmt.Errorf("write Celery's settings: %w", err)
	}
	s := Setup{
		Commands: c.commands(argv, t),
		Probing:  pool,
		Environ: map[string]string{"TQBENCH_QUEUE": t.Queue, "TQBENCH_CELERY_SETTINGS": string(confJSON),
			"TQBENCH_RETRY_DELAY": strconv.Itoa(retryDelay)},
		App:      c.app(t),
		Web:      "tqbench.web_blocking",
		Settings: settings,
	}
	if t.Own != nil {
		t.Own.environ(s.Environ, t.Env)
	}
	if t.eventsOn() {
		if s.Events, err = celeryEvents(t.URL, exchange); err != nil {
			return Setup{}, err
		}
	}
	switch {
	case tr.delivery != "": // the transport's own
	case t.Defaults, c.before:
		as := "as installed"
		if !t.Defaults {
			as = "task_acks_late off"
		}
		tr.delivery, tr.guarantee = results.AtMostOnce, "acknowledged before execution ("+as+"); what was running in a killed worker is lost"
	default:
		tr.delivery = results.AtLeastOnce
	}
	s.add(tr.transport)
	return s, nil
}

// app is the module with the app: tqbench's own, or one that attaches the probe to the user's.
func (celery) app(t Target) string {
	if t.Own != nil {
		return "tqbench.celery_hook"
	}
	return "tqbench.celery_app"
}

// processes is the setting that says how the pool is made up.
func (c celery) processes(t Target) results.Setting {
	s := results.Setting{Name: "processes", Value: strconv.Itoa(t.Processes), Default: "one a CPU",
		Why: "as many as AsyncTasQ's, beside the parent process that every prefork pool has"}
	if c.alone() {
		s.Default, s.Why = "1", fmt.Sprintf("as many as AsyncTasQ's; each is started as its own command, with %d %s", t.Concurrency, c.slots())
	}
	return s
}

// slots are what runs tasks in a worker that is one process.
func (c celery) slots() string {
	if c.pool == "gevent" {
		return "greenlets"
	}
	return "threads"
}

// heldAsInstalled is how many tasks a process holds as installed: four for each slot of its pool.
func (c celery) heldAsInstalled(t Target) string {
	if c.alone() {
		return strconv.Itoa(4 * t.CPUs)
	}
	return "4"
}

// commands start one worker with a pool of processes, or as many workers as there are to be processes.
func (c celery) commands(argv []string, t Target) [][]string {
	if !c.alone() || t.Defaults {
		return [][]string{argv}
	}
	var out [][]string
	for i := range t.Processes {
		out = append(out, append(slices.Clone(argv), "--hostname", fmt.Sprintf("tqbench%d@%%h", i+1)))
	}
	return out
}

// celeryEncoder writes Celery's message, protocol 2, in the envelope that Kombu's virtual transports have: JSON whose
// body is base64 of JSON. It stands in a Redis list or in a table as it is, and once more in base64 on SQS. Source:
// celery/app/amqp.py, kombu/transport/virtual/base.py and redis.py of 5.7.0; the spacing is that of Python's json.dumps,
// so that a message is as long as the client's own.
type celeryEncoder struct {
	destination broker.Destination
	sqs         bool
	routing     string
	origin      string
	replyTo     string
	ignore      string
	// quoted are the names of tasks as JSON.
	quoted map[string][]byte
	body   []byte
	text   []byte
	plain  []byte
}

func (c celery) Encoder(t Target) (Encoder, error) {
	if err := Supports(c, t.Broker); err != nil {
		return nil, err
	}
	tr, err := c.transport(t)
	if err != nil {
		return nil, err
	}
	// A client writes its process id and host name here; a worker only shows them.
	const origin, replyTo = "gen1@tqbench", "00000000-0000-4000-8000-000000000000"
	if t.Broker == "rabbitmq" {
		return &celeryAMQPEncoder{destination: tr.destination, origin: origin, replyTo: replyTo, ignore: !t.Defaults}, nil
	}
	return &celeryEncoder{
		destination: tr.destination, sqs: t.Broker == "sqs", quoted: map[string][]byte{},
		routing: string(appendJSONString(nil, t.Queue)),
		origin:  `"` + origin + `"`, replyTo: `"` + replyTo + `"`, ignore: strconv.FormatBool(!t.Defaults),
	}, nil
}

func (e *celeryEncoder) Destination() broker.Destination { return e.destination }

func (e *celeryEncoder) Append(dst []byte, _ *broker.Properties, t Task) ([]byte, error) {
	if !e.sqs {
		return e.message(dst, t)
	}
	var err error
	if e.plain, err = e.message(e.plain[:0], t); err != nil {
		return nil, err
	}
	return base64.StdEncoding.AppendEncode(dst, e.plain), nil
}

func (e *celeryEncoder) message(dst []byte, t Task) ([]byte, error) {
	var err error
	if e.body, e.text, err = appendCeleryBody(e.body[:0], e.text[:0], t); err != nil {
		return nil, err
	}
	dst = append(dst, `{"body": "`...)
	dst = base64.StdEncoding.AppendEncode(dst, e.body)
	dst = append(dst, `", "content-encoding": "utf-8", "content-type": "application/json", "headers": {"lang": "py", "task": `...)
	quoted, ok := e.quoted[t.Name]
	if !ok {
		quoted = appendJSONString(nil, celeryTaskName(t))
		e.quoted[t.Name] = quoted
	}
	dst = append(dst, quoted...)
	dst = t.ID.AppendText(append(dst, `, "id": "`...))
	dst = append(dst, `", "shadow": null, "eta": null, "expires": null, "group": null, "group_index": null, "retries": 0, "timelimit": [null, null], "root_id": "`...)
	dst = t.ID.AppendText(dst)
	dst = append(dst, `", "parent_id": null, "argsrepr": `...)
	dst = appendJSONString(dst, string(e.text))
	dst = append(dst, `, "kwargsrepr": "{}", "origin": `...)
	dst = append(dst, e.origin...)
	dst = append(append(dst, `, "ignore_result": `...), e.ignore...)
	dst = append(dst, `, "replaced_task_nesting": 0, "stamped_headers": null, "stamps": {}}, "properties": {"correlation_id": "`...)
	dst = t.ID.AppendText(dst)
	dst = append(dst, `", "reply_to": `...)
	dst = append(dst, e.replyTo...)
	dst = append(dst, `, "delivery_mode": 2, "delivery_info": {"exchange": "", "routing_key": `...)
	dst = append(dst, e.routing...)
	dst = append(dst, `}, "priority": 0, "body_encoding": "base64", "delivery_tag": "`...)
	dst = t.Tag.AppendText(dst)
	return append(dst, `"}}`...), nil
}

// appendJSON writes a value as Python's json.dumps does.
func appendJSON(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return appendPythonFloat(dst, v), nil
	case string:
		return appendJSONString(dst, v), nil
	default:
		return nil, fmt.Errorf("encode an argument: no JSON form for %T", v)
	}
}

// appendJSONString quotes a string as json.dumps does: everything beyond ASCII escaped, in UTF-16.
func appendJSONString(dst []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	unit := func(dst []byte, u uint16) []byte {
		return append(dst, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
	}
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\b':
			dst = append(dst, `\b`...)
		case r == '\f':
			dst = append(dst, `\f`...)
		case r >= ' ' && r <= '~':
			dst = append(dst, byte(r))
		case r > 0xffff:
			r -= 0x10000
			dst = unit(unit(dst, uint16(0xd800+r>>10)), uint16(0xdc00+r&0x3ff))
		default:
			dst = unit(dst, uint16(r))
		}
	}
	return append(dst, '"')
}

// appendRepr writes a value as Python's repr does, for the header that a worker only shows.
func appendRepr(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "None"...), nil
	case bool:
		if v {
			return append(dst, "True"...), nil
		}
		return append(dst, "False"...), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return appendPythonFloat(dst, v), nil
	case string:
		return append(append(append(dst, '\''), v...), '\''), nil
	default:
		return nil, fmt.Errorf("encode an argument: no repr for %T", v)
	}
}

// appendPythonFloat writes a number as Python's repr does: the shortest digits that give it back, and a point or an
// exponent, which starts at 1e16 and below 1e-4.
func appendPythonFloat(dst []byte, v float64) []byte {
	if a := math.Abs(v); a != 0 && (a >= 1e16 || a < 1e-4) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'f', -1, 64)
	if !bytes.ContainsRune(dst[start:], '.') {
		dst = append(dst, ".0"...)
	}
	return dst
}
