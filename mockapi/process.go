package mockapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// serveEnv makes a binary that calls MaybeServe a mock API, which writes its address into the named file.
const serveEnv = "TQBENCH_SERVE_MOCKAPI"

// statsLimit bounds a question.
const statsLimit = 10 * time.Second

// MaybeServe turns this process into the service if it was started as one, and then does not return. Every binary that starts the service
// calls it first, test binaries in TestMain.
func MaybeServe() {
	path := os.Getenv(serveEnv)
	if path == "" {
		return
	}
	if err := serve(path); err != nil {
		fmt.Fprintln(os.Stderr, "tqbench mockapi:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(path string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// Every user of the machine reaches loopback. Without this path, a client can charge no order.
	secret := "/" + rand.Text()
	if err := process.Announce(path, l.Addr().String()+secret); err != nil {
		return err
	}
	return (&http.Server{Handler: http.StripPrefix(secret, New()), ReadHeaderTimeout: 10 * time.Second}).Serve(l)
}

// Process is the service in a separate process.
type Process struct {
	// URL is its address. It holds a secret: it only goes into a worker's environment.
	URL     string
	service *process.Service
}

// Start starts the service on a free port of loopback.
func Start(ctx context.Context) (*Process, error) {
	s, err := process.StartService(ctx, "mock API", func(file string) []string { return []string{serveEnv + "=" + file} })
	if err != nil {
		return nil, err
	}
	return &Process{URL: "http://" + s.Address, service: s}, nil
}

// Stats asks the service what it did.
func (p *Process) Stats(ctx context.Context) (Stats, error) {
	ctx, cancel := context.WithTimeout(ctx, statsLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/stats", nil)
	if err != nil {
		return Stats{}, fmt.Errorf("ask the mock API: %w", err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return Stats{}, fmt.Errorf("ask the mock API: %w", err)
	}
	defer resp.Body.Close()
	var s Stats
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		return Stats{}, fmt.Errorf("ask the mock API: %w", err)
	}
	return s, nil
}

// Close stops it.
func (p *Process) Close() { p.service.Close() }
