package contender

import (
	"fmt"
	"strconv"
)

// notation is a way to write values as bytes.
type notation interface {
	// scalar appends nil, a bool, an int64, a float64 or a string.
	scalar(dst []byte, v any) ([]byte, error)
	// number and text append a number and a string.
	number(dst []byte, n int64) []byte
	text(dst, s []byte) []byte
	// inline writes an op's output as a string; safe says that it only contains letters, digits and similar characters.
	inline(text op, safe bool) op
	// list and dict are the bytes around and between n members.
	list(n int) shape
	dict(n int) shape
	// json appends the value of a JSON text.
	json(dst, text []byte) ([]byte, error)
	// whole makes a document of a value.
	whole(value program) op
}

// objects is a notation that has objects of classes.
type objects interface {
	// object is what is around the list of the arguments that the class, MODULE.NAME, is called with.
	object(class string) (shape, error)
}

// shape has the bytes before, between and after the members of a list or dictionary, and between a key and its value.
type shape struct{ open, between, pair, end []byte }

// notations are those that a format may name. Their lists and dictionaries match Python's libraries, and JSON.stringify.
func notations() map[string]notation {
	return map[string]notation{
		"json": jsonNotation{between: ", ", pair: ": "}, "json-compact": jsonNotation{between: ",", pair: ":"}, "json-javascript": javaScriptNotation{jsonNotation{between: ",", pair: ":"}},
		"msgpack": msgpackNotation{}, "pickle": pickleNotation{}, "protobuf": protobufNotation{},
	}
}

// single reports whether a notation's values are single ones: it has no lists and no dictionaries.
func single(n notation) bool {
	switch n.(type) {
	case rawNotation, protobufNotation:
		return true
	}
	return false
}

// rawNotation writes text unchanged. It has no lists.
type rawNotation struct{}

func (rawNotation) scalar(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v), nil
	case string:
		return append(dst, v...), nil
	}
	if out, ok := appendPythonNumber(dst, v); ok {
		return out, nil
	}
	return nil, fmt.Errorf("there is no text for %T", v)
}

func (rawNotation) number(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }
func (rawNotation) text(dst, s []byte) []byte         { return append(dst, s...) }
func (rawNotation) inline(text op, _ bool) op         { return text }
func (rawNotation) list(int) shape                    { return shape{} }
func (rawNotation) dict(int) shape                    { return shape{} }
func (rawNotation) whole(value program) op            { return value.run }
func (rawNotation) json(dst, text []byte) ([]byte, error) {
	return append(dst, text...), nil
}

// jsonNotation writes JSON as Python's json.dumps does, with these separators.
type jsonNotation struct{ between, pair string }

func (jsonNotation) scalar(dst []byte, v any) ([]byte, error) { return appendJSON(dst, v) }
func (jsonNotation) number(dst []byte, n int64) []byte        { return strconv.AppendInt(dst, n, 10) }

func (jsonNotation) text(dst, s []byte) []byte {
	if !unescaped(s) {
		return appendJSONString(dst, string(s))
	}
	return append(append(append(dst, '"'), s...), '"')
}

// unescaped reports whether JSON writes a string unchanged.
func unescaped(s []byte) bool {
	for _, c := range s {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// inline writes the string in place, and rewrites it only if it needs escapes.
func (jsonNotation) inline(text op, safe bool) op {
	return func(dst []byte, t *Task) ([]byte, error) {
		start := len(dst)
		dst, err := text(append(dst, '"'), t)
		if err != nil {
			return nil, err
		}
		if s := dst[start+1:]; !safe && !unescaped(s) {
			return appendJSONString(dst[:start], string(s)), nil
		}
		return append(dst, '"'), nil
	}
}

func (j jsonNotation) list(int) shape {
	return shape{open: []byte("["), between: []byte(j.between), end: []byte("]")}
}
func (j jsonNotation) dict(int) shape {
	return shape{open: []byte("{"), between: []byte(j.between), pair: []byte(j.pair), end: []byte("}")}
}
func (jsonNotation) whole(value program) op { return value.run }
func (j jsonNotation) json(dst, text []byte) ([]byte, error) {
	return appendRewritten(dst, text, j.between, j.pair)
}

// msgpackNotation writes MessagePack.
type msgpackNotation struct{}

func (msgpackNotation) scalar(dst []byte, v any) ([]byte, error) { return appendMsgpack(dst, v) }
func (msgpackNotation) number(dst []byte, n int64) []byte        { return appendInt(dst, n) }
func (msgpackNotation) text(dst, s []byte) []byte                { return appendStr(dst, s) }
func (msgpackNotation) inline(text op, _ bool) op                { return inlineStr(text) }
func (msgpackNotation) list(n int) shape                         { return shape{open: appendArrayHeader(nil, n)} }
func (msgpackNotation) dict(n int) shape                         { return shape{open: appendMapHeader(nil, n)} }
func (msgpackNotation) whole(value program) op                   { return value.run }
func (msgpackNotation) json(dst, text []byte) ([]byte, error)    { return appendMsgpackJSON(dst, text) }
