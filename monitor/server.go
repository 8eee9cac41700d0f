package monitor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// DefaultAddress is where metrics are looked for unless something else is said.
const DefaultAddress = "127.0.0.1:9464"

// ErrAddress marks an address that metrics can't be served at.
var ErrAddress = errors.New("can't serve there")

// The bounds of a server that has one client.
const (
	headerLimit = 5 * time.Second
	// lastScrape is how long whoever has scraped at this distance may take to come once more when the run is over, so that
	// it has the run's last figures.
	lastScrape = 3 * time.Second
)

// Server serves a run's metrics to programs of this machine.
type Server struct {
	// Address is where it listens, HOST:PORT.
	Address string
	server  *http.Server
	ended   chan struct{}

	mu sync.Mutex
	// scraped is when it was asked last; asked is closed, and replaced, when it has answered.
	scraped time.Time
	asked   chan struct{}
}

// Serve serves metrics at an address of loopback until Close.
//
// Another address is refused without an exception: what tqbench serves is for this machine. A Prometheus in a container
// stands in the one that the run is in, as Dagger's monitoring function has it, and shares its loopback.
func Serve(ctx context.Context, address string, m *Metrics) (*Server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !local(host) {
		return nil, fmt.Errorf("%w: %q: only this machine's own programs are served: write a loopback address with a port, such as %s",
			ErrAddress, address, DefaultAddress)
	}
	if host == "localhost" {
		address = net.JoinHostPort("127.0.0.1", port) // whatever a resolver makes of the name
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: %s: another program listens there: name another port", ErrAddress, address)
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w", ErrAddress, address, err)
	}
	s := &Server{Address: l.Addr().String(), ended: make(chan struct{}), asked: make(chan struct{})}
	// Compression would cost the machine that measures more than loopback saves.
	metrics := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		metrics.ServeHTTP(w, r)
		s.answered()
	})
	s.server = &http.Server{Handler: onlyLocal(mux), ReadHeaderTimeout: headerLimit}
	go func() {
		defer close(s.ended)
		_ = s.server.Serve(l) // it ends by Close alone
	}()
	return s, nil
}

// local tells whether a host is this machine, seen from itself. A name is none but localhost.
func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// onlyLocal refuses requests that were meant for another host: a page of the web whose name was made to lead here would
// read what this machine does.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local((&url.URL{Host: r.Host}).Hostname()) {
			http.Error(w, "this host is not served here", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answered notes that somebody has read the metrics.
func (s *Server) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scraped = time.Now()
	close(s.asked)
	s.asked = make(chan struct{})
}

// Close ends the server. Whoever scraped it of late is first let scrape the last figures.
func (s *Server) Close(ctx context.Context) {
	s.mu.Lock()
	scraped, asked := s.scraped, s.asked
	s.mu.Unlock()
	if time.Since(scraped) < lastScrape {
		select {
		case <-asked:
		case <-time.After(lastScrape):
		case <-ctx.Done():
		}
	}
	_ = s.server.Close()
	<-s.ended
}
