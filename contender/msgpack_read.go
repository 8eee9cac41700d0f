package contender

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// msgpackDepth bounds the nesting of maps and arrays.
const msgpackDepth = 16

var errMsgpack = errors.New("not MessagePack as it is read here")

// readMsgpack reads one value: nil, bool, int64, larger uint64, float64, string, []byte, []any or map[string]any. Extension types and keys
// that aren't strings are errors, as events don't use them.
func readMsgpack(b []byte, depth int) (v any, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, fmt.Errorf("%w: it ends early", errMsgpack)
	}
	c, b := b[0], b[1:]
	switch {
	case c <= 0x7f:
		return int64(c), b, nil
	case c >= 0xe0:
		return int64(int8(c)), b, nil
	case c <= 0x8f:
		return readMsgpackMap(b, uint64(c&0x0f), depth)
	case c <= 0x9f:
		return readMsgpackArray(b, uint64(c&0x0f), depth)
	case c <= 0xbf:
		return readMsgpackString(b, uint64(c&0x1f))
	}
	switch c {
	case 0xc0:
		return nil, b, nil
	case 0xc2, 0xc3:
		return c == 0xc3, b, nil
	}
	// The other codes give the size of a number that follows: a length or the value itself.
	size := 0
	switch c {
	case 0xc4, 0xcc, 0xd0, 0xd9:
		size = 1
	case 0xc5, 0xcd, 0xd1, 0xda, 0xdc, 0xde:
		size = 2
	case 0xc6, 0xca, 0xce, 0xd2, 0xdb, 0xdd, 0xdf:
		size = 4
	case 0xcb, 0xcf, 0xd3:
		size = 8
	default:
		return nil, nil, fmt.Errorf("%w: code %#x", errMsgpack, c)
	}
	if len(b) < size {
		return nil, nil, fmt.Errorf("%w: it ends early", errMsgpack)
	}
	var wide [8]byte
	copy(wide[8-size:], b[:size])
	n, b := binary.BigEndian.Uint64(wide[:]), b[size:]
	switch c {
	case 0xc4, 0xc5, 0xc6:
		s, rest, err := readMsgpackString(b, n)
		if err != nil {
			return nil, nil, err
		}
		return []byte(s.(string)), rest, nil
	case 0xca:
		return float64(math.Float32frombits(uint32(n))), b, nil
	case 0xcb:
		return math.Float64frombits(n), b, nil
	case 0xcc, 0xcd, 0xce:
		return int64(n), b, nil
	case 0xcf:
		if n > math.MaxInt64 {
			return n, b, nil
		}
		return int64(n), b, nil
	case 0xd0:
		return int64(int8(n)), b, nil
	case 0xd1:
		return int64(int16(n)), b, nil
	case 0xd2:
		return int64(int32(n)), b, nil
	case 0xd3:
		return int64(n), b, nil
	case 0xd9, 0xda, 0xdb:
		return readMsgpackString(b, n)
	case 0xdc, 0xdd:
		return readMsgpackArray(b, n, depth)
	}
	return readMsgpackMap(b, n, depth)
}

func readMsgpackString(b []byte, n uint64) (any, []byte, error) {
	if uint64(len(b)) < n {
		return nil, nil, fmt.Errorf("%w: it ends early", errMsgpack)
	}
	return string(b[:n]), b[n:], nil
}

func readMsgpackArray(b []byte, n uint64, depth int) (any, []byte, error) {
	// Each element takes at least one byte, so a false length reserves no memory.
	if depth == 0 || n > uint64(len(b)) {
		return nil, nil, fmt.Errorf("%w: too long or too deep", errMsgpack)
	}
	out := make([]any, n)
	var err error
	for i := range out {
		if out[i], b, err = readMsgpack(b, depth-1); err != nil {
			return nil, nil, err
		}
	}
	return out, b, nil
}

func readMsgpackMap(b []byte, n uint64, depth int) (any, []byte, error) {
	if depth == 0 || n > uint64(len(b))/2 {
		return nil, nil, fmt.Errorf("%w: too long or too deep", errMsgpack)
	}
	out := make(map[string]any, n)
	for range n {
		k, rest, err := readMsgpack(b, depth-1)
		if err != nil {
			return nil, nil, err
		}
		key, ok := k.(string)
		if !ok {
			return nil, nil, fmt.Errorf("%w: a key of type %T", errMsgpack, k)
		}
		if out[key], b, err = readMsgpack(rest, depth-1); err != nil {
			return nil, nil, err
		}
	}
	return out, b, nil
}
