package brokertest

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Rabbitmqctl runs a command of RabbitMQ's own tool on the server of a URL, whose port identifies it, with the server's own variables, and
// returns what it printed.
func Rabbitmqctl(ctx context.Context, t *testing.T, rawURL string, args ...string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	node := "RABBITMQ_NODENAME=tqbench" + u.Port() + "@localhost"
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range environs {
		env, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(env, []byte(node)) {
			continue
		}
		cmd := exec.CommandContext(ctx, programOf(t, "rabbitmqctl"), args...)
		cmd.Env = strings.Split(strings.TrimRight(string(env), "\x00"), "\x00")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("rabbitmqctl %s: %v: %s%s", args[0], err, out, &stderr)
		}
		return string(out)
	}
	t.Fatalf("no server has %s", node)
	return ""
}

// FreeAddress is a free address of loopback.
func FreeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// freePort is the port of a free address.
func freePort(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}
