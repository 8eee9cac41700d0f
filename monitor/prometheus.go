package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// DefaultPrometheus is the default address of a Prometheus.
const DefaultPrometheus = "127.0.0.1:9090"

// ErrSetup marks a Prometheus that is unavailable for a reason that the user can fix.
var ErrSetup = errors.New("Prometheus not available")

const (
	// readyLimit bounds the start of a Prometheus, stopLimit its end.
	readyLimit = 30 * time.Second
	stopLimit  = 10 * time.Second
	readyPoll  = 20 * time.Millisecond
)

// config lets a Prometheus scrape one target each second, as phases are short.
const config = `global:
  scrape_interval: 1s
scrape_configs:
  - job_name: tqbench
    static_configs:
      - targets: [%s]
`

// Prometheus is our own Prometheus, which scrapes a run. Its data are removed with it.
type Prometheus struct {
	// URL is the address of its pages and its API.
	URL   string
	group *process.Group
	log   string
}

// StartPrometheus starts the machine's Prometheus program at an address, IP:PORT, to scrape a target, and waits until it
// is ready.
func StartPrometheus(ctx context.Context, listen, target string) (_ *Prometheus, err error) {
	at, err := netip.ParseAddrPort(listen)
	if err != nil || at.Port() == 0 {
		return nil, fmt.Errorf("%w: can't listen on %q: write IP:PORT, such as %s", ErrSetup, listen, DefaultPrometheus)
	}
	if _, _, err := net.SplitHostPort(target); err != nil {
		return nil, fmt.Errorf("%w: can't scrape %q: write HOST:PORT, such as %s", ErrSetup, target, DefaultAddress)
	}
	program, err := exec.LookPath("prometheus")
	if err != nil {
		return nil, fmt.Errorf("%w: there is no prometheus here: make monitoring installs it (Debian: apt-get install prometheus; macOS: brew install prometheus)", ErrSetup)
	}
	// Checked beforehand, so that the error is one line.
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("start Prometheus: %w", err)
	}
	dir, err := os.MkdirTemp("", "tqbench-monitor-")
	if err != nil {
		return nil, fmt.Errorf("start Prometheus: %w", err)
	}
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, fmt.Appendf(nil, config, strconv.Quote(target)), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("configure Prometheus: %w", err), os.RemoveAll(dir))
	}
	p := &Prometheus{log: filepath.Join(dir, "log")}
	p.group, err = process.Start(ctx, []process.Command{{Dir: dir, Log: p.log, Env: []string{"HOME=" + dir, "TMPDIR=" + dir}, Argv: []string{program,
		"--config.file=" + file, "--storage.tsdb.path=" + filepath.Join(dir, "data"), "--web.listen-address=" + listen,
		"--enable-feature=native-histograms", "--log.level=warn"}}}, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Prometheus: %w", err), os.RemoveAll(dir))
	}
	host := at.Addr()
	if host.IsUnspecified() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	p.URL = "http://" + netip.AddrPortFrom(host, at.Port()).String()
	if err := p.awaitReady(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// awaitReady waits until it reports that it is ready.
func (p *Prometheus) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit, fmt.Errorf("%w: it was not ready within %s", ErrSetup, readyLimit))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/-/ready", nil)
	if err != nil {
		return fmt.Errorf("ask Prometheus: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		if answer, err := client.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		exits, _ := p.group.Exits()
		if len(exits) > 0 {
			return fmt.Errorf("%w: it ended at once (%s): %s", ErrSetup, exits[0], process.LastWords(p.log))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// Wait waits until it ends unexpectedly, which is an error, or the context ends.
func (p *Prometheus) Wait(ctx context.Context) error {
	exit, err := p.group.Wait(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("run Prometheus: %w", err)
	}
	return fmt.Errorf("Prometheus ended unexpectedly (%s): %s", exit, process.LastWords(p.log))
}

// Close stops it and removes its data.
func (p *Prometheus) Close() { p.group.Stop(syscall.SIGTERM, stopLimit) }
