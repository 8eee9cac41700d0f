package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestServeStartsABrokerUntilASignal(t *testing.T) {
	dir := t.TempDir()
	address := freeAddress(t)
	cmd, _, stderr := tqbench(t.Context(), t, dir, "broker", "serve", "redis", "--listen", address)
	said, err := firstLine(t, cmd)
	if err != nil || !strings.Contains(said, "listens on "+address) {
		t.Errorf("it said %q (%v)", said, err)
	}
	stranger := redis.NewClient(&redis.Options{Addr: address})
	defer stranger.Close()
	if err := stranger.Ping(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("it lets in who has no password: %v", err)
	}
	_, at, _ := strings.Cut(strings.TrimSpace(said), "its URL is ")
	options, err := redis.ParseURL(at)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if got, err := client.ConfigGet(t.Context(), "appendonly").Result(); err != nil || got["appendonly"] != "yes" {
		t.Errorf("appendonly is %q (%v)", got, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exit(cmd.Wait()); code != exitDone {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	if r := remains(t, dir); len(r) > 0 {
		t.Errorf("left behind: %q", r)
	}
}
