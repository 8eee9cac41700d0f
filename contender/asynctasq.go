package contender

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
)

// asynctasq is AsyncTasQ with its tasks in one of the forms that it knows.
type asynctasq struct {
	// name is "async" for `async def` tasks on each worker's event loop, "thread" for `def` tasks in its thread pool,
	// "process" for tasks in its process pool.
	name string
	// module registers the tasks, as classes where it says so.
	module  string
	classes bool
}

func (c asynctasq) Name() string { return "asynctasq/" + c.name }

// early is refused: no setting of the framework acknowledges a task before it is run.
func (c asynctasq) early() (Contender, error) {
	return nil, fmt.Errorf("%w %q: AsyncTasQ acknowledges a task after its execution and has no other way: use %s",
		ErrUnknown, c.Name()+earlySuffix, c.Name())
}

func (asynctasq) Framework() string { return "asynctasq" }
func (asynctasq) Brokers() []string { return []string{"redis", "postgres", "mysql", "rabbitmq", "sqs"} }

// asynctasqDefaultConcurrency is what the worker command has without --concurrency.
const asynctasqDefaultConcurrency = 10

// asynctasqVisibility is the visibility timeout that its client gives a task, in seconds.
const asynctasqVisibility = 3600

func (c asynctasq) Setup(t Target) (Setup, error) {
	if err := Supports(c, t.Broker); err != nil {
		return Setup{}, err
	}
	tr, err := everyQueue(t, asynctasqTransport)
	if err != nil {
		return Setup{}, err
	}
	processes := t.Processes
	// The framework's own command, which also tells of tasks that we did not send.
	program, app := "tqbench.asynctasq_worker", c.module
	if t.Own != nil {
		// The worker's own command, with the probe attached.
		program, app = "tqbench.asynctasq_hook", "tqbench.asynctasq_hook"
	}
	argv := []string{t.Env.Python, "-m", program, "worker", "--driver", t.Broker, "--queues", strings.Join(t.listened(), ",")}
	settings := []results.Setting{
		{Name: "acknowledgement", Value: "after execution", Default: "after execution", Why: "the framework has no other"},
		{Name: "results", Value: "not stored", Default: "not stored", Why: "the framework has no result store"},
		{Name: "event loop", Value: "uvloop", Default: "uvloop", Why: "a dependency of the package"},
		{Name: "log level", Value: "INFO", Default: "INFO", Why: "can't be turned down; writes no line per task while events are off"},
		{Name: "events", Value: cmp.Or(t.Events, "off"), Default: "off",
			Why: t.eventsWhy("; they are written to the console, too, which can't be turned off and costs most of it")},
		{Name: "queue", Value: strings.Join(t.listened(), ", "), Default: "default", Why: "nothing of ours in a queue that an application may use"},
	}
	if len(t.Queues) > 1 {
		settings = append(settings, results.Setting{Name: "order of queues", Value: "strictly as listed", Default: "strictly as listed",
			Why: "the framework has no other: it looks into the next one only when those before it are empty"})
	}
	if t.Defaults {
		processes = 1
		settings = append(settings,
			results.Setting{Name: "processes", Value: "1", Default: "1", Why: "as installed: one worker command is one process"},
			results.Setting{Name: "tasks held per process", Value: strconv.Itoa(asynctasqDefaultConcurrency),
				Default: strconv.Itoa(asynctasqDefaultConcurrency), Why: "as installed"})
	} else {
		argv = append(argv, "--concurrency", strconv.Itoa(t.Concurrency))
		settings = append(settings,
			results.Setting{Name: "retry", Value: fmt.Sprintf("%d attempts, %d s apart", maxAttempts, retryDelay), Default: "3 attempts, 60 s and 120 s apart",
				Why: "the same on both sides (task_defaults)"},
			results.Setting{Name: "processes", Value: strconv.Itoa(processes), Default: "1",
				Why: "as many as Celery's pool has; each is started as its own command"},
			results.Setting{Name: "tasks held per process", Value: strconv.Itoa(t.Concurrency),
				Default: strconv.Itoa(asynctasqDefaultConcurrency), Why: "the same number on both sides (--concurrency)"})
	}
	probing := processes
	switch c.name {
	case "thread":
		settings = append(settings, results.Setting{Name: "threads per process", Value: "min(32, CPUs + 4)", Default: "min(32, CPUs + 4)",
			Why: "Python's default executor; the framework has no setting"})
	case "process":
		probing = processes * t.CPUs
		settings = append(settings,
			results.Setting{Name: "pool processes per worker", Value: strconv.Itoa(t.CPUs), Default: "one a CPU", Why: "as installed; the worker reads no setting"},
			results.Setting{Name: "tasks per pool process", Value: "100", Default: "100", Why: "as installed; then it is started anew, the worker reads no setting"})
	}
	s := Setup{
		Probing:  probing,
		Environ:  map[string]string{"ASYNCTASQ_DRIVER": t.Broker, "TQBENCH_QUEUE": t.Queue},
		App:      app,
		Web:      "tqbench.asynctasq_web",
		Settings: settings,
	}
	if t.Own != nil {
		t.Own.environ(s.Environ, t.Env)
	}
	if t.eventsOn() {
		s.Events = asynctasqEvents()
		s.Environ["ASYNCTASQ_EVENTS_ENABLE_ALL"] = "true"
		s.Environ["ASYNCTASQ_EVENTS_ENABLE_EVENT_EMITTER_REDIS"] = "true"
		s.Environ["ASYNCTASQ_EVENTS_REDIS_URL"] = t.URL
	}
	if !t.Defaults {
		s.Environ["ASYNCTASQ_TASK_DEFAULTS_RETRY_DELAY"] = strconv.Itoa(retryDelay)
		s.Environ["ASYNCTASQ_TASK_DEFAULTS_RETRY_STRATEGY"] = "fixed"
	}
	for range processes {
		s.Commands = append(s.Commands, argv)
	}
	s.add(tr)
	return s, nil
}

