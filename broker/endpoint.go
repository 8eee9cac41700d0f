package broker

import (
	"fmt"

	"github.com/tqbench/tqbench/broker/brokername"
)

// Endpoint is what a broker's URL says, for the clients' settings. Brokers fill in what they have.
type Endpoint struct {
	// URL is for clients, in the form that most of them read.
	URL string
	// User is "user:password@" as written in a URL, or "".
	User string
	// Host is the server's name or address; Socket is the path of its Unix socket instead.
	Host, Socket string
	// Database is Redis's number.
	Database string
	// TLS is nil for a connection that isn't encrypted, or whose URL says everything about it.
	TLS *TLS
}

// ParseEndpoint reads a broker's URL, as Broker.URL returns it. Its errors never contain the URL.
func ParseEndpoint(name, rawURL string) (Endpoint, error) {
	switch brokername.Family(name) {
	case brokername.Redis:
		u, err := parseRedis(rawURL)
		return u.endpoint(), err
	case brokername.RabbitMQ:
		u, err := parseRabbitMQ(rawURL)
		return u.endpoint(), err
	case brokername.MySQL:
		u, err := parseMySQL(rawURL)
		return u.endpoint(), err
	case brokername.Postgres:
		if _, err := parsePostgres(rawURL); err != nil {
			return Endpoint{}, err
		}
	case brokername.SQS:
		if _, err := ParseSQS(rawURL); err != nil {
			return Endpoint{}, err
		}
	case OwnName:
	default:
		return Endpoint{}, fmt.Errorf("%w: unknown broker %q", ErrSetup, name)
	}
	return Endpoint{URL: rawURL}, nil
}
