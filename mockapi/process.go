package mockapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// serveEnv makes a binary that calls MaybeServe a mock API, which writes its address into the file that it names.
const serveEnv = "TQBENCH_SERVE_MOCKAPI"

const startLimit = 10 * time.Second

// MaybeServe turns this process into the service if it was started as one, and then does not return. Every binary that
// starts the service calls it first, the binaries of tests in TestMain too.
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
	// Renamed into place, so that nobody reads half an address.
	if err := os.WriteFile(path+".part", []byte(l.Addr().String()), 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	return (&http.Server{Handler: New(), ReadHeaderTimeout: 10 * time.Second}).Serve(l)
}

// Process is the service in a process of its own, so that it shares nothing with the harness.
type Process struct {
	// URL is where it answers.
	URL   string
	group *process.Group
}

// Start starts the service on a free port of loopback.
func Start(ctx context.Context) (*Process, error) {
	dir, err := os.MkdirTemp("", "tqbench-mockapi-")
	if err != nil {
		return nil, fmt.Errorf("start the mock API: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the mock API: %w", err), os.RemoveAll(dir))
	}
	address, log := filepath.Join(dir, "address"), filepath.Join(dir, "log")
	group, err := process.Start(ctx, []process.Command{{Argv: []string{self}, Env: []string{serveEnv + "=" + address}, Dir: dir, Log: log}}, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the mock API: %w", err), os.RemoveAll(dir))
	}
	p := &Process{group: group}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if data, err := os.ReadFile(address); err == nil {
			p.URL = "http://" + strings.TrimSpace(string(data))
			return p, nil
		}
		exits, changed := group.Exits()
		if len(exits) > 0 {
			err := fmt.Errorf("start the mock API: it ended at once (%s): %s", exits[0], process.LastWords(log))
			p.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			p.Close()
			return nil, fmt.Errorf("start the mock API: %w", ctx.Err())
		case <-changed:
		case <-tick.C:
		}
	}
}

// Stats asks the service what it did.
func (p *Process) Stats(ctx context.Context) (Stats, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
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

// Usage is what its process used.
func (p *Process) Usage() process.Usage { return p.group.Usage() }

// Close stops it.
func (p *Process) Close() { p.group.Stop(syscall.SIGTERM, time.Second) }
