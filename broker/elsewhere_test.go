package broker

import (
	"errors"
	"strings"
	"testing"
)

func TestAURLThatLeadsElsewhereIsFound(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"redis", "redis://localhost", ""},
		{"redis", "redis://:pw@127.8.0.1:7000/3", ""},
		{"redis", "redis://[::1]:7000", ""},
		{"redis", "unix:///run/redis.sock", ""},
		{"redis", "rediss://u:pw@cache.example.com/0", "cache.example.com"},
		{"redis", "redis://127.0.0.1.example.com", "127.0.0.1.example.com"},
		{"redis", "redis://0.0.0.0:6379", "0.0.0.0"},
		{"postgres", "postgresql://u:pw@LOCALHOST/db", ""},
		{"postgres", "postgresql://u:pw@/db?host=/run/postgresql", ""},
		{"postgres", "postgresql://u:pw@localhost,10.0.0.7/db", "10.0.0.7"},
		{"postgres", "postgresql://u:pw@localhost/db?host=db.example.com", "db.example.com"},
		{"mysql", "mysql://u:pw@127.0.0.1:3307/db", ""},
		{"mysql", "mysql://u:pw@db/db", "db"},
		{"mysql", "mysql://u:pw@localhost/db?host=db", "db"},
		{"rabbitmq", "amqp://u:pw@localhost/%2F", ""},
		{"rabbitmq", "amqps://u:pw@mq.example.com", "mq.example.com"},
		{"redis", "redis+socket:///run/redis.sock?virtual_host=1", ""},
		{"redis", "sentinel://localhost;sentinel://10.0.0.8:26379?master_name=m", "10.0.0.8"},
		{"postgres", "postgresql+asyncpg://u:pw@[::1]:5433,10.0.0.9:5432/db?ssl=require", "10.0.0.9"},
		{"postgres", "postgres://u:pw@%2Frun%2Fpostgresql/db", ""},
		{"mysql", "mysql+pymysql://u:pw@/db?unix_socket=/run/mysql.sock", ""},
		{"mysql", "mariadb+mariadbconnector://u:pw@[::1]/db", ""},
		{"rabbitmq", "pyamqp://u:pw@localhost;pyamqp://u:pw@10.0.0.8", "10.0.0.8"},
		{"sqs", "sqs://K:S@127.0.0.1:9324/us-east-1", ""},
		{"sqs", "sqs+https://K:S@sqs.example.com:443/us-east-1", "sqs.example.com"},
		{"sqs", "sqs://eu-west-1", "AWS in eu-west-1"},
	} {
		if got, err := Elsewhere(tt.name, tt.url); got != tt.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", tt.url, got, err, tt.want)
		}
	}
}

// No error shows a password, whatever surrounds it, and an accepted URL's hosts are reported.
func FuzzURL(f *testing.F) {
	for i, seed := range [][2]string{
		{"redis://:", "@127.0.0.1:6379/0"}, {"postgresql://u:", "@h:5432/db?sslmode=require"}, {"mysql://u:", "@h/db"},
		{"amqp://u:", "@h:5672/%2F"}, {"sqs://KEY:", "@127.0.0.1:9324/us-east-1"},
		{"rediss://", "@[::1]:0x/\x7f"}, {"postgres://u:", "@a,b:99999/?host=/run"}, {"mariadb://", ""}, {"amqps://", "%zz"}, {"sqs+https://", "/"},
	} {
		f.Add(uint8(i), seed[0], seed[1])
	}
	const secret = "correct-horse-battery"
	f.Fuzz(func(t *testing.T, kind uint8, before, after string) {
		name := Names()[int(kind)%len(Names())]
		rawURL := before + secret + after
		_, err := Elsewhere(name, rawURL)
		_, aerr := Address(name, rawURL)
		for _, err := range []error{err, aerr} {
			if err != nil && (!errors.Is(err, ErrSetup) || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n")) {
				t.Fatalf("%s, %q: %v", name, rawURL, err)
			}
		}
		if aerr == nil {
			if at, err := Address(name, Through(rawURL, "p:1")); at != "p:1" || err != nil {
				t.Fatalf("%q leads through %q: %v", rawURL, at, err)
			}
		}
	})
}
