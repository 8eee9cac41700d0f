package netdelay

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// The variables that make a binary that calls MaybeServe a proxy: the file for its address, its target, and the added round-trip time.
const (
	serveEnv  = "TQBENCH_SERVE_NETDELAY"
	targetEnv = "TQBENCH_NETDELAY_TARGET"
	rttEnv    = "TQBENCH_NETDELAY_RTT"
)

// SlowRTT is a slow link's added round-trip time, half of it each way.
const SlowRTT = 400 * time.Millisecond

// The signals that such a proxy handles.
const (
	cutSignal  = syscall.SIGUSR1
	slowSignal = syscall.SIGUSR2
	mendSignal = syscall.SIGHUP
)

// MaybeServe turns this process into a proxy if it was started as one, and then does not return. Every binary that starts one calls it
// first, test binaries in TestMain.
func MaybeServe() {
	file := os.Getenv(serveEnv)
	if file == "" {
		return
	}
	if err := serve(file); err != nil {
		fmt.Fprintln(os.Stderr, "tqbench netdelay:", err)
		os.Exit(1)
	}
	select {} // until it is stopped
}

func serve(file string) error {
	rtt, err := time.ParseDuration(os.Getenv(rttEnv))
	if err != nil {
		return err
	}
	p, err := Listen(os.Getenv(targetEnv), rtt)
	if err != nil {
		return err
	}
	// Before the proxy is announced: an unhandled signal would end it.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, cutSignal, slowSignal, mendSignal)
	go func() {
		for s := range signals {
			switch s {
			case cutSignal:
				p.Cut()
			case slowSignal:
				p.SetRTT(rtt + SlowRTT)
			case mendSignal:
				p.SetRTT(rtt)
			}
		}
	}()
	return process.Announce(file, p.Addr())
}

// Link is a proxy in a separate process.
type Link struct{ *process.Service }

// Start starts a proxy to the target in a separate process.
func Start(ctx context.Context, target string, rtt time.Duration) (*Link, error) {
	s, err := process.StartService(ctx, "network delay", func(file string) []string {
		return []string{serveEnv + "=" + file, targetEnv + "=" + target, rttEnv + "=" + rtt.String()}
	})
	if err != nil {
		return nil, err
	}
	return &Link{s}, nil
}

// Cut breaks every connection through the link; new ones can be made at once.
func (l *Link) Cut() { l.Signal(cutSignal) }

// Slow makes each round trip through the link SlowRTT longer, until Mend.
func (l *Link) Slow() { l.Signal(slowSignal) }

// Mend makes the link as fast as before.
func (l *Link) Mend() { l.Signal(mendSignal) }
