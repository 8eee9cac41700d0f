package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// Kinds of places on Redis.
const (
	// RedisList counts with LLEN, RedisHash with HLEN.
	RedisList = "list"
	RedisHash = "hash"
)

// The bounds of starting and attaching.
const (
	redisReady = 10 * time.Second
	redisDial  = 5 * time.Second
	redisStop  = 10 * time.Second
)

// redisSettings are given to a private server, each with its reason. What isn't here is as Redis has it.
var redisSettings = []results.Setting{
	{Name: "appendonly", Value: "yes", Default: "no", Why: "a queue that forgets its tasks at a restart is no queue"},
	{Name: "appendfsync", Value: "everysec", Default: "everysec", Why: "Redis's own advice; a crash may lose one second"},
	{Name: "save", Value: "", Default: "3600 1 300 100 60 10000", Why: "no snapshot forks in the middle of a trial"},
	{Name: "auto-aof-rewrite-percentage", Value: "0", Default: "100", Why: "no rewrite forks in the middle of a trial"},
	{Name: "maxmemory-policy", Value: "noeviction", Default: "noeviction", Why: "evicting a queue's key loses its tasks in silence"},
}

// Redis is a Redis server.
type Redis struct {
	url    string
	client *redis.Client
	// group is nil where the server isn't ours.
	group *process.Group
}

// loopback is where private instances listen.
const loopback = "127.0.0.1"

// StartRedis starts the redis-server on PATH as a private instance on a free port of loopback, with a temporary data
// folder.
func StartRedis(ctx context.Context) (*Redis, error) {
	// Another process may take a port that was free a moment ago, so a failed start is tried with another one.
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return nil, fmt.Errorf("start redis-server: %w", err)
		}
		r, err := startRedis(ctx, loopback, port)
		if err == nil || errors.Is(err, ErrSetup) || attempt == 3 || ctx.Err() != nil {
			return r, err
		}
	}
}

// ServeRedis starts a server with the same settings where the caller wants it, for others to use.
func ServeRedis(ctx context.Context, listen string) (*Redis, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || net.ParseIP(host) == nil {
		return nil, fmt.Errorf("%w: can't listen on %q: write IP:PORT, such as 127.0.0.1:6379", ErrSetup, listen)
	}
	r, err := startRedis(ctx, host, port)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	return r, err
}

func startRedis(ctx context.Context, host, port string) (r *Redis, err error) {
	exe, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("%w: no redis-server on PATH: install it (Debian: apt-get install redis-server), "+
			"or name a running one with --redis-url", ErrSetup)
	}
	if exe, err = filepath.Abs(exe); err != nil {
		return nil, fmt.Errorf("start redis-server: %w", err)
	}
	dir, err := os.MkdirTemp("", "tqbench-redis-")
	if err != nil {
		return nil, fmt.Errorf("start redis-server: %w", err)
	}
	argv := []string{exe, "--bind", host, "--port", port, "--dir", dir, "--daemonize", "no"}
	if ip := net.ParseIP(host); !ip.IsLoopback() {
		// Beyond loopback, which only a caller can ask for, Redis would refuse everybody without a password.
		argv = append(argv, "--protected-mode", "no")
	}
	for _, s := range redisSettings {
		argv = append(argv, "--"+s.Name, s.Value)
	}
	log := filepath.Join(dir, "log")
	group, err := process.Start(ctx, []process.Command{{
		Argv: argv, Env: []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}, Dir: dir, Log: log,
	}}, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start redis-server: %w", err), os.RemoveAll(dir))
	}
	addr := net.JoinHostPort(host, port)
	r = &Redis{url: "redis://" + addr + "/0", group: group}
	r.client = newRedisClient(&redis.Options{Addr: addr})
	if err := r.ready(ctx); err != nil {
		tail := process.LastWords(log)
		return nil, errors.Join(fmt.Errorf("start redis-server: %w: %s", err, tail), r.Close())
	}
	return r, nil
}

// ready pings until the server answers, ends or takes too long.
func (r *Redis) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisReady)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if r.answers(ctx) {
			return nil
		}
		exits, changed := r.group.Exits()
		if len(exits) > 0 {
			return fmt.Errorf("it ended at once (%s)", exits[0])
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it did not answer: %w", ctx.Err())
		case <-changed:
		case <-tick.C:
		}
	}
}

// answers tells whether it is our server that answers: where the port was taken, another one would.
func (r *Redis) answers(ctx context.Context) bool {
	info, err := r.client.Info(ctx, "server").Result()
	return err == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", r.group.PIDs()[0]))
}

// AttachRedis connects to a running server. Its errors never contain the URL, which may hold a password.
func AttachRedis(ctx context.Context, rawURL string) (*Redis, error) {
	o, err := redis.ParseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%w: the Redis URL can't be read: write redis://[user:password@]host:port/number", ErrSetup)
	}
	o.DialTimeout = redisDial
	r := &Redis{url: rawURL, client: newRedisClient(o)}
	ctx, cancel := context.WithTimeout(ctx, redisDial)
	defer cancel()
	if err := r.client.Ping(ctx).Err(); err != nil {
		_ = r.client.Close()
		return nil, fmt.Errorf("%w: Redis at %s: %s", ErrSetup, o.Addr, explainRedis(err))
	}
	return r, nil
}

