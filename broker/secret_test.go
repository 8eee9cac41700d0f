package broker_test

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
)

// Each broker says in one line that the password is wrong, that nothing listens or that there is no such host, and shows the password in no
// form.
func TestNoRefusalShowsThePassword(t *testing.T) {
	const secret = "correct horse/battery:staple"
	for name, tt := range map[string]struct{ wrong, path string }{
		"redis":    {"it refuses the user or password of the URL", "/0"},
		"postgres": {"it refuses the user or password of the URL", "/postgres"},
		"mysql":    {"it refuses the user or password of the URL", "/tqbench"},
		"rabbitmq": {"it refuses the user or password of the URL", "/"},
		"sqs":      {"it refuses the access key", "/us-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			server, err := broker.Open(t.Context(), name, broker.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			u, err := url.Parse(server.URL())
			if err != nil {
				t.Fatal(err)
			}
			for host, want := range map[string]string{u.Host: tt.wrong, "127.0.0.1:1": "connection refused", "no-such-host.invalid:1": "no-such-host.invalid"} {
				at := url.URL{Scheme: u.Scheme, User: url.UserPassword("tqbench", secret), Host: host, Path: tt.path}
				_, err := broker.Open(t.Context(), name, broker.Options{URL: at.String()})
				if !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: err = %v, want one line with %q", host, err, want)
					continue
				}
				for _, form := range []string{secret, url.PathEscape(secret), url.QueryEscape(secret), at.User.String(), base64.StdEncoding.EncodeToString([]byte(secret))} {
					if strings.Contains(err.Error(), form) {
						t.Errorf("%s: the password is in %q", host, err)
					}
				}
			}
		})
	}
}
