package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/tqbench/tqbench/internal/interrupt"
)

// closeLimit is how long a server may take to acknowledge the end of a connection.
const closeLimit = 2 * time.Second

// corkedConnection is a connection, and what it writes to.
type corkedConnection struct {
	*amqp.Connection
	wire *corkConn
}

// confirming is a channel in confirm mode, and what its connection writes to.
type confirming struct {
	*amqp.Channel
	wire *corkConn
	// ended gets why the server or the network ended the channel.
	ended chan *amqp.Error
}

// refusal is why a message was not confirmed. The library says so of all messages under way when a channel ends, which tells nothing of them.
func (c confirming) refusal() error {
	if !c.IsClosed() {
		return errRefused
	}
	select {
	case err := <-c.ended:
		if err != nil {
			return err
		}
	default:
	}
	return amqp.ErrClosed
}

// connection is the one connection, or a new one after its end. Its operations end with the run.
func (r *rabbitmq) connection(ctx context.Context) (*corkedConnection, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn != nil && !r.conn.IsClosed() {
		return r.conn, nil
	}
	var wire *corkConn
	done := func() bool { return true }
	dial := func(network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{Timeout: dialLimit}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		// The library removes the limit once it is connected.
		if err := c.SetDeadline(time.Now().Add(dialLimit)); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		wire, done = &corkConn{Conn: c}, interrupt.Reads(ctx, c)
		return wire, nil
	}
	c := amqp.Config{Dial: dial, Properties: amqp.Table{"product": "tqbench"}}
	if r.at.tls != nil {
		var err error
		if c.TLSClientConfig, err = r.at.tls.config("RabbitMQ", r.at.endpoint().Host); err != nil {
			return nil, err
		}
	}
	conn, err := amqp.DialConfig(r.at.bare(), c)
	done()
	if err != nil {
		return nil, err
	}
	if r.run.Err() == nil {
		interrupt.Reads(r.run, wire)
	}
	r.conn, r.idle = &corkedConnection{conn, wire}, nil
	return r.conn, nil
}

// channel takes an unused channel, or opens one. The caller returns it with done, unless it broke.
func (r *rabbitmq) channel(ctx context.Context) (ch confirming, done func(ok bool), err error) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return ch, nil, ctx.Err()
	}
	release := func() { <-r.slots }
	conn, err := r.connection(ctx)
	if err != nil {
		release()
		return ch, nil, err
	}
	r.mu.Lock()
	if n := len(r.idle); n > 0 {
		ch, r.idle = r.idle[n-1], r.idle[:n-1]
	}
	r.mu.Unlock()
	if ch.Channel == nil {
		ch.wire = conn.wire
		if ch.Channel, err = conn.Channel(); err == nil {
			ch.ended = ch.NotifyClose(make(chan *amqp.Error, 1))
			err = ch.Confirm(false)
		}
		if err != nil {
			release()
			return ch, nil, err
		}
	}
	return ch, func(ok bool) {
		if ok && !ch.IsClosed() {
			r.mu.Lock()
			if r.conn == conn {
				r.idle = append(r.idle, ch)
			}
			r.mu.Unlock()
		} else {
			_ = ch.Close()
		}
		release()
	}, nil
}

// cut ends what the connection waits for, and with that the connection.
func (r *rabbitmq) cut() {
	r.mu.Lock()
	conn := r.conn
	r.mu.Unlock()
	if conn != nil {
		_ = conn.wire.SetDeadline(time.Now()) // a closed one waits for nothing
	}
}

// Close disconnects, and stops a private server, epmd included, and removes its data.
func (r *rabbitmq) Close() error {
	r.mu.Lock()
	conn := r.conn
	r.mu.Unlock()
	var err error
	if conn != nil && !conn.IsClosed() {
		if err = conn.CloseDeadline(time.Now().Add(closeLimit)); errors.Is(err, amqp.ErrClosed) || strings.Contains(fmt.Sprint(err), "use of closed") {
			err = nil
		}
	}
	r.stop(syscall.SIGTERM)
	return err
}
