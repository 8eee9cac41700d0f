package contender

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// pickleNotation writes Python's pickle, protocol 5, as the standard library's pickler does for values that occur once. A list becomes a
// tuple. See Lib/pickletools.py of CPython for the opcodes.
type pickleNotation struct{}

// memoize is the opcode after each object that might occur again.
const memoize = 0x94

func (p pickleNotation) scalar(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, 'N'), nil
	case bool:
		if v {
			return append(dst, 0x88), nil
		}
		return append(dst, 0x89), nil
	case int64:
		return appendPickleInt(dst, v), nil
	case *big.Int:
		return appendPickleLong(dst, v), nil
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, 'G'), math.Float64bits(v)), nil
	case string:
		return p.text(dst, []byte(v)), nil
	}
	return nil, fmt.Errorf("encode an argument: no pickle for %T", v)
}

func (p pickleNotation) inline(text op, _ bool) op {
	return transformed(text, func(dst, src []byte) ([]byte, error) { return p.text(dst, src), nil })
}

func (pickleNotation) number(dst []byte, n int64) []byte { return appendPickleInt(dst, n) }

func appendPickleInt(dst []byte, v int64) []byte {
	switch {
	case v >= 0 && v <= 0xff:
		return append(dst, 'K', byte(v))
	case v >= 0 && v <= 0xffff:
		return binary.LittleEndian.AppendUint16(append(dst, 'M'), uint16(v))
	case v == int64(int32(v)):
		return binary.LittleEndian.AppendUint32(append(dst, 'J'), uint32(int32(v)))
	}
	return appendPickleLong(dst, big.NewInt(v))
}

// appendPickleLong writes the fewest bytes of two's complement that keep the sign, the lowest first.
func appendPickleLong(dst []byte, v *big.Int) []byte {
	n := v.BitLen()/8 + 1
	if v.Sign() < 0 {
		n = new(big.Int).Not(v).BitLen()/8 + 1
		v = new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	whole := v.FillBytes(make([]byte, n))
	slices.Reverse(whole)
	if n < 256 {
		dst = append(dst, 0x8a, byte(n))
	} else {
		dst = binary.LittleEndian.AppendUint32(append(dst, 0x8b), uint32(n))
	}
	return append(dst, whole...)
}

func (pickleNotation) text(dst, s []byte) []byte {
	if len(s) < 256 {
		dst = append(dst, 0x8c, byte(len(s)))
	} else {
		dst = binary.LittleEndian.AppendUint32(append(dst, 'X'), uint32(len(s)))
	}
	return append(append(dst, s...), memoize)
}

func (pickleNotation) list(n int) shape {
	switch n {
	case 0:
		return shape{open: []byte{')'}}
	case 1, 2, 3:
		return shape{end: []byte{0x84 + byte(n), memoize}}
	}
	return shape{open: []byte{'('}, end: []byte{'t', memoize}}
}

func (pickleNotation) dict(n int) shape {
	switch n {
	case 0:
		return shape{open: []byte{'}', memoize}}
	case 1:
		return shape{open: []byte{'}', memoize}, end: []byte{'s'}}
	}
	return shape{open: []byte{'}', memoize, '('}, end: []byte{'u'}}
}

// object is made as a named tuple is: its class, the tuple, and NEWOBJ.
func (p pickleNotation) object(class string) (shape, error) {
	module, name, ok := cutLast(class, ".")
	if !ok || name == "" {
		return shape{}, fmt.Errorf("object %q: write MODULE.CLASS", class)
	}
	open := p.text(p.text(nil, []byte(module)), []byte(name))
	return shape{open: append(open, 0x93, memoize), end: []byte{0x81, memoize}}, nil
}

func (pickleNotation) whole(value program) op {
	var frame []byte
	return func(dst []byte, t *Task) ([]byte, error) {
		var err error
		if frame, err = value.run(frame[:0], t); err != nil {
			return nil, err
		}
		dst = append(dst, 0x80, 5)
		if n := len(frame) + 1; n >= 4 { // a shorter one has no frame
			dst = binary.LittleEndian.AppendUint64(append(dst, 0x95), uint64(n))
		}
		return append(append(dst, frame...), '.'), nil
	}
}

// json writes arrays as lists, as Python's own JSON reader makes them.
func (p pickleNotation) json(dst, text []byte) ([]byte, error) {
	v, err := jsonValue(text)
	if err != nil {
		return nil, err
	}
	return p.decoded(dst, v)
}

func (p pickleNotation) decoded(dst []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		n, err := numberOf(v)
		if err != nil {
			return nil, err
		}
		return p.scalar(dst, n)
	case []any:
		dst = append(dst, ']', memoize)
		for _, x := range v {
			if dst, err = p.decoded(dst, x); err != nil {
				return nil, err
			}
			dst = append(dst, 'a')
		}
		return dst, nil
	case ordered:
		dst = append(dst, '}', memoize)
		for _, m := range v {
			if dst, err = p.decoded(p.text(dst, []byte(m.key)), m.value); err != nil {
				return nil, err
			}
			dst = append(dst, 's')
		}
		return dst, nil
	}
	return p.scalar(dst, v)
}
