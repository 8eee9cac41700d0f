package broker

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker/brokername"
)

// Address is a broker URL's HOST:PORT, for a proxy that replaces it. Its errors never contain the URL.
func Address(name, rawURL string) (string, error) {
	bad := func(why string) (string, error) {
		return "", fmt.Errorf("%w: can't put a delay in front of the %s of the URL: %s", ErrSetup, name, why)
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme == "" || u.Hostname() == "" || strings.Contains(u.Host, ",") {
		return bad("it must name one host")
	}
	if brokername.Family(name) == brokername.SQS {
		t, err := ParseSQS(rawURL)
		if err != nil {
			return "", err
		}
		if t.Endpoint == "" {
			return bad("AWS uses TLS, which trusts no other host name")
		}
	}
	// TLS checks the host's name, which differs for the proxy.
	if slices.Contains([]string{"rediss", "amqps", "sqs+https"}, u.Scheme) || strings.HasPrefix(u.Query().Get("sslmode"), "verify") ||
		u.Query().Has("tls") || u.Query().Has("ssl") || u.Query().Get("ssl_check_hostname") == "true" {
		return bad("TLS trusts no other host name")
	}
	if u.Query().Get("unix_socket") != "" {
		return bad("it names a socket")
	}
	if u.Query().Has("host") || u.Query().Has("hostaddr") || u.Query().Has("port") {
		return bad("host and port must come before the path")
	}
	port := u.Port()
	if port == "" {
		port = Port(name)
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// Through is a broker's URL with another HOST:PORT. The rest stays unchanged: rewriting a URL may escape a password in a way that a
// framework reads differently.
func Through(rawURL, address string) string {
	scheme, rest, _ := strings.Cut(rawURL, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	user := rest[:strings.LastIndex(rest[:end], "@")+1]
	return scheme + "://" + user + address + rest[end:]
}
