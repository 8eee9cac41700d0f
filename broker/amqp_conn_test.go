package broker

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
)

// writes are what reached a connection, write by write.
type writes struct {
	net.Conn
	seen   [][]byte
	err    error
	closed bool
}

func (w *writes) Close() error {
	w.closed = true
	return nil
}

func (w *writes) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.seen = append(w.seen, slices.Clone(p))
	return len(p), nil
}

func TestACorkedConnectionJoinsWrites(t *testing.T) {
	w := &writes{}
	c := &corkConn{Conn: w}
	write := func(p string) {
		t.Helper()
		if n, err := c.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatalf("wrote %d of %d: %v", n, len(p), err)
		}
	}
	wrote := func(want ...string) {
		t.Helper()
		got := []string{}
		for _, p := range w.seen {
			got = append(got, string(p))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("writes %.80q, %.80q were expected", got, want)
		}
	}
	uncork := func() {
		t.Helper()
		if err := c.uncork(); err != nil {
			t.Fatal(err)
		}
	}
	write("a")
	wrote("a")
	c.cork()
	write("b")
	write("c")
	wrote("a")
	// A finished caller doesn't wait for others.
	c.cork()
	write("d")
	uncork()
	wrote("a", "bcd")
	write("e")
	uncork()
	wrote("a", "bcd", "e")
	write("f")
	wrote("a", "bcd", "e", "f")
}

func TestACorkedConnectionKeepsNoMoreThanItsLimit(t *testing.T) {
	w := &writes{}
	c := &corkConn{Conn: w}
	c.cork()
	for range 2 * corkLimit / 1000 {
		if _, err := c.Write(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.seen) != 1 || len(w.seen[0]) < corkLimit || len(w.seen[0]) >= corkLimit+1000 {
		t.Errorf("%d writes", len(w.seen))
	}
	if err := c.uncork(); err != nil || len(bytes.Join(w.seen, nil)) != 2*corkLimit/1000*1000 {
		t.Errorf("%d bytes, %v", len(bytes.Join(w.seen, nil)), err)
	}
}

func TestACorkedConnectionReportsThatItBroke(t *testing.T) {
	broken := errors.New("broken")
	w := &writes{err: broken}
	c := &corkConn{Conn: w}
	c.cork()
	if _, err := c.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := c.uncork(); !errors.Is(err, broken) || !w.closed {
		t.Errorf("%v, closed %t", err, w.closed)
	}
}
