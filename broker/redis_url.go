package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/internal/interrupt"
)

const redisPort, sentinelPort = "6379", "26379"

func redisForm() urlForm {
	return urlForm{product: "Redis", example: "redis://[user:password@]host:port/number",
		schemes: []string{"redis", "rediss", "unix", "redis+socket", "sentinel"},
		parameters: []string{"db", "virtual_host", "master_name", "ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs", "ssl_certfile",
			"ssl_keyfile"}}
}

// redisURL is what a Redis URL says.
type redisURL struct {
	user *url.Userinfo
	// host is HOST:PORT, "" with a socket.
	host, socket string
	database     int
	tls          *TLS
	// sentinels are the addresses of Sentinels, which know the master's address instead of host.
	sentinels []string
	master    string
}

func parseRedis(rawURL string) (redisURL, error) {
	f := redisForm()
	parts, err := f.split(rawURL)
	if err != nil {
		return redisURL{}, err
	}
	r, err := f.redis(parts[0])
	if err != nil {
		return redisURL{}, err
	}
	for _, part := range parts[1:] {
		next, err := f.redis(part)
		if err != nil {
			return redisURL{}, err
		}
		if r.sentinels == nil || next.sentinels == nil {
			return redisURL{}, f.unread("only Sentinels may be several: write sentinel://host:26379;sentinel://host:26379?master_name=NAME")
		}
		r.sentinels = append(r.sentinels, next.sentinels...)
		if r.user == nil {
			r.user = next.user
		}
		if r.master == "" {
			r.master = next.master
		}
		if r.database == 0 {
			r.database = next.database
		}
	}
	return r, nil
}

// redis reads a URL that isn't a list.
func (f urlForm) redis(rawURL string) (r redisURL, err error) {
	u, err := f.read(rawURL)
	if err != nil {
		return r, err
	}
	q := u.Query()
	r.user, r.master = u.User, q.Get("master_name")
	number := firstOf(q, "db", "virtual_host")
	switch u.Scheme {
	case "unix", "redis+socket":
		if u.Host != "" || len(u.Path) < 2 {
			return r, f.unread("write a socket as unix:///path?db=number, with three slashes")
		}
		r.socket = u.Path
	default:
		if path := strings.Trim(u.Path, "/"); path != "" && number == "" {
			number = path
		}
		port := redisPort
		if u.Scheme == "sentinel" {
			port = sentinelPort
		}
		if port, err = portOf(u, port); err != nil {
			return r, f.unreadable()
		}
		r.host = net.JoinHostPort(hostOr(u, "localhost"), port)
	}
	if number != "" {
		if r.database, err = strconv.Atoi(number); err != nil || r.database < 0 {
			return r, f.unread("the database is a number: write redis://host:port/0")
		}
	}
	if u.Scheme == "sentinel" {
		r.sentinels, r.host = []string{r.host}, ""
	} else if r.master != "" {
		return r, f.unread("master_name is for Sentinels: write sentinel://host:26379?master_name=NAME")
	}
	if u.Scheme == "rediss" {
		r.tls, err = redisTLS(f, q)
		return r, err
	}
	for name := range q {
		if strings.HasPrefix(name, "ssl_") {
			return r, f.unread("ssl_ parameters need TLS: write rediss://host:port/number")
		}
	}
	return r, nil
}

// redisTLS reads the parameters of redis-py and Kombu.
func redisTLS(f urlForm, q url.Values) (*TLS, error) {
	t := &TLS{CA: q.Get("ssl_ca_certs"), Cert: q.Get("ssl_certfile"), Key: q.Get("ssl_keyfile")}
	switch q.Get("ssl_cert_reqs") {
	// To a client, optional is as required: each server has a certificate.
	case "", "required", "CERT_REQUIRED", "optional", "CERT_OPTIONAL":
		t.Verify = true
	case "none", "None", "CERT_NONE":
	default:
		return nil, f.unread("ssl_cert_reqs is one of required, optional, none")
	}
	switch strings.ToLower(q.Get("ssl_check_hostname")) {
	case "", "true", "1", "yes":
		t.Name = t.Verify
	case "false", "0", "no":
	default:
		return nil, f.unread("ssl_check_hostname is true or false")
	}
	return t, t.files()
}

