package results

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// footerEnd is what follows a footer: its length and the mark of the format.
	footerEnd = 8
	// largestFooter is how long a footer may be, in bytes; it has some thousand.
	largestFooter = 1 << 20
	// longestList and deepest bound what a footer may hold. It describes 11 columns, once for each row group.
	longestList, deepest = 4 << 10, 16
)

// errFooter marks a footer that isn't as tqbench writes it.
var errFooter = errors.New("its footer is damaged")

// vetFooter refuses a file whose footer would make its reader take more room than it has itself: the library makes room for
// as long a list as the footer states.
func vetFooter(data []byte) error {
	n := len(data) - footerEnd
	if n < 0 {
		return errFooter
	}
	size := int64(binary.LittleEndian.Uint32(data[n:]))
	if size > min(int64(n), largestFooter) {
		return fmt.Errorf("%w: it says that it has %d bytes", errFooter, size)
	}
	w := walk{data[int64(n)-size : n]}
	return w.value(thriftStruct, 0)
}

// The kinds of values of Thrift's compact protocol, by their numbers there.
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftInt16
	thriftInt32
	thriftInt64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// walk goes over a value of Thrift's compact protocol and keeps nothing of it.
type walk struct{ b []byte }

// skip goes over n bytes.
func (w *walk) skip(n uint64) error {
	if n > uint64(len(w.b)) {
		return errFooter
	}
	w.b = w.b[n:]
	return nil
}

func (w *walk) byte() (byte, error) {
	if len(w.b) == 0 {
		return 0, errFooter
	}
	b := w.b[0]
	w.b = w.b[1:]
	return b, nil
}

func (w *walk) varint() (uint64, error) {
	u, n := binary.Uvarint(w.b)
	if n <= 0 {
		return 0, errFooter
	}
	w.b = w.b[n:]
	return u, nil
}

// value goes over a value at that depth.
func (w *walk) value(kind byte, depth int) error {
	if depth > deepest {
		return fmt.Errorf("%w: it is nested too deep", errFooter)
	}
	switch kind {
	case thriftTrue, thriftFalse, thriftByte: // as they stand in a list; a field of truth has no byte
		return w.skip(1)
	case thriftInt16, thriftInt32, thriftInt64:
		_, err := w.varint()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, err := w.varint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		return w.list(depth)
	case thriftStruct:
		return w.fields(depth)
	}
	return fmt.Errorf("%w: it has a value of kind %d", errFooter, kind)
}

func (w *walk) list(depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.varint(); err != nil {
			return err
		}
	}
	if n > longestList {
		return fmt.Errorf("%w: it says that it has a list of %d", errFooter, n)
	}
	for range n {
		if err := w.value(head&15, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) fields(depth int) error {
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		kind := head & 15
		if head>>4 == 0 { // its number follows
			if _, err := w.varint(); err != nil {
				return err
			}
		}
		if kind == thriftTrue || kind == thriftFalse {
			continue
		}
		if err := w.value(kind, depth+1); err != nil {
			return err
		}
	}
}