// asynctasqEncoder writes AsyncTasQ's message: a MessagePack map of class, params, metadata and class_file, as
// asynctasq/tasks/services/serializer.py of 1.7.0 makes it. The two file paths are optional to a worker; they are sent
// so that a message is as long as the client's own.
type asynctasqEncoder struct {
	destination broker.Destination
	// module has the tasks; class tasks name themselves where function tasks are one class.
	module  string
	classes bool
	// sqs wraps the message in base64 and gives it the attribute that the driver reads; amqp gives it a message id, as
	// the AMQP library does.
	sqs, amqp bool
	ids       stringsOf
	head      []byte // up to the arguments
	beforeID  []byte
	beforeAt  []byte
	beforeFn  []byte
	afterFn   []byte
	scratch   []byte
	plain     []byte
	// ownHead and config are the constant parts of a user's own task.
	ownHead, config []byte
}

func (c asynctasq) Encoder(t Target) (Encoder, error) {
	if err := Supports(c, t.Broker); err != nil {
		return nil, err
	}
	tr, err := asynctasqTransport(t)
	if err != nil {
		return nil, err
	}
	if t.Own != nil {
		c.module, c.classes = "tqbench.asynctasq_hook", false // which has the readiness task
	}
	e := &asynctasqEncoder{destination: tr.destination, module: c.module, classes: c.classes, sqs: t.Broker == "sqs", amqp: t.Broker == "rabbitmq"}
	file := filepath.Join(t.Env.Apps, "tqbench", strings.TrimPrefix(c.module, "tqbench.")+".py")
	e.beforeID = appendMapHeader(appendStr(nil, "metadata"), 8)
	e.beforeAt = appendStr(appendInt(appendStr(nil, "current_attempt"), 0), "dispatched_at")
	e.beforeFn = appendStr(appendStr(nil, "queue"), t.Queue)
	e.beforeFn = appendInt(appendStr(e.beforeFn, "max_attempts"), 3)
	// A function's own default stands in its message, a class's is the environment's; a worker goes by neither.
	delay := int64(60)
	if c.classes && !t.Defaults {
		delay = retryDelay
	}
	e.beforeFn = appendInt(appendStr(e.beforeFn, "retry_delay"), delay)
	e.beforeFn = appendNil(appendStr(e.beforeFn, "timeout"))
	e.beforeFn = appendInt(appendStr(e.beforeFn, "visibility_timeout"), asynctasqVisibility)
	e.config = e.beforeFn
	e.ownHead = appendStr(appendStr(appendMapHeader(nil, 3), "class"), "asynctasq.tasks.types.function_task.FunctionTask")
	e.ownHead = appendStr(appendMapHeader(appendStr(e.ownHead, "params"), 2), "args")
	if c.classes {
		e.beforeID = appendStr(e.beforeID, "task_id")
		e.afterFn = appendStr(appendStr(nil, "class_file"), file)
		return e, nil
	}
	e.head = appendMapHeader(nil, 4)
	e.head = appendStr(appendStr(e.head, "class"), "asynctasq.tasks.types.function_task.FunctionTask")
	e.head = appendStr(appendMapHeader(appendStr(e.head, "params"), 2), "args")

	e.beforeID = appendMapHeader(appendStr(nil, "kwargs"), 0)
	e.beforeID = appendStr(appendMapHeader(appendStr(e.beforeID, "metadata"), 11), "task_id")
	e.beforeFn = appendStr(appendStr(slices.Clip(e.beforeFn), "func_module"), c.module)
	e.beforeFn = appendStr(e.beforeFn, "func_name")

	e.afterFn = appendStr(appendStr(nil, "func_file"), file)
	e.afterFn = appendStr(appendStr(e.afterFn, "class_file"),
		filepath.Join(t.Env.Packages, "asynctasq", "tasks", "types", "function_task.py"))
	return e, nil
}