// url is the URL for clients, as redis-py reads it.
func (r redisURL) url() string {
	number := strconv.Itoa(r.database)
	if r.socket != "" {
		return "unix://" + userinfo(r.user) + (&url.URL{Path: r.socket}).EscapedPath() + parameters([2]string{"db", number})
	}
	if r.tls == nil {
		return "redis://" + userinfo(r.user) + r.host + "/" + number
	}
	// Clients have different defaults.
	verify, name := "none", "false"
	if r.tls.Verify {
		verify = "required"
	}
	if r.tls.Name {
		name = "true"
	}
	return "rediss://" + userinfo(r.user) + r.host + "/" + number + parameters([2]string{"ssl_cert_reqs", verify},
		[2]string{"ssl_check_hostname", name}, [2]string{"ssl_ca_certs", r.tls.CA}, [2]string{"ssl_certfile", r.tls.Cert}, [2]string{"ssl_keyfile", r.tls.Key})
}

func (r redisURL) endpoint() Endpoint {
	e := Endpoint{URL: r.url(), User: userinfo(r.user), Socket: r.socket, Database: strconv.Itoa(r.database), TLS: r.tls}
	e.Host, _, _ = net.SplitHostPort(r.host) // "" with a socket
	return e
}

// options are the harness's.
func (r redisURL) options() (*redis.Options, error) {
	o := &redis.Options{Addr: r.host, DB: r.database, Username: r.user.Username()}
	o.Password, _ = r.user.Password()
	if r.socket != "" {
		o.Network, o.Addr = "unix", r.socket
	}
	if r.tls != nil {
		host, _, err := net.SplitHostPort(r.host)
		if err != nil {
			return nil, redisForm().unreadable()
		}
		if o.TLSConfig, err = r.tls.config("Redis", host); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// RedisOptions reads a Redis URL, as Broker.URL returns it, for another client of the harness's.
func RedisOptions(rawURL string) (*redis.Options, error) {
	r, err := parseRedis(rawURL)
	if err != nil {
		return nil, err
	}
	return r.options()
}

// redisHosts are those of a URL. Sentinels stand for the master, which must be on the same machine as they are, see resolve.
func redisHosts(rawURL string) ([]string, error) {
	r, err := parseRedis(rawURL)
	if err != nil || r.socket != "" {
		return nil, err
	}
	var hosts []string
	for _, at := range append(slices.Clone(r.sentinels), r.host) {
		if at == "" {
			continue
		}
		host, _, err := net.SplitHostPort(at)
		if err != nil {
			return nil, redisForm().unreadable()
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// resolve asks the Sentinels for their master. Everyone uses that server: a failover in the middle of a trial would spoil it anyway.
func (r redisURL) resolve(ctx context.Context) (redisURL, error) {
	if r.sentinels == nil {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	err := errors.New("no Sentinel")
	for _, at := range r.sentinels {
		var address []string
		if address, err = askSentinel(ctx, at, r.master); err != nil {
			err = refused("Sentinel", at, err, nil)
			continue
		}
		if !onLoopback(address[0]) && onLoopback(strings.TrimSuffix(at, at[strings.LastIndex(at, ":"):])) {
			return r, fmt.Errorf("%w: the Sentinel at %s names a master on another machine, %s: write its own URL, redis://host:port/number",
				ErrSetup, at, address[0])
		}
		r.host, r.sentinels = net.JoinHostPort(address[0], address[1]), nil
		return r, nil
	}
	return r, err
}

// askSentinel returns the host and the port of a master, which needs no name if it is the only one.
func askSentinel(ctx context.Context, at, master string) ([]string, error) {
	c := redis.NewSentinelClient(&redis.Options{Addr: at, DialTimeout: dialLimit, DialerRetries: 1, MaxRetries: -1, ReadTimeout: dialLimit,
		DisableIdentity: true, ContextTimeoutEnabled: true})
	defer c.Close()
	return interrupt.Call(ctx, func() ([]string, error) {
		if master == "" {
			all, err := c.Masters(ctx).Result()
			if err != nil {
				return nil, err
			}
			if len(all) != 1 {
				return nil, fmt.Errorf("it watches %d masters: name one, sentinel://host:26379?master_name=NAME", len(all))
			}
			if master, err = masterName(all[0]); err != nil {
				return nil, err
			}
		}
		address, err := c.GetMasterAddrByName(ctx, master).Result()
		switch {
		case errors.Is(err, redis.Nil):
			return nil, errors.New("it watches no master of the URL's name")
		case err != nil:
			return nil, err
		case len(address) != 2:
			return nil, errors.New("its answer is no address")
		}
		return address, nil
	})
}

// masterName is the name in a Sentinel's description of a master.
func masterName(of any) (string, error) {
	switch m := of.(type) {
	case map[any]any:
		if name, ok := m["name"].(string); ok {
			return name, nil
		}
	case []any:
		for i := 0; i+1 < len(m); i += 2 {
			if name, ok := m[i+1].(string); ok && m[i] == "name" {
				return name, nil
			}
		}
	}
	return "", errors.New("its answer names no master")
}
