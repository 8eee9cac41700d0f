package broker

import (
	"errors"
	"strings"
	"testing"
)

func TestOnlyTheAddressOfAURLIsReplaced(t *testing.T) {
	for _, tt := range []struct{ name, url, address, through string }{
		{"redis", "redis://localhost", "localhost:6379", "redis://p:1"},
		{"redis", "redis://:a@b@10.0.0.1:7000/3", "10.0.0.1:7000", "redis://:a@b@p:1/3"},
		{"redis", "redis://[::1]:7000/3", "[::1]:7000", "redis://p:1/3"},
		{"postgres", "postgresql://u:p%2Fw@h/db?sslmode=require", "h:5432", "postgresql://u:p%2Fw@p:1/db?sslmode=require"},
		{"mysql", "mysql://u:pw@h:3307/db", "h:3307", "mysql://u:pw@p:1/db"},
		{"mysql", "mysql://u:pw@h:3307/db?ssl_check_hostname=false", "h:3307", "mysql://u:pw@p:1/db?ssl_check_hostname=false"},
		{"rabbitmq", "amqp://u:pw@h:5673/%2F", "h:5673", "amqp://u:pw@p:1/%2F"},
		{"sqs", "sqs://K:S@h:9324/us-east-1", "h:9324", "sqs://K:S@p:1/us-east-1"},
	} {
		got, err := Address(tt.name, tt.url)
		if got != tt.address || err != nil {
			t.Errorf("%s: %q, %v", tt.url, got, err)
		}
		if got := Through(tt.url, "p:1"); got != tt.through {
			t.Errorf("%s: %s", tt.url, got)
		}
	}
}

func TestADelayIsRefusedWhereItWouldBreakTheConnection(t *testing.T) {
	for _, tt := range [][2]string{
		{"redis", "rediss://:secret@h/0"}, {"redis", "unix:///run/secret.sock"}, {"rabbitmq", "amqps://u:secret@h"},
		{"postgres", "postgres://u:secret@h/db?sslmode=verify-full"}, {"postgres", "postgres://u:secret@a,b/db"},
		{"postgres", "postgres:///db?host=/run/secret"}, {"mysql", "mysql://u:secret@h/db?tls=true"},
		{"mysql", "mysql://u:secret@h/db?ssl_ca=/ca&ssl_check_hostname=true"}, {"mysql", "mysql://u:secret@localhost/db?unix_socket=%2Frun%2Fm.sock"},
		{"sqs", "sqs://eu-west-1"}, {"sqs", "sqs+https://K:secret@h:443/eu-west-1"}, {"redis", "secret\x7f://"},
	} {
		_, err := Address(tt[0], tt[1])
		if !errors.Is(err, ErrSetup) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", tt[1], err)
		}
	}
}
