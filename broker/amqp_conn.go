package broker

import (
	"errors"
	"net"
	"sync"
)

// corkLimit is how much a corked connection keeps before it writes: about as much as a socket takes at once.
const corkLimit = 64 << 10

// corkConn is a connection that joins writes while it is corked. The AMQP library writes each message separately, which costs a system call
// and wakes the server each time.
type corkConn struct {
	net.Conn

	mu    sync.Mutex
	corks int
	kept  []byte
}

// cork keeps writes until uncork or the limit.
func (c *corkConn) cork() {
	c.mu.Lock()
	c.corks++
	c.mu.Unlock()
}

// uncork writes what was kept, including other callers' data, who may keep the cork.
func (c *corkConn) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corks--
	return c.flush()
}

func (c *corkConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.corks == 0 {
		return c.Conn.Write(p)
	}
	c.kept = append(c.kept, p...)
	if len(c.kept) < corkLimit {
		return len(p), nil
	}
	if err := c.flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *corkConn) flush() error {
	if len(c.kept) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.kept)
	c.kept = c.kept[:0]
	if err != nil {
		// The library considers the kept data sent and waits for an answer: its reader must see the end.
		return errors.Join(err, c.Conn.Close())
	}
	return nil
}
