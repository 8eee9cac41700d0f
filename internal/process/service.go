package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/regular"
)

// serviceLimit bounds the start of a service.
const serviceLimit = 10 * time.Second

// Service is this program started again, as a server on loopback in a separate process, so that it shares nothing with the harness.
type Service struct {
	// Address is HOST:PORT, with anything else that the service announced.
	Address string
	group   *Group
}

// StartService starts one. environ returns the variables that make this program the service, which must call Announce with the given file.
func StartService(ctx context.Context, name string, environ func(file string) []string) (*Service, error) {
	group, dir, err := Folder(ctx, "tqbench-service-")
	if err != nil {
		return nil, fmt.Errorf("start the %s: %w", name, err)
	}
	address, log := filepath.Join(dir, "address"), filepath.Join(dir, "log")
	if err := group.Run(ctx, []Command{{Argv: []string{"tqbench-service"}, Self: true, Env: environ(address), Dir: dir, Log: log}}); err != nil {
		group.Stop(syscall.SIGKILL, 0)
		return nil, fmt.Errorf("start the %s: %w", name, err)
	}
	s := &Service{group: group}
	ctx, cancel := context.WithTimeout(ctx, serviceLimit)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if data, err := regular.Read(address, regular.Limit{Kind: "an address", Bytes: 4 << 10}); err == nil {
			s.Address = string(data)
			return s, nil
		}
		exits, changed := group.Exits()
		if len(exits) > 0 {
			err := fmt.Errorf("start the %s: it ended at once (%s): %s", name, exits[0], LastWords(log))
			s.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			s.Close()
			return nil, fmt.Errorf("start the %s: %w", name, ctx.Err())
		case <-changed:
		case <-tick.C:
		}
	}
}

// Announce reports this service's address to its starter.
func Announce(file, address string) error {
	// Renamed into place, so that no one reads half an address.
	if err := os.WriteFile(file+".part", []byte(address), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".part", file)
}

// Signal sends it a signal.
func (s *Service) Signal(sig syscall.Signal) { s.group.Signal(sig) }

// Close stops it.
func (s *Service) Close() { s.group.Stop(syscall.SIGTERM, time.Second) }
