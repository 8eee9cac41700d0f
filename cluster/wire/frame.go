// Package wire carries what a collector and its agents say to each other, on one TCP connection for each agent.
//
// The collector asks and the agent answers; the agent also ships files that grow, and the collector acknowledges what it has. A connection
// that is cut is made again by the agent: requests are then repeated and answered once, and files go on where the collector has them. So
// each byte of a file arrives exactly once. Both sides prove that they know the run's token, which is never sent.
//
// A frame is the length of what follows (u32), its kind (u8) and its content. Numbers are big-endian, texts are JSON unless a frame says
// otherwise. Nothing is encrypted: see docs/many-machines.md.
package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Version is the protocol's.
const Version = 1

// The kinds of frames.
const (
	kindHello     = 1  // agent: hello
	kindChallenge = 2  // collector: challenge
	kindProof     = 3  // agent: proof
	kindWelcome   = 4  // collector: welcome
	kindPing      = 5  // collector: T0, as i64
	kindPong      = 6  // agent: T0, T1, T2, as i64, and the number of its news, as u32
	kindRequest   = 7  // collector: request
	kindResponse  = 8  // agent: response
	kindData      = 9  // agent: the length of a file's name (u16), the name, the offset (u64), and bytes of the file
	kindAck       = 10 // collector: the same without bytes: all before the offset has arrived
	kindBye       = 11 // either: why it ends the connection for good
)

const (
	// helloMost bounds a frame before the other side has proved that it knows the token, in bytes; frameMost bounds one after that, which
	// may hold the arrival times of a long trace.
	helloMost = 4 << 10
	frameMost = 256 << 20
	// dataMost is the maximum of a file's bytes in a frame.
	dataMost = 64 << 10
	// nameMost is the maximum length of a file's name.
	nameMost = 255
	// silence is how long a connection may be silent: pings come ten times a second.
	silence = 5 * time.Second
	// writing bounds how long the other side may take no bytes.
	writing = 10 * time.Second
)

// ErrProtocol marks bytes that the other side of this version would not send.
var ErrProtocol = errors.New("not the protocol of this tqbench")

// connection is a TCP connection with frames. One goroutine reads; any may write.
type connection struct {
	net.Conn
	reader *bufio.Reader
	// most bounds a frame that is read.
	most int

	writing sync.Mutex
	buffer  []byte
}

func newConnection(c net.Conn) *connection {
	return &connection{Conn: c, reader: bufio.NewReaderSize(c, 128<<10), most: helloMost}
}

// read reads a frame. Its content is only valid until the next one, if room is used again for it.
func (c *connection) read(room *[]byte) (kind byte, content []byte, err error) {
	if err := c.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return 0, nil, err
	}
	return readFrame(c.reader, c.most, room)
}

func readFrame(r io.Reader, most int, room *[]byte) (kind byte, content []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 1 || uint64(n-1) > uint64(most) {
		return 0, nil, fmt.Errorf("%w: a frame of %d bytes, of at most %d", ErrProtocol, n, most)
	}
	n--
	// Room is made for what arrives, not for what the length says.
	*room = (*room)[:0]
	for uint32(len(*room)) < n {
		have := len(*room)
		step := min(int(n)-have, 1<<20)
		if cap(*room) < have+step {
			grown := make([]byte, have, max(2*cap(*room), have+step))
			copy(grown, *room)
			*room = grown
		}
		*room = (*room)[:have+step]
		if _, err := io.ReadFull(r, (*room)[have:]); err != nil {
			return 0, nil, err
		}
	}
	return head[4], *room, nil
}

// write writes a frame. fill appends its content, right before it is written: a time that it takes is not older than that.
func (c *connection) write(kind byte, fill func([]byte) []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.SetWriteDeadline(time.Now().Add(writing)); err != nil {
		return err
	}
	c.buffer = fill(append(c.buffer[:0], 0, 0, 0, 0, kind))
	binary.BigEndian.PutUint32(c.buffer, uint32(len(c.buffer)-4))
	_, err := c.Write(c.buffer)
	if cap(c.buffer) > 2*dataMost {
		c.buffer = nil // a rare long frame
	}
	return err
}

func (c *connection) writeJSON(kind byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.write(kind, func(b []byte) []byte { return append(b, data...) })
}

// expect reads a frame of one kind.
func (c *connection) expect(kind byte, v any) error {
	var room []byte
	got, content, err := c.read(&room)
	switch {
	case err != nil:
		return err
	case got == kindBye:
		return farewell(content)
	case got != kind:
		return fmt.Errorf("%w: a frame of kind %d, not %d", ErrProtocol, got, kind)
	}
	return decode(content, v)
}

func decode(content []byte, v any) error {
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("%w: %v", ErrProtocol, err)
	}
	return nil
}

// appendPiece appends a file's name, an offset and bytes.
func appendPiece(b []byte, name string, offset int64, data []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(name)))
	b = append(b, name...)
	b = binary.BigEndian.AppendUint64(b, uint64(offset))
	return append(b, data...)
}

// piece reads what appendPiece made.
func piece(content []byte) (name string, offset int64, data []byte, err error) {
	if len(content) < 2 {
		return "", 0, nil, fmt.Errorf("%w: part of a file without a name", ErrProtocol)
	}
	n := int(binary.BigEndian.Uint16(content))
	content = content[2:]
	if n == 0 || n > nameMost || len(content) < n+8 {
		return "", 0, nil, fmt.Errorf("%w: part of a file with a name of %d bytes", ErrProtocol, n)
	}
	name, content = string(content[:n]), content[n:]
	if offset = int64(binary.BigEndian.Uint64(content)); offset < 0 {
		return "", 0, nil, fmt.Errorf("%w: part of a file at %d", ErrProtocol, offset)
	}
	return name, offset, content[8:], nil
}

// numbers reads that many i64.
func numbers(content []byte, n int) ([]int64, error) {
	if len(content) < 8*n {
		return nil, fmt.Errorf("%w: %d bytes of %d", ErrProtocol, len(content), 8*n)
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(binary.BigEndian.Uint64(content[8*i:]))
	}
	return out, nil
}
