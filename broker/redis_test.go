package broker_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
)

func TestMain(m *testing.M) {
	process.MaybeGuard()
	os.Exit(m.Run())
}

func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestEveryBrokerConforms(t *testing.T) {
	for _, name := range broker.Names() {
		t.Run(name, func(t *testing.T) { brokertest.Run(t, name, "") })
	}
	// Another version than the system's, from a folder.
	t.Run("postgres@18", func(t *testing.T) { brokertest.Run(t, "postgres@18", brokertest.Postgres18(t)) })
	// A server in another root, as from a container image, which root alone can start.
	if root := inRoot(t); os.Getuid() == 0 {
		t.Run("redis in a root", func(t *testing.T) { brokertest.Run(t, "redis", root) })
	}
}

// inRoot is a root with a Redis, whose account has another number than on this machine.
func inRoot(t *testing.T) string {
	t.Helper()
	testneeds.Real(t, "a broker")
	return brokertest.Root(t, "root:x:0:0::/root:/bin/sh\nredis:x:54321:54322::/nonexistent:/bin/false\n", "redis-server", "/bin/sh")
}

// A server in a root sees nothing outside of it, runs as the root's own account, and leaves nothing but a null device.
func TestAServerInARootSeesNothingElse(t *testing.T) {
	root := inRoot(t)
	b, err := start(t, broker.Options{Bin: root})
	if os.Getuid() != 0 {
		if !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), "only root can start programs") {
			t.Errorf("a user without rights: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, b.URL())
	info, err := c.InfoMap(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	pid := info["Server"]["process_id"]
	if at, err := os.Readlink("/proc/" + pid + "/root"); err != nil || at != root {
		t.Errorf("its root is %s (%v), want %s", at, err, root)
	}
	stat, err := os.Stat("/proc/" + pid)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := stat.Sys().(*syscall.Stat_t); !ok || s.Uid != 54321 || s.Gid != 54322 {
		t.Errorf("it runs as %+v", stat.Sys())
	}
	if dir, err := c.ConfigGet(t.Context(), "dir").Result(); err != nil || !strings.HasPrefix(dir["dir"], "/tmp/tqbench-redis-") {
		t.Errorf("its data are in %v (%v)", dir, err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(root, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
	if null, err := os.Stat(filepath.Join(root, "dev", "null")); err != nil || null.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("its null device is %v (%v)", null, err)
	}
}

func start(t *testing.T, o broker.Options) (broker.Broker, error) {
	t.Helper()
	testneeds.Real(t, "a broker")
	return broker.Open(t.Context(), "redis", o)
}

func TestAPrivateRedisIsOnLoopbackWithTheStatedSettings(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	b, err := start(t, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, b.URL())
	for key, want := range map[string]string{"bind": "127.0.0.1", "appendonly": "yes", "appendfsync": "everysec",
		"maxmemory-policy": "noeviction", "save": ""} {
		got, err := c.ConfigGet(t.Context(), key).Result()
		if err != nil || got[key] != want {
			t.Errorf("%s = %q, want %q (%v)", key, got[key], want, err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "tqbench-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// Depth counts delivered but unacknowledged tasks, which Celery keeps in a hash.
func TestDepthCountsHashes(t *testing.T) {
	b, err := start(t, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := client(t, b.URL()).HSet(t.Context(), "unacked", "a", 1, "b", 2).Err(); err != nil {
		t.Fatal(err)
	}
	n, err := b.Depth(t.Context(), []broker.Place{{Key: "unacked", Kind: broker.RedisHash}, {Key: "list", Kind: broker.RedisList}})
	if n != 2 || err != nil {
		t.Errorf("depth %d (%v), want 2", n, err)
	}
}

func TestStartReportsTheServersError(t *testing.T) {
	t.Run("none on PATH", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := start(t, broker.Options{})
		if !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), "apt-get install redis-server") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("it ends at once", func(t *testing.T) {
		dir := brokertest.OpenDir(t)
		t.Setenv("TMPDIR", brokertest.OpenDir(t))
		if err := os.WriteFile(filepath.Join(dir, "redis-server"), []byte("#!/bin/sh\necho bad luck\nexit 3\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir)
		_, err := start(t, broker.Options{})
		if err == nil || !strings.Contains(err.Error(), "exit code 3") || !strings.Contains(err.Error(), "bad luck") {
			t.Errorf("err = %v", err)
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "tqbench-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// hostOf is the HOST:PORT of a broker.
func hostOf(t *testing.T, b broker.Broker) string {
	t.Helper()
	u, err := url.Parse(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func TestAttachErrorsNeverShowThePassword(t *testing.T) {
	locked, err := start(t, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Close()
	address := hostOf(t, locked)
	// A listener that accepts and never answers.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, tt := range map[string]struct{ url, want string }{
		"no URL":         {"hunter2", "can't be read"},
		"wrong scheme":   {"http://:hunter2@127.0.0.1:1", "can't be read"},
		"nobody there":   {"redis://:hunter2@127.0.0.1:1/0", "connection refused"},
		"wants one":      {"redis://" + address + "/0", "wants a password"},
		"wrong password": {"redis://:hunter2@" + address + "/0", "refuses the user or password"},
		"never answers":  {"redis://:hunter2@" + silent.Addr().String() + "/0", "no answer within"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := start(t, broker.Options{URL: tt.url})
			if !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
	b, err := start(t, broker.Options{URL: locked.URL()})
	if err != nil {
		t.Fatal(err)
	}
	if _, ours := b.Usage(); ours {
		t.Error("an attached server counts as ours")
	}
	server, ok := b.(interface {
		ServerCPU(ctx context.Context) (time.Duration, error)
	})
	if !ok {
		t.Fatal("an attached server isn't asked for its CPU time")
	}
	if used, err := server.ServerCPU(t.Context()); err != nil || used <= 0 {
		t.Errorf("an attached server has used %s of CPU time (%v)", used, err)
	}
	d, err := b.Describe(t.Context())
	if err != nil || !d.Attached {
		t.Errorf("%+v, %v", d, err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := client(t, locked.URL()).Ping(t.Context()).Err(); err != nil {
		t.Errorf("closing an attached server stopped it: %v", err)
	}
}

// Another server on our port must not count as ours.
func TestServeRefusesATakenPort(t *testing.T) {
	first, err := start(t, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = start(t, broker.Options{Listen: hostOf(t, first)})
	if !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), "ended at once") {
		t.Errorf("err = %v", err)
	}
	for _, listen := range []string{"6379", "localhost:6379", "127.0.0.1"} {
		if _, err := start(t, broker.Options{Listen: listen}); !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), "IP:PORT") {
			t.Errorf("%q: err = %v", listen, err)
		}
	}
}

// The end of a context may come while a connection is set up: the call that waits for the broker ends with it, at each of its stages.
func TestAttachingEndsWithItsContext(t *testing.T) {
	for name, url := range map[string]string{"redis": "redis://HOST/0", "postgres": "postgresql://user:secret@HOST/db", "mysql": "mysql://user:secret@HOST/db",
		"rabbitmq": "amqp://user:secret@HOST/", "sqs": "sqs://K:S@HOST/eu-west-1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silent, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			for i := range 300 {
				ctx, cancel := context.WithCancel(t.Context())
				over := make(chan error, 1)
				go func() {
					_, err := broker.Open(ctx, name, broker.Options{URL: strings.Replace(url, "HOST", silent.Addr().String(), 1)})
					over <- err
				}()
				c, err := silent.Accept()
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Duration(i) * time.Microsecond)
				cancel()
				select {
				case err := <-over:
					if err == nil {
						t.Error("attached to a broker that never answered")
					}
				case <-time.After(4 * time.Second): // the brokers' own limit is 5 s
					t.Fatalf("attempt %d reads on after its context", i)
				}
				_ = c.Close()
			}
		})
	}
}
