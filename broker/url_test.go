package broker

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A password with characters that must be encoded is refused in a line that names them, and nothing else of it.
func TestAnUnencodedPasswordIsNamedByItsCharacters(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"postgres", "postgresql://u:p@ss/w@127.0.0.1/db", "the PostgreSQL URL can't be read: percent-encode @ and / in the password (%40, %2F)"},
		{"postgres", "postgresql+psycopg2://u:p#x@127.0.0.1/db", "percent-encode # in the password (%23)"},
		{"postgres", "postgresql://u:a?b@h,i/db?sslmode=require", "percent-encode ? in the password (%3F)"},
		{"redis", "redis://:p@ss@127.0.0.1", "percent-encode @ in the password (%40)"},
		{"redis", "redis://pass/word@127.0.0.1", "percent-encode / in the user (%2F)"},
		{"redis", "rediss://:pw@127.0.0.1/0?ssl_ca_certs=/a@b", "or @ in the parameters (%40)"},
		{"mysql", "mysql://u@x:p%w@127.0.0.1/db", "percent-encode @ and % in the user and the password (%40, %25)"},
		{"mysql", "mysql://u:a b\u00e9@127.0.0.1/db", "percent-encode spaces and characters outside ASCII in the password"},
		{"rabbitmq", "amqp://u:p[w]@127.0.0.1//", "percent-encode [ and ] in the password (%5B, %5D)"},
		{"rabbitmq", "amqp://u:p@127.0.0.1;amqp://u:p/w@127.0.0.1", "percent-encode / in the password (%2F)"},
		{"sqs", "sqs://KEY:wJalr/XU+EX@127.0.0.1:9324/us-east-1", "percent-encode / in the password (%2F)"},
	} {
		if _, err := Elsewhere(tt.name, tt.url); !errors.Is(err, ErrURL) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.url, err, tt.want)
		}
	}
}

// A parameter that can't be used is named, with what is possible.
func TestAParameterThatCantBeUsedIsNamed(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"redis", "rediss://h?ssl_cert_reqs=maybe", "ssl_cert_reqs is one of required, optional, none"},
		{"redis", "redis://h?ssl_ca_certs=/ca", "ssl_ parameters need TLS: write rediss://host:port/number"},
		{"redis", "redis://h/orders", "the database is a number: write redis://host:port/0"},
		{"redis", "redis://h?timeout=3", "leave out what isn't one of db, virtual_host, master_name, ssl_cert_reqs, ssl_check_hostname, ssl_ca_certs, ssl_certfile, ssl_keyfile"},
		{"redis", "redis+socket://run/redis.sock", "write a socket as unix:///path?db=number, with three slashes"},
		{"postgres", "postgresql://h/db?sslmode=on", "sslmode is one of disable, allow, prefer, require, verify-ca, verify-full"},
		{"postgres", "postgresql://h/db?sslmode=verify-ca&sslrootcert=/no/such", "the file of sslrootcert: no such file or directory"},
		{"mysql", "mysql://h/db?ssl_mode=VERIFY_IDENTITY", "name the authority's file with ssl_ca; to encrypt alone, write ssl_mode=REQUIRED"},
		{"rabbitmq", "amqp://h?cacertfile=/ca", "its parameters need TLS: write amqps://host:port/vhost"},
		{"rabbitmq", "amqps://h?verify=perhaps", "verify is one of verify_peer, verify_none"},
		{"rabbitmq", "amqp://a,b", "write each server of a list as a whole URL, with semicolons between them"},
		{"sqs", "sqs://eu-west-1?queue=jobs.fifo", "it can't use an existing or a FIFO queue. Write sqs://REGION for AWS with the usual credentials, or sqs://KEY:SECRET@host:port/REGION for another endpoint"},
		{"sqs", "sqs://eu-west-1?wait=20", "it takes no parameters: write sqs://REGION for AWS with the usual credentials, or sqs://KEY:SECRET@host:port/REGION for another endpoint"},
	} {
		if _, err := Elsewhere(tt.name, tt.url); !errors.Is(err, ErrURL) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.url, err, tt.want)
		}
	}
}

// passwordOf is a URL's password as a broker's harness reads it.
func passwordOf(t *testing.T, name, rawURL string) (string, error) {
	t.Helper()
	var user *url.Userinfo
	switch name {
	case "redis":
		r, err := parseRedis(rawURL)
		if err != nil {
			return "", err
		}
		user = r.user
	case "postgres":
		p, err := parsePostgres(rawURL)
		if err != nil {
			return "", err
		}
		return p.config.ConnConfig.Password, nil
	case "mysql":
		m, err := parseMySQL(rawURL)
		if err != nil {
			return "", err
		}
		user = m.user
	case "rabbitmq":
		r, err := parseRabbitMQ(rawURL)
		if err != nil {
			return "", err
		}
		user = r.user
	case "sqs":
		at, err := ParseSQS(rawURL)
		return at.Secret, err
	}
	password, _ := user.Password()
	return password, nil
}