func (e *asynctasqEncoder) Destination() broker.Destination { return e.destination }

func (e *asynctasqEncoder) Append(dst []byte, p *broker.Properties, t Task) ([]byte, error) {
	p.Persistent = true
	if e.amqp {
		e.scratch = hex.AppendEncode(e.scratch[:0], t.Tag[:])
		p.MessageID = e.ids.of(e.scratch)
	}
	if !e.sqs {
		return e.message(dst, t)
	}
	if p.Headers == nil {
		p.Headers = map[string]any{"visibility_timeout": strconv.Itoa(asynctasqVisibility)}
	}
	var err error
	if e.plain, err = e.message(e.plain[:0], t); err != nil {
		return nil, err
	}
	return base64.StdEncoding.AppendEncode(dst, e.plain), nil
}

func (e *asynctasqEncoder) message(dst []byte, t Task) ([]byte, error) {
	if t.Own != nil {
		return e.own(dst, t)
	}
	if e.classes {
		dst = appendStr(appendMapHeader(dst, 4), "class")
		dst = appendStrs(dst, e.module, ".", t.Name)
		dst = appendInt(appendStr(appendMapHeader(appendStr(dst, "params"), 2), "seq"), t.Seq)
		dst = appendArrayHeader(appendStr(dst, "args"), len(t.Args))
	} else {
		dst = append(dst, e.head...)
		dst = appendInt(appendArrayHeader(dst, 1+len(t.Args)), t.Seq)
	}
	var err error
	for _, a := range t.Args {
		if dst, err = appendMsgpack(dst, a); err != nil {
			return nil, fmt.Errorf("task %s: %w", t.Name, err)
		}
	}
	dst = append(dst, e.beforeID...)
	dst = t.ID.AppendText(append(dst, 0xd9, 36))
	dst = append(dst, e.beforeAt...)
	e.scratch = appendISOTime(e.scratch[:0], t.At)
	dst = append(append(dst, 0xd9, byte(len(e.scratch))), e.scratch...)
	dst = append(dst, e.beforeFn...)
	if !e.classes {
		dst = appendStr(dst, t.Name)
	}
	return append(dst, e.afterFn...), nil
}

// own writes the message of a user's own function task. What only a client knows, the paths of its files, is left out.
func (e *asynctasqEncoder) own(dst []byte, t Task) ([]byte, error) {
	module, function, ok := cutLast(t.Name, ".")
	if !ok {
		return nil, fmt.Errorf("task %s: write MODULE.FUNCTION", t.Name)
	}
	dst = append(dst, e.ownHead...)
	dst, err := appendMsgpackJSON(dst, t.Own.Args)
	if err == nil {
		dst, err = appendMsgpackJSON(appendStr(dst, "kwargs"), t.Own.Kwargs)
	}
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", t.Name, err)
	}
	dst = t.ID.AppendText(append(appendStr(appendMapHeader(appendStr(dst, "metadata"), 10), "task_id"), 0xd9, 36))
	e.scratch = appendISOTime(e.scratch[:0], t.At)
	dst = append(append(append(dst, e.beforeAt...), 0xd9, byte(len(e.scratch))), e.scratch...)
	dst = append(dst, e.config...)
	return appendStr(appendStr(appendStr(appendStr(dst, "func_module"), module), "func_name"), function), nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 1 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}

// appendISOTime writes a time as Python's datetime.isoformat does in UTC, at least 25 characters long. Python leaves
// the fraction out where it is zero.
func appendISOTime(dst []byte, at time.Time) []byte {
	at = at.UTC().Truncate(time.Microsecond)
	if at.Nanosecond() == 0 {
		return at.AppendFormat(dst, "2006-01-02T15:04:05+00:00")
	}
	return at.AppendFormat(dst, "2006-01-02T15:04:05.000000+00:00")
}
