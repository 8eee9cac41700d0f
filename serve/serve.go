// Package serve shows the runs below a folder in a browser on the same machine: a list that follows a running one, a live page of it, each
// run's report and files, and comparisons of two runs.
//
// Its one opinion: others wrote what it shows, and others may ask the browser. So it listens on loopback, only answers to a loopback name
// and to no page of another site, only reads, leaves the folder through no path or link, and lets no page run foreign scripts.
package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrInput marks what the user can fix: another folder, another address.
var ErrInput = errors.New("can't serve")

// DefaultListen is the default address of the page.
const DefaultListen = "127.0.0.1:8090"

// maxFile is the maximum size of a JSON file to read, in bytes: it bounds the cost of a foreign file. A trial takes a few thousand bytes of
// an analysis, so that more than ten thousand trials fit.
const maxFile = 128 << 20

// Server serves the runs below one folder.
type Server struct {
	folder string
	root   *os.Root
	// largest is maxFile, except in tests.
	largest int64
	// pause is the minimum time between two reads of the list.
	pause time.Duration
	pages *pages
	// turns has room for the one request that decodes analyses; patience is how long others wait for their turn, and reading is how long an
	// answer may take to be read.
	turns             chan struct{}
	patience, reading time.Duration

	mu     sync.Mutex
	list   List
	until  time.Time // list is taken as it is until then
	cached map[string]cached
}

// New opens the folder.
func New(folder string) (*Server, error) {
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	case !info.IsDir():
		return nil, fmt.Errorf("%w: %s is not a folder: name one with runs below it", ErrInput, folder)
	}
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	p, err := newPages()
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &Server{folder: abs, root: root, largest: maxFile, pause: time.Second, turns: make(chan struct{}, 1), patience: turnWait, reading: turnWrite, pages: p, cached: map[string]cached{}}, nil
}

// Close closes the folder.
func (s *Server) Close() error { return s.root.Close() }

// Listen listens on an address of loopback.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	const allowed = "write 127.0.0.1:PORT, [::1]:PORT or localhost:PORT"
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: --listen %q: %s", ErrInput, address, allowed)
	}
	if !loopback(host) {
		return nil, fmt.Errorf("%w: --listen %q is not an address of this machine alone, and the page asks for no password: %s", ErrInput, address, allowed)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: --listen: %w", ErrInput, err)
	}
	// A name may lead anywhere.
	if a, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !a.Addr().Unmap().IsLoopback() {
		return nil, errors.Join(fmt.Errorf("%w: --listen %q leads to %s: %s", ErrInput, address, l.Addr(), allowed), l.Close())
	}
	return l, nil
}

// loopback reports whether a host is this machine, by a name or number that no other machine can have.
func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Zone() == "" && a.Unmap().IsLoopback()
}

// Serve answers on l until the context ends, and then stops at once: there is nothing to finish.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.Handler(l.Addr()),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}
