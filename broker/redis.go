package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/results"
)

// redisReady bounds the start.
const redisReady = 10 * time.Second

// redisConf is the file with a private server's settings.
const redisConf = "redis.conf"

// redisPrograms are what a private instance needs.
func redisPrograms(want choice) []Program {
	name := "redis-server"
	if want.Product == brokername.Valkey {
		name = "valkey-server"
	}
	return []Program{{Name: name, Package: name, Version: []string{"--version"}}}
}

// redisSettings are a private server's, each with the reason. Others are Redis's defaults.
func redisSettings() []results.Setting {
	return []results.Setting{
		{Name: "appendonly", Value: "yes", Default: "no", Why: "a queue must not forget its tasks at a restart"},
		{Name: "appendfsync", Value: "everysec", Default: "everysec", Why: "Redis's own advice; a crash may lose one second"},
		{Name: "save", Value: "", Default: "3600 1 300 100 60 10000", Why: "no snapshot forks in the middle of a trial"},
		{Name: "auto-aof-rewrite-percentage", Value: "0", Default: "100", Why: "no rewrite forks in the middle of a trial"},
		{Name: "maxmemory-policy", Value: "noeviction", Default: "noeviction", Why: "evicting a queue's key silently loses its tasks"},
	}
}

// redisBroker is a Redis server.
type redisBroker struct {
	*private
	url    string
	client *redis.Client
}

func startRedis(ctx context.Context, at address, want choice) (Broker, error) {
	program := redisPrograms(want)[0]
	exe, err := want.find(ctx, program)
	if err != nil {
		return nil, err
	}
	server, err := launch(ctx, want.Product, want.root(), func(dir string) (plan, error) {
		// The password is in a file that only the server reads: every user can see a command line.
		conf := [][2]string{{"bind", at.host}, {"port", at.port}, {"dir", dir}, {"daemonize", "no"}, {"requirepass", at.password}}
		for _, s := range redisSettings() {
			conf = append(conf, [2]string{s.Name, s.Value})
		}
		var text strings.Builder
		for _, line := range conf {
			fmt.Fprintf(&text, "%s %q\n", line[0], line[1])
		}
		return plan{product: program.Name, argv: []string{exe, filepath.Join(dir, redisConf)}, users: []string{want.Product},
			files: map[string]string{redisConf: text.String()}}, nil
	})
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "redis", Host: at.String(), User: url.UserPassword("", at.password), Path: "/0"}
	r := &redisBroker{private: server, url: u.String(), client: newRedisClient(ctx, &redis.Options{Addr: at.String(), Password: at.password})}
	if err := r.await(ctx, redisReady, r.answers); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// answers checks that our server answers, as another program may have taken the port, and that it has read its data: until then it refuses
// commands on them.
func (r *redisBroker) answers(ctx context.Context) error {
	info, err := r.client.Info(ctx, "server").Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", r.running().PIDs()[0])) {
		return errors.New("another server has its port")
	}
	if info, err = r.client.Info(ctx, "persistence").Result(); err != nil {
		return err
	}
	if !strings.Contains(info, "\nloading:0\r\n") {
		return errors.New("it is reading its data")
	}
	return nil
}

func attachRedis(ctx context.Context, rawURL string) (Broker, error) {
	at, err := parseRedis(rawURL)
	if err != nil {
		return nil, err
	}
	if at, err = at.resolve(ctx); err != nil {
		return nil, err
	}
	o, err := at.options()
	if err != nil {
		return nil, err
	}
	o.DialTimeout = dialLimit
	r := &redisBroker{private: &private{}, url: at.url(), client: newRedisClient(ctx, o)}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	// The library connects with a context of its own: a call whose ctx ends just then would wait for its time limit.
	ping := func() (string, error) { return r.client.Ping(ctx).Result() }
	if _, err := interrupt.Call(ctx, ping); err != nil {
		_ = r.client.Close()
		const wrong = "it refuses the user or password of the URL"
		return nil, refused("Redis", o.Addr, err, map[string]string{
			unknownAuthority: authority("ssl_ca_certs"),
			"NOAUTH":         "it wants a password: give it in the URL, redis://:PASSWORD@host:port/0",
			"WRONGPASS":      wrong, "invalid password": wrong, "invalid username-password": wrong,
		})
	}
	return r, nil
}

