package contender

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
)

// The types of MessagePack in messages, in the smallest form, as msgspec and others write them. See
// https://github.com/msgpack/msgpack/blob/master/spec.md.

func appendNil(dst []byte) []byte { return append(dst, 0xc0) }

func appendMapHeader(dst []byte, n int) []byte { return appendHeader(dst, 0x80, 0xde, n) }

func appendArrayHeader(dst []byte, n int) []byte { return appendHeader(dst, 0x90, 0xdc, n) }

// appendHeader begins something of n members, by the type of up to 15 of them and the first of the longer ones.
func appendHeader(dst []byte, short, long byte, n int) []byte {
	switch {
	case n < 16:
		return append(dst, short|byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, long), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, long+1), uint32(n))
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 0xc3)
	}
	return append(dst, 0xc2)
}

func appendStr[S ~string | ~[]byte](dst []byte, s S) []byte {
	switch n := len(s); {
	case n < 32:
		dst = append(dst, 0xa0|byte(n))
	case n <= math.MaxUint8:
		dst = append(dst, 0xd9, byte(n))
	case n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
	}
	return append(dst, s...)
}

// inlineStr writes the string in place, after a head of two bytes, the most common one.
func inlineStr(text op) op {
	return func(dst []byte, t *Task) ([]byte, error) {
		start := len(dst)
		dst, err := text(append(dst, 0xd9, 0), t)
		if err != nil {
			return nil, err
		}
		s := dst[start+2:]
		switch n := len(s); {
		case n < 32:
			dst[start] = 0xa0 | byte(n)
			copy(dst[start+1:], s)
			return dst[:len(dst)-1], nil
		case n <= math.MaxUint8:
			dst[start+1] = byte(n)
			return dst, nil
		}
		return appendStr(dst[:start], bytes.Clone(s)), nil
	}
}

func appendInt(dst []byte, v int64) []byte {
	switch {
	case v >= 0 && v <= math.MaxInt8:
		return append(dst, byte(v))
	case v >= 0 && v <= math.MaxUint8:
		return append(dst, 0xcc, byte(v))
	case v >= 0 && v <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, 0xcd), uint16(v))
	case v >= 0 && v <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, 0xce), uint32(v))
	case v >= 0:
		return binary.BigEndian.AppendUint64(append(dst, 0xcf), uint64(v))
	case v >= -32:
		return append(dst, byte(v))
	case v >= math.MinInt8:
		return append(dst, 0xd0, byte(v))
	case v >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(dst, 0xd1), uint16(v))
	case v >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, 0xd2), uint32(v))
	default:
		return binary.BigEndian.AppendUint64(append(dst, 0xd3), uint64(v))
	}
}

func appendMsgpack(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return appendNil(dst), nil
	case bool:
		return appendBool(dst, v), nil
	case int:
		return appendInt(dst, int64(v)), nil
	case int64:
		return appendInt(dst, v), nil
	case *big.Int:
		if v.IsUint64() {
			return binary.BigEndian.AppendUint64(append(dst, 0xcf), v.Uint64()), nil
		}
		return nil, fmt.Errorf("encode an argument: MessagePack has no integer as large as %s", v)
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, 0xcb), math.Float64bits(v)), nil
	case string:
		return appendStr(dst, v), nil
	default:
		return nil, fmt.Errorf("encode an argument: no MessagePack form for %T", v)
	}
}

// appendMsgpackJSON writes a JSON value, integers as integers.
func appendMsgpackJSON(dst []byte, text []byte) ([]byte, error) {
	v, err := jsonValue(text)
	if err != nil {
		return nil, err
	}
	return appendMsgpackValue(dst, v)
}

// ordered is a JSON object's members in the order of the text, as Python keeps them.
type ordered []member

type member struct {
	key   string
	value any
}

// jsonValue is the value of a JSON text. Its numbers are json.Number, so that integers stay integers, and its objects are ordered.
func jsonValue(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	v, err := nextValue(dec)
	if err != nil {
		return nil, fmt.Errorf("encode an argument: %w", err)
	}
	return v, nil
}

func nextValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := nextValue(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = dec.Token()
		return list, err
	case json.Delim('{'):
		o, places := ordered{}, map[string]int{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := nextValue(dec)
			if err != nil {
				return nil, err
			}
			name, _ := key.(string) // the decoder takes nothing else
			if i, again := places[name]; again {
				o[i].value = v
				continue
			}
			places[name] = len(o)
			o = append(o, member{name, v})
		}
		_, err = dec.Token()
		return o, err
	}
	return token, nil
}

// numberOf is an int64 if the number is one, a *big.Int if it is a larger integer, otherwise a float64.
func numberOf(n json.Number) (any, error) {
	if i, err := n.Int64(); err == nil {
		return i, nil
	}
	if i, ok := new(big.Int).SetString(n.String(), 10); ok {
		return i, nil
	}
	f, err := n.Float64()
	if err != nil {
		return nil, fmt.Errorf("encode an argument: %w", err)
	}
	return f, nil
}

func appendMsgpackValue(dst []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		n, err := numberOf(v)
		if err != nil {
			return nil, err
		}
		return appendMsgpack(dst, n)
	case []any:
		dst = appendArrayHeader(dst, len(v))
		for _, x := range v {
			if dst, err = appendMsgpackValue(dst, x); err != nil {
				return nil, err
			}
		}
		return dst, nil
	case ordered:
		dst = appendMapHeader(dst, len(v))
		for _, m := range v {
			if dst, err = appendMsgpackValue(appendStr(dst, m.key), m.value); err != nil {
				return nil, err
			}
		}
		return dst, nil
	}
	return appendMsgpack(dst, v)
}