// clientsURL is what clients get of a URL.
func clientsURL(t *testing.T, name, rawURL string) string {
	t.Helper()
	if name == "postgres" {
		p, err := parsePostgres(rawURL)
		if err != nil {
			t.Fatal(err)
		}
		return p.on(p.servers()[0])
	}
	e, err := ParseEndpoint(name, rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return e.URL
}

// An encoded password reaches the broker as it is, by the URL of the harness and by that of the clients. An unencoded one is read as it is or
// refused, and the refusal depends on nothing but its special characters.
func FuzzPasswords(f *testing.F) {
	for _, seed := range []string{"p@ss/w", "hunter2", "a:b;c", "%41", "%zz", "100%", "a b", "]", "amqp://x", ";redis://h", "?ssl_ca_certs=a", "#", "\\\"'`", "password", "host:port"} {
		f.Add(seed)
	}
	refusal := regexp.MustCompile(`^broker not available: the \w+ URL can't be read: (percent-encode (([@/?#%\[\]<>{}|\\^` + "`" +
		`"]|spaces)(, | and )?)+ in the (user|password|user and the password)( \((%[0-9A-F]{2}(, )?)+\))?(, or @ in the parameters \(%40\))?|write \S.*|only Sentinels .*)$`)
	frames := map[string][2]string{
		"redis": {"redis://u:", "@127.0.0.1:7000/3"}, "postgres": {"postgresql://u:", "@127.0.0.1:7000/db"}, "mysql": {"mysql://u:", "@127.0.0.1:7000/db"},
		"rabbitmq": {"amqp://u:", "@127.0.0.1:7000/%2F"}, "sqs": {"sqs://KEY:", "@127.0.0.1:7000/us-east-1"},
	}
	f.Fuzz(func(t *testing.T, raw string) {
		var printable strings.Builder
		for i := 0; i < len(raw); i++ {
			if c := raw[i]; ' ' <= c && c <= '~' {
				printable.WriteByte(c)
			} else {
				printable.WriteByte(' ' + c%('~'-' '+1))
			}
		}
		password := printable.String()
		if password == "" {
			return
		}
		for name, frame := range frames {
			encoded := frame[0] + percent(password) + frame[1]
			if got, err := passwordOf(t, name, encoded); got != password || err != nil {
				t.Fatalf("%s: %q is read as %q, %v", name, encoded, got, err)
			}
			clients := clientsURL(t, name, encoded)
			if got, err := passwordOf(t, name, clients); got != password || err != nil {
				t.Fatalf("%s: clients' %q is read as %q, %v", name, clients, got, err)
			}
			unencoded := frame[0] + password + frame[1]
			got, err := passwordOf(t, name, unencoded)
			plain, perr := url.PathUnescape(password)
			switch {
			case err == nil && (perr != nil || got != plain):
				t.Fatalf("%s: %q is read as %q", name, unencoded, got)
			case err != nil && !refusal.MatchString(err.Error()):
				t.Fatalf("%s: %q: %v", name, unencoded, err)
			}
			if _, eerr := Elsewhere(name, unencoded); (eerr == nil) != (err == nil) {
				t.Fatalf("%s: %q: %v, but %v", name, unencoded, err, eerr)
			}
		}
	})
}

// Clients get one form of each URL: what they disagree on is written out, and what they can't read is not in it.
func TestClientsGetOneForm(t *testing.T) {
	t.Chdir("/")
	for _, tt := range []struct{ name, url, want string }{
		{"redis", "redis://h", "redis://h:6379/0"},
		{"redis", "redis://u:p%2b@[::1]:7000?db=3", "redis://u:p%2B@[::1]:7000/3"},
		{"redis", "rediss://h", "rediss://h:6379/0?ssl_cert_reqs=required&ssl_check_hostname=true"},
		{"redis", "rediss://h?ssl_cert_reqs=CERT_NONE", "rediss://h:6379/0?ssl_cert_reqs=none&ssl_check_hostname=false"},
		{"redis", "rediss://h?ssl_ca_certs=ca.pem", "rediss://h:6379/0?ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=%2Fca.pem"},
		{"redis", "redis+socket://:pw@/run/r.sock?virtual_host=2", "unix://:pw@/run/r.sock?db=2"},
		{"postgres", "postgres://u:pw@h/db", "postgresql://u:pw@h:5432/db"},
		{"postgres", "postgresql+asyncpg://u:pw@a,b:1/db?ssl=require&channel_binding=require", "postgresql://u:pw@a:5432/db?sslmode=require"},
		{"postgres", "postgresql://h/db?user=u&password=p%40w", "postgresql://u:p%40w@h:5432/db"},
		{"postgres", "postgresql://u:p%20w@/db?host=/run/pg&port=5433", "postgresql://u:p%20w@/db?host=%2Frun%2Fpg&port=5433"},
		{"mysql", "mysql+pymysql://u:pw@h/db?charset=utf8mb4", "mysql://u:pw@h:3306/db"},
		{"mysql", "mysql://u:pw@h/db?ssl-mode=VERIFY_CA&ssl-ca=/ca", "mysql://u:pw@h:3306/db?ssl_ca=%2Fca&ssl_check_hostname=false"},
		{"mysql", "mysql://u:pw@h/db?tls=skip-verify", "mysql://u:pw@h:3306/db?ssl_check_hostname=false"},
		{"mysql", "mysql://u:pw@/db?socket=/run/m.sock", "mysql://u:pw@localhost/db?unix_socket=%2Frun%2Fm.sock"},
		{"rabbitmq", "pyamqp://u:pw@h//", "amqp://u:pw@h:5672/"},
		{"rabbitmq", "amqp://u:pw@h/a/b", "amqp://u:pw@h:5672/a%2Fb"},
		{"rabbitmq", "amqps://u:pw@h?cacertfile=/ca", "amqps://u:pw@h:5671/"},
	} {
		if got := clientsURL(t, tt.name, tt.url); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.url, got, tt.want)
		}
	}
}

// A URL's options of the server stay, and tqbench's follow in the same parameter.
func TestOptionsAreJoined(t *testing.T) {
	got, err := withOption("postgresql://u:pw@h/db?options=-c%20statement_timeout%3D60000", "-csearch_path=run")
	if want := "postgresql://u:pw@h:5432/db?options=-c%20statement_timeout%3D60000%20-csearch_path%3Drun"; got != want || err != nil {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}