// newRedisClient makes a client whose calls end with ctx: by default, the library lets them continue.
func newRedisClient(ctx context.Context, o *redis.Options) *redis.Client {
	dial := redis.NewDialer(o)
	o.Dialer = func(call context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(call, network, addr)
		if err == nil && ctx.Err() == nil {
			interrupt.Reads(ctx, c)
		}
		return c, err
	}
	o.ContextTimeoutEnabled = true
	// The library's own lines would interleave with ours; errors reach us anyway.
	logging.Disable()
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.DisableIdentity = true
	o.DialerRetries = 1
	o.MaxRetries = -1 // a retried LPUSH could queue a task twice
	return redis.NewClient(o)
}

// URL is the address for workers.
func (r *redisBroker) URL() string { return r.url }

// Describe reads version and settings from the server itself.
func (r *redisBroker) Describe(ctx context.Context) (results.Broker, error) {
	info, err := r.client.Info(ctx, "server").Result()
	if err != nil {
		return results.Broker{}, fmt.Errorf("ask Redis for its version: %w", err)
	}
	b := results.Broker{Name: "redis", Attached: r.running() == nil}
	b.Product, b.Version = redisProduct(info)
	for _, s := range append(redisSettings(), bindSetting("bind", "", "*")) {
		// A managed server may forbid CONFIG; then the settings are shown as unknown.
		got, err := r.client.ConfigGet(ctx, s.Name).Result()
		if err != nil {
			s.Value, s.Why = "unknown", "the server does not report it"
		} else {
			s.Value = got[s.Name]
			if r.running() == nil {
				s.Why = "as the server reports it"
			}
		}
		b.Settings = append(b.Settings, s)
	}
	return b, nil
}

// ServerCPU is the CPU time that the server says it has used since it started.
func (r *redisBroker) ServerCPU(ctx context.Context) (time.Duration, error) {
	info, err := r.client.Info(ctx, "cpu").Result()
	if err != nil {
		return 0, err
	}
	return redisCPU(info)
}

// redisCPU is the CPU time in the answer to INFO cpu.
func redisCPU(info string) (time.Duration, error) {
	sum, found := 0.0, 0
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name != "used_cpu_sys" && name != "used_cpu_user" {
			continue
		}
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || !(seconds >= 0 && seconds < 1e9) {
			return 0, fmt.Errorf("the server's CPU time is %q", value)
		}
		sum, found = sum+seconds, found+1
	}
	if found != 2 {
		return 0, errors.New("the server doesn't say its CPU time")
	}
	return time.Duration(sum * float64(time.Second)), nil
}

// redisProduct reads a server's product.
func redisProduct(info string) (product, version string) {
	product = "Redis"
	for line := range strings.Lines(info) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case v == "":
		case k == "redis_version" && version == "", k == "valkey_version":
			version = v
		case k == "server_name": // Valkey and similar servers report their name here
			if product = v; v == brokername.Valkey {
				product = "Valkey"
			}
		}
	}
	return product, version
}

// Lend creates an account that may only push to one list, and returns a function that removes it: for a program that takes a password only
// on its command line, which every user can see.
func (r *redisBroker) Lend(ctx context.Context, key string) (user, password string, back func() error, err error) {
	user, password = account+"-"+secret()[:8], secret()
	if err := r.client.Do(ctx, "ACL", "SETUSER", user, "on", ">"+password, "~"+key, "+lpush", "+config|get").Err(); err != nil {
		return "", "", nil, fmt.Errorf("make an account for one list: %w", err)
	}
	return user, password, func() error {
		return r.client.Do(context.WithoutCancel(ctx), "ACL", "DELUSER", user).Err()
	}, nil
}

// Restart restarts the killed server, which reads its append-only file.
func (r *redisBroker) Restart(ctx context.Context) error {
	return r.restart(ctx, r.url, redisReady, r.answers)
}

// Close disconnects, and stops a private server and removes its data.
func (r *redisBroker) Close() error {
	err := r.client.Close()
	r.stop(syscall.SIGTERM)
	return err
}
