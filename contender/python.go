package contender

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Values as Python's standard library writes them.

// appendJSON writes a value as Python's json.dumps does.
func appendJSON(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case string:
		return appendJSONString(dst, v), nil
	}
	if out, ok := appendPythonNumber(dst, v); ok {
		return out, nil
	}
	return nil, fmt.Errorf("encode an argument: no JSON form for %T", v)
}

// appendJSONString quotes a string as json.dumps does: it escapes everything beyond ASCII, in UTF-16.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r >= ' ' && r <= '~' && r != '"' && r != '\\' {
			dst = append(dst, byte(r))
		} else {
			dst = appendEscaped(dst, r)
		}
	}
	return append(dst, '"')
}

// appendEscaped writes a character as an escape of JSON.
func appendEscaped(dst []byte, r rune) []byte {
	const hexDigits = "0123456789abcdef"
	unit := func(dst []byte, u uint16) []byte {
		return append(dst, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
	}
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r == '\b':
		return append(dst, `\b`...)
	case r == '\f':
		return append(dst, `\f`...)
	case r > 0xffff:
		r -= 0x10000
		return unit(unit(dst, uint16(0xd800+r>>10)), uint16(0xdc00+r&0x3ff))
	}
	return unit(dst, uint16(r))
}

// appendRewritten writes a JSON text as json.dumps writes the same value, with these separators. The text is valid.
func appendRewritten(dst, text []byte, between, pair string) ([]byte, error) {
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t', '\n', '\r':
			i++
		case ',':
			dst = append(dst, between...)
			i++
		case ':':
			dst = append(dst, pair...)
			i++
		case '"':
			n := lengthOfString(text[i:])
			if s := text[i+1 : i+n-1]; unescaped(s) {
				dst = append(dst, text[i:i+n]...)
			} else {
				var v string
				if err := json.Unmarshal(text[i:i+n], &v); err != nil {
					return nil, fmt.Errorf("encode an argument: %w", err)
				}
				dst = appendJSONString(dst, v)
			}
			i += n
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			n := bytes.IndexAny(text[i:], ",]} \t\n\r")
			if n < 0 {
				n = len(text) - i
			}
			number := text[i : i+n]
			if !bytes.ContainsAny(number, ".eE") {
				dst = append(dst, number...)
			} else if f, err := strconv.ParseFloat(string(number), 64); err != nil {
				return nil, fmt.Errorf("encode an argument: %w", err)
			} else {
				dst = appendPythonFloat(dst, f)
			}
			i += n
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst, nil
}

// lengthOfString is how many bytes the string has that a JSON text begins with, with its quotes; all, if it doesn't end.
func lengthOfString(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// appendRepr writes a value as Python's repr does, for a header that workers only display.
func appendRepr(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "None"...), nil
	case bool:
		if v {
			return append(dst, "True"...), nil
		}
		return append(dst, "False"...), nil
	case string:
		return append(append(append(dst, '\''), v...), '\''), nil
	}
	if out, ok := appendPythonNumber(dst, v); ok {
		return out, nil
	}
	return nil, fmt.Errorf("encode an argument: no repr for %T", v)
}

// appendPythonNumber writes an int, an int64 or a float64, which JSON and repr write alike; ok is false for other types.
func appendPythonNumber(dst []byte, v any) (out []byte, ok bool) {
	switch v := v.(type) {
	case int:
		return strconv.AppendInt(dst, int64(v), 10), true
	case int64:
		return strconv.AppendInt(dst, v, 10), true
	case float64:
		return appendPythonFloat(dst, v), true
	}
	return nil, false
}

// appendPythonFloat writes a number as Python's repr does: the shortest digits that restore it, with a point, or an exponent from 1e16 and
// below 1e-4.
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

// appendISOTime writes a time as Python's datetime.isoformat does in UTC, in at least 25 characters. Python omits a fraction of zero.
func appendISOTime(dst []byte, at time.Time) []byte {
	at = at.UTC().Truncate(time.Microsecond)
	if at.Nanosecond() == 0 {
		return at.AppendFormat(dst, "2006-01-02T15:04:05+00:00")
	}
	return at.AppendFormat(dst, "2006-01-02T15:04:05.000000+00:00")
}
