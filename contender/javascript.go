package contender

import (
	"math"
	"strconv"
)

// javaScriptNotation writes JSON as JSON.stringify does.
type javaScriptNotation struct{ jsonNotation }

func (n javaScriptNotation) scalar(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return appendQuoted(dst, []byte(v)), nil
	case float64:
		return appendNumber(dst, v), nil
	}
	return n.jsonNotation.scalar(dst, v)
}

func (javaScriptNotation) text(dst, s []byte) []byte { return appendQuoted(dst, s) }

func (javaScriptNotation) inline(text op, safe bool) op {
	var s []byte
	return func(dst []byte, t *Task) ([]byte, error) {
		var err error
		if s, err = text(s[:0], t); err != nil {
			return nil, err
		}
		if safe {
			return append(append(append(dst, '"'), s...), '"'), nil
		}
		return appendQuoted(dst, s), nil
	}
}

// appendQuoted quotes a text as JSON.stringify does: it escapes what it must, and leaves everything beyond ASCII as it is.
func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		if c < ' ' || c == '"' || c == '\\' {
			dst = appendEscaped(dst, rune(c))
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendNumber writes a number as JavaScript does: the shortest digits that restore it, with an exponent from 1e21 and below 1e-6.
func appendNumber(dst []byte, v float64) []byte {
	if a := math.Abs(v); a == 0 || a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(dst, v+0, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, v, 'e', -1, 64)
	// Go writes at least two digits of an exponent.
	if n := len(dst); dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') {
		dst[n-2], dst = dst[n-1], dst[:n-1]
	}
	return dst
}
