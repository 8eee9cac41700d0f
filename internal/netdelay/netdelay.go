// Package netdelay puts a stated round-trip time between two programs of one machine: a TCP proxy that passes on all data, in either
// direction, half that time later.
//
// Its one opinion: a delay is not a rate. Each chunk has a due time, and any number of them are under way at once, as on a long wire, up to
// a maximum of bytes per connection. Connecting takes no time: the kernel answers for the proxy.
package netdelay

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	// chunkSize is the maximum of one read.
	chunkSize = 64 << 10
	// windowSize bounds the bytes under way in one direction of a connection: as much as a fast network holds. Beyond it, a sender waits,
	// as for a full socket.
	windowSize = 4 << 20
)

// Proxy delays the data through it.
type Proxy struct {
	listener net.Listener
	target   string
	line     *line
	wg       sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]bool
}

// Listen makes a proxy to the target, HOST:PORT, on a free port of loopback. A round trip through it takes rtt longer.
func Listen(target string, rtt time.Duration) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p := &Proxy{listener: l, target: target, line: newLine(rtt / 2), conns: map[net.Conn]bool{}}
	p.wg.Go(p.line.run)
	p.wg.Go(p.accept)
	return p, nil
}

// Addr is where it listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close ends all connections and waits until nothing of the proxy is left.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.line.close()
	p.wg.Wait()
}

// Cut breaks every connection at once, like a firewall that forgets them: both sides see a reset, and data under way are lost. New
// connections work at once.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	reset(slices.Collect(maps.Keys(p.conns))...)
}

// reset closes connections so that the other sides see a reset. It prepares all before it closes one: the server of that one closes its
// peer.
func reset(conns ...net.Conn) {
	for _, c := range conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
	for _, c := range conns {
		_ = c.Close()
	}
}

// SetRTT changes the added round-trip time. Data under way arrive at their due times, and later data never before them.
func (p *Proxy) SetRTT(rtt time.Duration) {
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	p.line.delay = rtt / 2
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many files are open: those who wait are accepted when some are closed
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if p.hold(c) {
			p.wg.Go(func() { p.serve(c) })
		}
	}
}

// hold notes a connection, so that Close ends it, and reports whether it is still useful.
func (p *Proxy) hold(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = c.Close()
		return false
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) drop(c net.Conn) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	_ = c.Close()
}

// serve connects a client to the target. To the client, an unreachable target is a connection that ends.
func (p *Proxy) serve(client net.Conn) {
	defer p.drop(client)
	server, err := net.Dial("tcp", p.target)
	if err != nil || !p.hold(server) {
		return
	}
	defer p.drop(server)
	var wg sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		wg.Go(func() {
			if err := p.line.forward(way[1].(*net.TCPConn), way[0]); err != nil {
				// When one side aborts, the other must not wait, nor mistake it for a proper end.
				reset(client, server)
			}
		})
	}
	wg.Wait()
}

// chunk is what is under way: bytes, or the end of a direction, which may be an abort.
type chunk struct {
	due         time.Time
	to          *pipe
	data        []byte
	end, broken bool
}

// line is everything under way, in order of arrival. The delay is the same for all, so that is also the order of due times, except briefly
// after the delay got shorter. One thread with an exact timer serves all connections.
type line struct {
	mu     sync.Mutex
	more   *sync.Cond
	delay  time.Duration
	chunks []chunk
	closed bool
}

func newLine(delay time.Duration) *line {
	l := &line{delay: delay}
	l.more = sync.NewCond(&l.mu)
	return l
}

// put adds a chunk; after close, it drops it.
func (l *line) put(c chunk) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	// The time is taken under the lock, so that it never decreases from one chunk to the next.
	c.due = time.Now().Add(l.delay)
	if l.closed {
		return false
	}
	l.chunks = append(l.chunks, c)
	l.more.Signal()
	return true
}

func (l *line) close() {
	l.mu.Lock()
	l.closed = true
	l.more.Signal()
	l.mu.Unlock()
}

// run delivers each chunk when it is due, until the line is closed.
func (l *line) run() {
	for {
		l.mu.Lock()
		for len(l.chunks) == 0 && !l.closed {
			l.more.Wait()
		}
		if l.closed {
			for _, c := range l.chunks {
				c.to.give(chunk{end: true})
			}
			l.chunks = nil
			l.mu.Unlock()
			return
		}
		c := l.chunks[0]
		l.chunks[0] = chunk{} // its bytes are not kept by what was behind it
		l.chunks = l.chunks[1:]
		l.mu.Unlock()
		sleepUntil(c.due)
		c.to.give(c)
	}
}

// pipe is one direction of a connection.
type pipe struct {
	mu      sync.Mutex
	changed *sync.Cond
	arrived []chunk
	// under is how many bytes are under way or unwritten.
	under  int
	broken bool
}

// give passes a chunk to the writer.
func (p *pipe) give(c chunk) {
	p.mu.Lock()
	p.arrived = append(p.arrived, c)
	p.changed.Broadcast()
	p.mu.Unlock()
}

// half is a connection whose writing side can be closed alone.
type half interface {
	io.Writer
	CloseWrite() error
}

// forward moves one direction until it ends, and ends it on the other side, too.
func (l *line) forward(to half, from io.Reader) error {
	p := &pipe{}
	p.changed = sync.NewCond(&p.mu)
	read := make(chan error, 1)
	go func() { read <- l.fill(p, from) }()
	err := p.write(to)
	if err != nil {
		p.mu.Lock()
		p.broken = true
		p.changed.Broadcast()
		p.mu.Unlock()
		if c, ok := from.(io.Closer); ok {
			_ = c.Close() // ends the reader's wait
		}
	}
	return errors.Join(err, <-read)
}

// fill reads until the end and puts the data on the line.
func (l *line) fill(p *pipe, from io.Reader) error {
	buf := make([]byte, chunkSize)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			p.mu.Lock()
			for p.under >= windowSize && !p.broken {
				p.changed.Wait()
			}
			p.under += n
			broken := p.broken
			p.mu.Unlock()
			if broken {
				return nil // the writer tells why
			}
			if !l.put(chunk{to: p, data: append([]byte(nil), buf[:n]...)}) {
				p.give(chunk{end: true, broken: true})
				return net.ErrClosed
			}
		}
		if err != nil {
			end := chunk{to: p, end: true, broken: !errors.Is(err, io.EOF)}
			if !l.put(end) {
				p.give(end)
			}
			if end.broken {
				return err
			}
			return nil
		}
	}
}

// write writes what has arrived, all at once, until the end.
func (p *pipe) write(to half) error {
	for {
		p.mu.Lock()
		for len(p.arrived) == 0 {
			p.changed.Wait()
		}
		batch := p.arrived
		p.arrived = nil
		p.mu.Unlock()
		n := 0
		for _, c := range batch {
			if c.broken {
				return nil // the reader tells why
			}
			if c.end {
				return to.CloseWrite()
			}
			if _, err := to.Write(c.data); err != nil {
				return err
			}
			n += len(c.data)
		}
		p.mu.Lock()
		p.under -= n
		p.changed.Broadcast()
		p.mu.Unlock()
	}
}