// explainRedis says in one line what is wrong with a connection and what to do.
func explainRedis(err error) string {
	var ne net.Error
	text := err.Error()
	switch {
	case strings.Contains(text, "NOAUTH"):
		return "it wants a password: give it in the URL, redis://:PASSWORD@host:port/0"
	case strings.Contains(text, "WRONGPASS"), strings.Contains(text, "invalid password"), strings.Contains(text, "invalid username-password"):
		return "it refuses the user or password of the URL"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused: is it running there?"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		return fmt.Sprintf("no answer within %s", redisDial)
	default:
		// The library's messages may quote the address, never the password.
		return strings.Join(strings.Fields(text), " ")
	}
}

func newRedisClient(o *redis.Options) *redis.Client {
	// What goes wrong reaches us as an error; the library's own lines would stand in the middle of ours.
	logging.Disable()
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.DisableIdentity = true
	o.DialerRetries = 1
	o.MaxRetries = -1 // a retried LPUSH could queue a task twice
	return redis.NewClient(o)
}

// URL is where workers connect.
func (r *Redis) URL() string { return r.url }

// maxPush bounds the values of one LPUSH: the server runs a command without serving others meanwhile.
const maxPush = 512

// Publish appends the messages to their lists: neighbours with one destination share an LPUSH, which pushes them in
// order, and all commands share one pipeline.
func (r *Redis) Publish(ctx context.Context, messages []Message) (int, error) {
	if len(messages) == 1 {
		if err := r.client.LPush(ctx, messages[0].Destination, messages[0].Body).Err(); err != nil {
			return 0, fmt.Errorf("LPUSH: %w", err)
		}
		return 1, nil
	}
	pipe := r.client.Pipeline()
	var sizes []int
	for i := 0; i < len(messages); {
		key := messages[i].Destination
		var values []any
		for i < len(messages) && messages[i].Destination == key && len(values) < maxPush {
			values = append(values, messages[i].Body)
			i++
		}
		pipe.LPush(ctx, key, values...)
		sizes = append(sizes, len(values))
	}
	cmds, err := pipe.Exec(ctx)
	if err == nil {
		return len(messages), nil
	}
	taken := 0
	for i, c := range cmds {
		if c.Err() == nil {
			taken += sizes[i]
		}
	}
	return taken, fmt.Errorf("LPUSH: %w", err)
}

// Depth adds up the lengths of the places.
func (r *Redis) Depth(ctx context.Context, places []Place) (int64, error) {
	pipe := r.client.Pipeline()
	var cmds []*redis.IntCmd
	for _, p := range places {
		if p.Kind == RedisHash {
			cmds = append(cmds, pipe.HLen(ctx, p.Key))
		} else {
			cmds = append(cmds, pipe.LLen(ctx, p.Key))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, fmt.Errorf("read the depth: %w", err)
	}
	var sum int64
	for _, c := range cmds {
		sum += c.Val()
	}
	return sum, nil
}

// Purge deletes the places and keys.
func (r *Redis) Purge(ctx context.Context, places []Place, keys []string) error {
	for _, p := range places {
		keys = append(keys, p.Key)
	}
	if err := r.client.Del(ctx, keys...).Err(); err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	return nil
}

// Describe reads version and settings from the server itself.
func (r *Redis) Describe(ctx context.Context) (results.Broker, error) {
	info, err := r.client.Info(ctx, "server").Result()
	if err != nil {
		return results.Broker{}, fmt.Errorf("ask Redis for its version: %w", err)
	}
	b := results.Broker{Name: "redis", Product: "Redis", Attached: r.group == nil}
	for line := range strings.Lines(info) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch k {
		case "redis_version":
			b.Version = v
		case "server_name": // Valkey and its like tell their name here
			b.Product = v
		case "valkey_version":
			b.Version = v
		}
	}
	bind := results.Setting{Name: "bind", Default: "*", Why: "nothing that is started here listens beyond loopback unless asked to"}
	for _, s := range append(slices.Clone(redisSettings), bind) {
		// A managed server may forbid CONFIG; then the settings are unknown, and said to be.
		got, err := r.client.ConfigGet(ctx, s.Name).Result()
		if err != nil {
			s.Value, s.Why = "unknown", "the server does not tell"
		} else {
			s.Value = got[s.Name]
			if r.group == nil {
				s.Why = "as the server has it"
			}
		}
		b.Settings = append(b.Settings, s)
	}
	return b, nil
}

// Ended is closed when the private server has ended by itself.
func (r *Redis) Ended() <-chan struct{} {
	_, changed := r.group.Exits()
	return changed
}

// Usage is what the private server used.
func (r *Redis) Usage() (process.Usage, bool) {
	if r.group == nil {
		return process.Usage{}, false
	}
	return r.group.Usage(), true
}

// PSS is the private server's memory.
func (r *Redis) PSS() int64 {
	if r.group == nil {
		return 0
	}
	return r.group.PSS()
}

// Close disconnects, and stops a private server and removes its data.
func (r *Redis) Close() error {
	err := r.client.Close()
	if r.group != nil {
		r.group.Stop(syscall.SIGTERM, redisStop)
	}
	return err
}

// freePort finds a port of loopback that nobody listens on now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
