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

// DefaultAddress is the default address of metrics.
const DefaultAddress = "127.0.0.1:9464"

// ErrAddress marks an address that can't serve metrics.
var ErrAddress = errors.New("can't serve there")

// The bounds of a server that has one client.
const (
	headerLimit = 5 * time.Second
	// lastScrape is how recently a client must have scraped to be allowed one more scrape after the run, for the last figures.
	lastScrape = 3 * time.Second
	// lastAnswer is how long answers that are under way may take after that.
	lastAnswer = time.Second
)

// Server serves a run's metrics to programs of this machine.
type Server struct {
	// Address is where it listens, HOST:PORT.
	Address string
	server  *http.Server
	ended   chan struct{}

	mu sync.Mutex
	// scraped is when it was last asked; asked is closed and replaced after each answer.
	scraped time.Time
	asked   chan struct{}
}

// Serve serves metrics at an address of loopback until Close.
//
// It always refuses other addresses: what tqbench serves is for this machine. A Prometheus in a container must share the run's container
// and so its loopback, as in Dagger's monitoring function.
func Serve(ctx context.Context, address string, m *Metrics) (*Server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !local(host) {
		return nil, fmt.Errorf("%w: %q: only this machine's own programs are served: write a loopback address with a port, such as %s",
			ErrAddress, address, DefaultAddress)
	}
	if host == "localhost" {
		address = net.JoinHostPort("127.0.0.1", port) // any resolver
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: %s: another program listens there: name another port", ErrAddress, address)
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w", ErrAddress, address, err)
	}
	s := &Server{Address: l.Addr().String(), ended: make(chan struct{}), asked: make(chan struct{})}
	// Compression would cost the measuring machine more than loopback saves.
	metrics := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		metrics.ServeHTTP(w, r)
		s.answered()
	})
	s.server = &http.Server{Handler: onlyLocal(mux), ReadHeaderTimeout: headerLimit}
	go func() {
		defer close(s.ended)
		_ = s.server.Serve(l) // only Close ends it
	}()
	return s, nil
}

// local reports whether a host is this machine. The only name is localhost.
func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// onlyLocal refuses requests for other hosts: a web page whose name was made to lead here would read what this machine does.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local((&url.URL{Host: r.Host}).Hostname()) {
			http.Error(w, "this host is not served here", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answered notes that a client has read the metrics.
func (s *Server) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scraped = time.Now()
	close(s.asked)
	s.asked = make(chan struct{})
}

// Close ends the server. A client that scraped recently may first scrape the last figures.
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
	// Its answer may still be under way.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastAnswer)
	defer cancel()
	_ = s.server.Shutdown(ending)
	_ = s.server.Close()
	<-s.ended
}
