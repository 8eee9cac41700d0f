package contender

import (
	"fmt"
	"strconv"

	"github.com/tqbench/tqbench/broker"
)

// celeryAMQPEncoder writes Celery's message, protocol 2, as its AMQP client does: a JSON body, and the rest in AMQP's
// own properties and headers. Source: celery/app/amqp.py and kombu/transport/pyamqp.py of 5.7.0.
type celeryAMQPEncoder struct {
	destination     broker.Destination
	origin, replyTo string
	ignore          bool
	text            []byte
	id              [36]byte
	words           stringsOf
	// task is the name of the last task, as a value of a map; named and own are what it was made of.
	task  any
	named string
	own   bool
}

func (e *celeryAMQPEncoder) Destination() broker.Destination { return e.destination }

func (e *celeryAMQPEncoder) Append(dst []byte, p *broker.Properties, t Task) ([]byte, error) {
	dst, text, err := appendCeleryBody(dst, e.text[:0], t)
	e.text = text
	if err != nil {
		return nil, err
	}
	id := e.words.of(t.ID.AppendText(e.id[:0]))
	if p.Headers == nil {
		p.ContentType, p.ContentEncoding, p.Persistent, p.Priority = "application/json", "utf-8", true, 0
		p.Headers = map[string]any{
			"lang": "py", "shadow": nil, "eta": nil, "expires": nil, "group": nil, "group_index": nil, "retries": int32(0),
			"timelimit": []any{nil, nil}, "parent_id": nil, "kwargsrepr": "{}", "ignore_result": e.ignore,
			"replaced_task_nesting": int32(0), "stamped_headers": nil, "stamps": map[string]any{}, "origin": e.origin,
		}
		p.ReplyTo = e.replyTo
	}
	p.CorrelationID = id
	// A string becomes a value of a map by a copy of its head: the two ids share one, and so do tasks of one name.
	var value any = id
	if own := t.Own != nil; e.task == nil || e.named != t.Name || e.own != own {
		e.task, e.named, e.own = celeryTaskName(t), t.Name, own
	}
	p.Headers["id"], p.Headers["root_id"] = value, value
	p.Headers["task"] = e.task
	p.Headers["argsrepr"] = e.words.of(e.text)
	return dst, nil
}

// celeryTaskName is the name under which a worker knows the task.
func celeryTaskName(t Task) string {
	if t.Own != nil {
		return t.Name
	}
	return "tqbench.celery_app." + t.Name
}

// appendCeleryBody appends a task's body as JSON, and its arguments as Python's repr.
func appendCeleryBody(body, text []byte, t Task) (_, _ []byte, err error) {
	const end = `{"callbacks": null, "errbacks": null, "chain": null, "chord": null}]`
	if t.Own != nil {
		body = append(append(append(append(append(append(body, '['), t.Own.Args...), ", "...), t.Own.Kwargs...), ", "...), end...)
		return body, append(text, t.Own.Args...), nil
	}
	body = strconv.AppendInt(append(body, "[["...), t.Seq, 10)
	text = strconv.AppendInt(append(text, '('), t.Seq, 10)
	for _, a := range t.Args {
		if body, err = appendJSON(append(body, ", "...), a); err != nil {
			return body, text, fmt.Errorf("task %s: %w", t.Name, err)
		}
		if text, err = appendRepr(append(text, ", "...), a); err != nil {
			return body, text, fmt.Errorf("task %s: %w", t.Name, err)
		}
	}
	body = append(append(body, `], {}, `...), end...)
	if len(t.Args) == 0 {
		text = append(text, ',')
	}
	return body, append(text, ')'), nil
}
