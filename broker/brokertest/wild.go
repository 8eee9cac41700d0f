package brokertest

import (
	"strings"
)

// WildURL is a form of a broker's URL as users have it, and who connects with it. The cases are the table of docs/brokers.md.
type WildURL struct {
	Broker string
	// Form is how the table shows it, URL its template for a test's server, by default the form: see WildServer.URL.
	Form, URL string
	// Refused are parts of the refusals, by the framework's name, or Harness.
	Refused map[string]string
	// MFA sets AWS's variables to a profile that assumes a role with a code.
	MFA bool
	// Trusted sets SSL_CERT_FILE to the server's authority.
	Trusted bool
	// ToRoot is part of the refusal if root runs tqbench.
	ToRoot string
}

// Harness is tqbench itself among those who connect.
const Harness = "tqbench"

// WildVhost is the virtual host of the cases that have one.
const WildVhost = "orders/eu"

// WildURLs are the cases, in the order of the table. In PostgreSQL's and MySQL's, the one with another password is the last: no other works after it.
func WildURLs() []WildURL {
	const (
		mysqlTLS, mysqlSocket = "its driver can't encrypt a connection", "its driver can't use a Unix socket"
		unknown               = "certificate signed by unknown authority"
	)
	all := func(reason string, names ...string) map[string]string {
		out := map[string]string{}
		for _, n := range names {
			out[n] = reason
		}
		return out
	}
	return []WildURL{
		{Broker: "redis", Form: "redis://USER@HOST/2"},
		{Broker: "redis", Form: "redis://USER@HOST?db=2"},
		{Broker: "redis", Form: "redis://USER@[IPv6]:PORT/0", URL: "redis://USER@HOST6/0"},
		{Broker: "redis", Form: "redis://NAME:p%40ss%2Fw%3A…@HOST/0", URL: "redis://HARD@HOST/0"},
		{Broker: "redis", Form: "rediss://USER@HOST/0?ssl_cert_reqs=required&ssl_ca_certs=FILE", URL: "rediss://USER@SECURE/0?ssl_cert_reqs=required&ssl_ca_certs=CA"},
		{Broker: "redis", Form: "rediss://USER@HOST/0?ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs=FILE&ssl_certfile=FILE&ssl_keyfile=FILE",
			URL: "rediss://USER@SECURE/0?ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs=CA&ssl_certfile=CERT&ssl_keyfile=KEY"},
		{Broker: "redis", Form: "rediss://USER@HOST/0?ssl_cert_reqs=optional&ssl_check_hostname=false&ssl_ca_certs=FILE",
			URL: "rediss://USER@SECURE/0?ssl_cert_reqs=optional&ssl_check_hostname=false&ssl_ca_certs=CA"},
		{Broker: "redis", Form: "rediss://USER@HOST/0?ssl_cert_reqs=none", URL: "rediss://USER@SECURE/0?ssl_cert_reqs=none"},
		{Broker: "redis", Form: "rediss://USER@HOST/0, the authority in SSL_CERT_FILE", URL: "rediss://USER@SECURE/0", Trusted: true},
		{Broker: "redis", Form: "rediss://USER@HOST/0, an unknown authority", URL: "rediss://USER@SECURE/0?ssl_ca_certs=OTHER", Refused: all(unknown, Harness)},
		{Broker: "redis", Form: "redis+socket://USER@/PATH?virtual_host=2", URL: "redis+socket://USER@SOCKET?virtual_host=2"},
		{Broker: "redis", Form: "unix://USER@/PATH?db=2", URL: "unix://USER@SOCKET?db=2"},
		{Broker: "redis", Form: "sentinel://USER@HOST;sentinel://HOST?master_name=NAME", URL: "sentinel://USER@127.0.0.1:1;sentinel://SENTINEL?master_name=orders"},
		{Broker: "redis", Form: "redis://USER@HOST;redis://HOST", Refused: all("only Sentinels may be several", Harness)},
		{Broker: "postgres", Form: "postgres://USER@HOST/DATABASE"},
		{Broker: "postgres", Form: "postgresql://USER@[IPv6]:PORT/DATABASE", URL: "postgresql://USER@HOST6/DATABASE"},
		{Broker: "postgres", Form: "postgresql+psycopg2://USER@HOST/DATABASE"},
		{Broker: "postgres", Form: "postgresql+psycopg://USER@HOST/DATABASE"},
		{Broker: "postgres", Form: "postgresql+asyncpg://USER@HOST/DATABASE?ssl=require"},
		{Broker: "postgres", Form: "postgresql://USER@HOST/DATABASE?sslmode=verify-full&sslrootcert=FILE", URL: "postgresql://USER@HOST/DATABASE?sslmode=verify-full&sslrootcert=CA"},
		{Broker: "postgres", Form: "postgresql://USER@HOST/DATABASE?sslmode=verify-ca&sslrootcert=FILE&sslcert=FILE&sslkey=FILE",
			URL: "postgresql://USER@HOST/DATABASE?sslmode=verify-ca&sslrootcert=CA&sslcert=CERT&sslkey=KEY", ToRoot: "run tqbench as the key's owner"},
		{Broker: "postgres", Form: "postgresql://USER@HOST/DATABASE?sslmode=verify-full, an unknown authority",
			URL: "postgresql://USER@HOST/DATABASE?sslmode=verify-full&sslrootcert=OTHER", Refused: all(unknown, Harness)},
		{Broker: "postgres", Form: "postgresql://USER@HOST/DATABASE?options=-c%20statement_timeout%3D60000"},
		{Broker: "postgres", Form: "postgresql://USER@HOST,HOST/DATABASE?target_session_attrs=read-write",
			URL: "postgresql://USER@127.0.0.1:1,HOST/DATABASE?target_session_attrs=read-write"},
		{Broker: "postgres", Form: "postgresql://USER@/DATABASE?host=/FOLDER&port=PORT", URL: "postgresql://USER@/DATABASE?host=SOCKET&port=PORT"},
		{Broker: "postgres", Form: "postgresql://USER@HOST/DATABASE?statement_timeout=60000", Refused: all("it has a parameter that not all clients read", Harness)},
		{Broker: "postgres", Form: "postgresql://NAME:p%40ss%2Fw%3A…@HOST/DATABASE", URL: "postgresql://HARD@HOST/DATABASE"},
		{Broker: "mysql", Form: "mysql+pymysql://USER@HOST/DATABASE?charset=utf8mb4"},
		{Broker: "mysql", Form: "mysql://USER@[IPv6]:PORT/DATABASE", URL: "mysql://USER@HOST6/DATABASE", Refused: all("its driver can't read an IPv6 address", "asynctasq")},
		{Broker: "mysql", Form: "mysql://USER@HOST/DATABASE?ssl_ca=FILE", URL: "mysql://USER@HOST/DATABASE?ssl_ca=CA", Refused: all(mysqlTLS, "asynctasq")},
		{Broker: "mysql", Form: "mysql://USER@HOST/DATABASE?ssl-mode=VERIFY_CA&ssl-ca=FILE&ssl-cert=FILE&ssl-key=FILE",
			URL: "mysql://USER@HOST/DATABASE?ssl-mode=VERIFY_CA&ssl-ca=CA&ssl-cert=CERT&ssl-key=KEY", Refused: all(mysqlTLS, "asynctasq")},
		{Broker: "mysql", Form: "mysql://USER@HOST/DATABASE?ssl_mode=REQUIRED", Refused: all(mysqlTLS, "asynctasq")},
		{Broker: "mysql", Form: "mysql://USER@HOST/DATABASE?ssl_ca=FILE, an unknown authority", URL: "mysql://USER@HOST/DATABASE?ssl_ca=OTHER", Refused: all(unknown, Harness)},
		{Broker: "mysql", Form: "mysql://USER@/DATABASE?unix_socket=PATH", URL: "mysql://USER@/DATABASE?unix_socket=SOCKET", Refused: all(mysqlSocket, "asynctasq")},
		{Broker: "mysql", Form: "mysql://NAME:p%40ss%2Fw%3A…@HOST/DATABASE", URL: "mysql://HARD@HOST/DATABASE",
			Refused: all("takes user and password from the URL as they are written there", "asynctasq")},
		{Broker: "rabbitmq", Form: "pyamqp://USER@HOST"},
		{Broker: "rabbitmq", Form: "amqp://USER@[IPv6]:PORT", URL: "amqp://USER@HOST6"},
		{Broker: "rabbitmq", Form: "amqp://USER@HOST/%2F"},
		{Broker: "rabbitmq", Form: "amqp://USER@HOST//"},
		{Broker: "rabbitmq", Form: "amqp://NAME:p%40ss%2Fw%3A…@HOST/VHOST", URL: "amqp://HARD@HOST/" + strings.ReplaceAll(WildVhost, "/", "%2F")},
		{Broker: "rabbitmq", Form: "amqp://USER@HOST;amqp://USER@HOST", URL: "amqp://USER@127.0.0.1:1;amqp://USER@HOST"},
		{Broker: "rabbitmq", Form: "amqps://USER@HOST, the authority in SSL_CERT_FILE", URL: "amqps://USER@SECURE", Trusted: true},
		{Broker: "rabbitmq", Form: "amqps://USER@HOST?cacertfile=FILE", URL: "amqps://USER@SECURE?cacertfile=CA"},
		{Broker: "rabbitmq", Form: "amqps://USER@HOST/%2F?cacertfile=FILE&certfile=FILE&keyfile=FILE", URL: "amqps://USER@SECURE/%2F?cacertfile=CA&certfile=CERT&keyfile=KEY"},
		{Broker: "rabbitmq", Form: "amqps://USER@HOST?verify=verify_none", URL: "amqps://USER@SECURE?verify=verify_none",
			Refused: all("its client always checks the server's certificate", "dramatiq")},
		{Broker: "rabbitmq", Form: "amqps://USER@HOST, an unknown authority", URL: "amqps://USER@SECURE?cacertfile=OTHER", Refused: all(unknown, Harness)},
		{Broker: "sqs", Form: "sqs://KEY:SECRET@HOST/REGION", URL: "sqs://USER@HOST/us-east-1"},
		{Broker: "sqs", Form: "sqs://KEY:SECRET@HOST/REGION?queue=jobs.fifo", URL: "sqs://USER@HOST/us-east-1?queue=jobs.fifo", Refused: all("it can't use an existing or a FIFO queue", Harness)},
		{Broker: "sqs", Form: "https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE", URL: "https://sqs.us-east-1.amazonaws.com/123456789012/jobs", Refused: all("it can't use an existing or a FIFO queue", Harness)},
		{Broker: "sqs", Form: "sqs://REGION, a profile whose role asks for a code (MFA)", URL: "sqs://us-east-1", MFA: true, Refused: all("a role that asks for a code", Harness)},
	}
}
