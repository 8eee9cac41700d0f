package broker

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
)

func rabbitmqForm() urlForm {
	return urlForm{product: "RabbitMQ", example: "amqp://user:password@host:port/vhost", schemes: []string{"amqp", "amqps"},
		parameters: []string{"cacertfile", "cafile", "ca_certs", "ssl_ca_certs", "certfile", "ssl_certfile", "keyfile", "ssl_keyfile", "verify",
			"ssl_cert_reqs", "no_verify_ssl"}}
}

// rabbitmqURL is what a RabbitMQ URL says.
type rabbitmqURL struct {
	user *url.Userinfo
	// host is HOST:PORT.
	host, vhost string
	tls         *TLS
	// others are further servers of a list.
	others []rabbitmqURL
}

// parseRabbitMQ reads a URL, or a list of them, as RabbitMQ, Kombu, Pika and aio-pika write it.
func parseRabbitMQ(rawURL string) (rabbitmqURL, error) {
	f := rabbitmqForm()
	var all []rabbitmqURL
	parts, err := f.split(rawURL)
	if err != nil {
		return rabbitmqURL{}, err
	}
	for _, part := range parts {
		r, err := f.rabbitmq(part)
		if err != nil {
			return rabbitmqURL{}, err
		}
		all = append(all, r)
	}
	all[0].others = all[1:]
	return all[0], nil
}

func (f urlForm) rabbitmq(rawURL string) (r rabbitmqURL, err error) {
	scheme, rest, _ := strings.Cut(rawURL, "://")
	switch scheme {
	case "pyamqp", "librabbitmq": // Kombu's clients
		scheme = "amqp"
	case "pyamqps":
		scheme = "amqps"
	}
	u, err := f.read(scheme + "://" + rest)
	if err != nil {
		return r, err
	}
	usual := "5672"
	if u.Scheme == "amqps" {
		usual = "5671"
	}
	port, err := portOf(u, usual)
	if err != nil {
		return r, f.unreadable()
	}
	r = rabbitmqURL{user: u.User, host: net.JoinHostPort(hostOr(u, "localhost"), port), vhost: strings.TrimPrefix(u.Path, "/")}
	if r.vhost == "" {
		r.vhost = "/"
	}
	q := u.Query()
	if u.Scheme != "amqps" {
		if len(q) > 0 {
			return r, f.unread("its parameters need TLS: write amqps://host:port/vhost")
		}
		return r, nil
	}
	r.tls = &TLS{Verify: true, Name: true, CA: firstOf(q, "cacertfile", "cafile", "ca_certs", "ssl_ca_certs"), Cert: firstOf(q, "certfile", "ssl_certfile"),
		Key: firstOf(q, "keyfile", "ssl_keyfile")}
	for _, no := range []string{"verify=verify_none", "ssl_cert_reqs=none", "ssl_cert_reqs=CERT_NONE", "no_verify_ssl=1"} {
		name, value, _ := strings.Cut(no, "=")
		if q.Get(name) == value {
			r.tls.Verify, r.tls.Name = false, false
		}
	}
	for name, values := range map[string][]string{"verify": {"verify_peer", "verify_none"}, "no_verify_ssl": {"0", "1"},
		"ssl_cert_reqs": {"required", "CERT_REQUIRED", "optional", "CERT_OPTIONAL", "none", "CERT_NONE"}} {
		if q.Has(name) && !slices.Contains(values, q.Get(name)) {
			return r, f.unread(name + " is one of " + strings.Join(values, ", "))
		}
	}
	return r, r.tls.files()
}

// bare is the URL without parameters, which each client has its own of.
func (r rabbitmqURL) bare() string {
	scheme, path := "amqp", "/"
	if r.tls != nil {
		scheme = "amqps"
	}
	// Clients disagree on a virtual host that is written as //.
	if r.vhost != "/" {
		path += percent(r.vhost)
	}
	return scheme + "://" + userinfo(r.user) + r.host + path
}

// url has all that the URL said.
func (r rabbitmqURL) url() string {
	if r.tls == nil {
		return r.bare()
	}
	verify := ""
	if !r.tls.Verify {
		verify = "verify_none"
	}
	return r.bare() + parameters([2]string{"cacertfile", r.tls.CA}, [2]string{"certfile", r.tls.Cert}, [2]string{"keyfile", r.tls.Key}, [2]string{"verify", verify})
}

func (r rabbitmqURL) endpoint() Endpoint {
	e := Endpoint{URL: r.bare(), User: userinfo(r.user), TLS: r.tls}
	e.Host, _, _ = net.SplitHostPort(r.host) // there is always a port
	return e
}

func rabbitmqHosts(rawURL string) ([]string, error) {
	first, err := parseRabbitMQ(rawURL)
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, r := range append([]rabbitmqURL{first}, first.others...) {
		hosts = append(hosts, r.endpoint().Host)
	}
	return hosts, nil
}

// attachRabbitMQ attaches to the first server of the URL that answers, and everyone uses that one.
func attachRabbitMQ(ctx context.Context, rawURL string) (Broker, error) {
	first, err := parseRabbitMQ(rawURL)
	if err != nil {
		return nil, err
	}
	for _, at := range append([]rabbitmqURL{first}, first.others...) {
		r := newRabbitMQ(ctx, &private{}, at)
		if _, err = r.connection(ctx); err == nil {
			return r, nil
		}
		if errors.Is(err, ErrSetup) { // a file of the URL
			return nil, err
		}
		err = refused("RabbitMQ", at.host, err, map[string]string{
			unknownAuthority:                   authority("cacertfile"),
			"username or password not allowed": "it refuses the user or password of the URL",
			"(403)":                            "it refuses the user or password of the URL, or the virtual host is not theirs",
			"no access to this vhost":          "the user may not use the virtual host of the URL",
		})
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}
