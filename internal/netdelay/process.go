package netdelay

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// The variables that make a binary that calls MaybeServe a proxy: the file for its address, where it leads, and how much
// longer a round trip takes.
const (
	serveEnv  = "TQBENCH_SERVE_NETDELAY"
	targetEnv = "TQBENCH_NETDELAY_TARGET"
	rttEnv    = "TQBENCH_NETDELAY_RTT"
)

// MaybeServe turns this process into a proxy if it was started as one, and then does not return. Every binary that
// starts one calls it first, the binaries of tests in TestMain too.
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
	return process.Announce(file, p.Addr())
}

// Start starts a proxy to the target in a process of its own.
func Start(ctx context.Context, target string, rtt time.Duration) (*process.Service, error) {
	return process.StartService(ctx, "network delay", func(file string) []string {
		return []string{serveEnv + "=" + file, targetEnv + "=" + target, rttEnv + "=" + rtt.String()}
	})
}
