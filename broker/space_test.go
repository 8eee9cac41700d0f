package broker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// pooler passes connections on to a server of PostgreSQL, without the options of their first message, as a pooler may.
func pooler(t *testing.T, server string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	pass := func(from net.Conn) {
		defer from.Close()
		head := make([]byte, 4)
		if _, err := io.ReadFull(from, head); err != nil {
			return
		}
		rest := make([]byte, binary.BigEndian.Uint32(head)-4)
		if _, err := io.ReadFull(from, rest); err != nil {
			return
		}
		to, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer to.Close()
		out := rest[:4:4] // the protocol's version
		words := bytes.Split(bytes.TrimRight(rest[4:], "\x00"), []byte{0})
		for i := 0; i+1 < len(words); i += 2 {
			if string(words[i]) != "options" {
				out = append(append(append(append(out, words[i]...), 0), words[i+1]...), 0)
			}
		}
		out = append(out, 0)
		if _, err := to.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(out)+4)), out...)); err != nil {
			return
		}
		open.Go(func() {
			_, _ = io.Copy(to, from)
			_ = to.Close()
		})
		_, _ = io.Copy(from, to)
	}
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { pass(c) })
		}
	})
	return l.Addr().String()
}

// Behind a pooler that ignores options, tables would come into a schema of others: that is refused, and nothing is left.
func TestASchemaThatIsNotTakenIsRefused(t *testing.T) {
	testneeds.Real(t, "a broker")
	server, err := Open(t.Context(), "postgres", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.Host = pooler(t, u.Host)
	q := u.Query()
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	b, err := Open(t.Context(), "postgres", Options{URL: u.String(), Space: "tqbench-pooled"})
	if err == nil {
		_ = b.Close()
	}
	if !errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), "ignores the options of the URL") {
		t.Errorf("%v", err)
	}
	var left int
	p := server.(*postgres)
	if err := p.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tqbench%'").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d schemas are left (%v)", left, err)
	}
	b, err = Open(t.Context(), "postgres", Options{URL: server.URL(), Space: "tqbench-direct"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
