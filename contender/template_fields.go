package contender

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// field is a value that differs from task to task.
type field struct {
	// number and text mark those types, kwargs the named arguments. Otherwise it is the list of the other arguments; rest leaves out the
	// task's number.
	number func(t *Task) int64
	text   op
	kwargs bool
	rest   bool
	// safe says that the text only contains letters, digits and similar characters.
	safe bool
	// foreign says that a user's own task has no such value: it is null there.
	foreign bool
}

// fields are those of a task, each with its filter. The tasks belong to a module, whose file is in a folder.
func (v values) fields() map[string]field {
	module := fmt.Sprint(v["app"])
	file := filepath.Join(fmt.Sprint(v["folder"]), module[strings.LastIndex(module, ".")+1:]+".py")
	// named is a part of MODULE.FUNCTION, the name of a user's own task.
	named := func(ours func(dst []byte, t *Task) []byte, theirs func(module, function string) string) field {
		return field{text: func(dst []byte, t *Task) ([]byte, error) {
			if t.Own == nil {
				return ours(dst, t), nil
			}
			module, function, ok := cutLast(t.Name, ".")
			if !ok {
				return nil, fmt.Errorf("task %s: write MODULE.FUNCTION", t.Name)
			}
			return append(dst, theirs(module, function)...), nil
		}}
	}
	stamp := func(layout string) field {
		return field{safe: true, text: func(dst []byte, t *Task) ([]byte, error) { return t.At.UTC().AppendFormat(dst, layout), nil }}
	}
	id := func(of func(t *Task) UUID) field {
		return field{safe: true, text: func(dst []byte, t *Task) ([]byte, error) { return of(t).AppendText(dst), nil }}
	}
	bare := func(of func(t *Task) UUID) field {
		return field{safe: true, text: func(dst []byte, t *Task) ([]byte, error) {
			u := of(t)
			return hex.AppendEncode(dst, u[:]), nil
		}}
	}
	first, second := func(t *Task) UUID { return t.ID }, func(t *Task) UUID { return t.Tag }
	return map[string]field{
		"seq":  {number: func(t *Task) int64 { return t.Seq }},
		"task": {text: func(dst []byte, t *Task) ([]byte, error) { return append(dst, t.Name...), nil }},
		"task|path": {text: func(dst []byte, t *Task) ([]byte, error) {
			if t.Own == nil {
				dst = append(append(dst, module...), '.')
			}
			return append(dst, t.Name...), nil
		}},
		"task|module":   named(func(dst []byte, _ *Task) []byte { return append(dst, module...) }, func(module, _ string) string { return module }),
		"task|function": named(func(dst []byte, t *Task) []byte { return append(dst, t.Name...) }, func(_, function string) string { return function }),
		"task|file":     {foreign: true, text: func(dst []byte, _ *Task) ([]byte, error) { return append(dst, file...), nil }},
		"args":          {},
		"args|rest":     {rest: true},
		"kwargs":        {kwargs: true},
		"id":            id(first),
		"id|hex":        bare(first),
		"tag":           id(second),
		"tag|hex":       bare(second),
		"at|ns":         {number: func(t *Task) int64 { return t.At.UnixNano() }},
		"at|ms":         {number: func(t *Task) int64 { return t.At.UnixMilli() }},
		"at|s":          {number: func(t *Task) int64 { return t.At.Unix() }},
		"at|iso":        {safe: true, text: func(dst []byte, t *Task) ([]byte, error) { return appendISOTime(dst, t.At), nil }},
		"at|isoz":       stamp("2006-01-02T15:04:05.000000Z"),
		"args|repr": {text: func(dst []byte, t *Task) ([]byte, error) {
			dst, err := appendArgsRepr(append(dst, '('), t)
			if len(t.Args) == 0 && t.Own == nil {
				dst = append(dst, ',')
			}
			return append(dst, ')'), err
		}},
		"args|call": {text: func(dst []byte, t *Task) ([]byte, error) {
			if t.Own != nil {
				return appendShort(dst, t.Own.Args, longestCall), nil
			}
			return appendArgsRepr(dst, t)
		}},
	}
}

// The arguments of a user's task may be long. A worker only shows this copy of them, so Celery cuts it (argsrepr_maxsize of celery.app.amqp), and
// RQ each argument (max_length of rq.utils.get_call_string); here, that is for all of them.
const (
	longestRepr = 1024
	longestCall = 75
)

// appendShort writes the beginning of a text.
func appendShort(dst, text []byte, most int) []byte {
	if len(text) <= most {
		return append(dst, text...)
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return append(append(dst, text[:most]...), "..."...)
}

// appendArgsRepr writes a task's arguments as Python shows a call's.
func appendArgsRepr(dst []byte, t *Task) ([]byte, error) {
	if t.Own != nil {
		return appendShort(dst, t.Own.Args, longestRepr), nil
	}
	dst = strconv.AppendInt(dst, t.Seq, 10)
	var err error
	for _, a := range t.Args {
		if dst, err = appendRepr(append(dst, ", "...), a); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// someTask is a task to try a format with.
func someTask() *Task {
	return &Task{Name: "noop", Seq: 1, Args: []any{int64(2)}, At: time.Unix(1, 0), ID: UUID{1}, Tag: UUID{2}}
}

// cutLast cuts a text at the last separator that has something before it.
func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 1 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}
