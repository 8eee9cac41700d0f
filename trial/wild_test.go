package trial

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/suite"
)

// For each form of a URL, the harness and each framework's workers and client connect, or it is refused in a line without the password. It is
// the table of docs/brokers.md.
func TestURLsAsTheyAreInTheWild(t *testing.T) {
	certificates := brokertest.NewCertificates(t)
	for _, name := range broker.Names() {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			server := brokertest.StartWild(t, name, certificates)
			for _, c := range brokertest.WildURLs() {
				if c.Broker == name {
					t.Run(strings.ReplaceAll(c.Form, "/", "|"), func(t *testing.T) { wild(t, c, server) })
				}
			}
		})
	}
}

// wild tries one form.
func wild(t *testing.T, c brokertest.WildURL, server *brokertest.WildServer) {
	rawURL := server.URL(t, c)
	if c.Trusted {
		t.Setenv("SSL_CERT_FILE", server.CA())
	}
	const space = "tqbench-wild"
	b, err := broker.Open(t.Context(), c.Broker, broker.Options{URL: rawURL, Space: space})
	if want := c.Refused[brokertest.Harness]; want != "" {
		refuses(t, brokertest.Harness, err, want, rawURL)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	d, err := b.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	phases := []suite.Phase{{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 20}, {Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 5}}
	for _, k := range catalog(t).Frameworks() {
		framework := k.Framework()
		if contender.Supports(k, c.Broker) != nil {
			continue
		}
		t.Run(framework, func(t *testing.T) {
			s := scenario(t, phases...)
			s.Processes, s.Limit = 1, suite.Duration(30*time.Second)
			target := contender.Target{Env: environment(t, framework), Broker: c.Broker, Product: d.Product, URL: b.URL(), Queue: space + "-" + framework, Space: space,
				Processes: s.Processes, Concurrency: s.Concurrency, CPUs: 2}
			if want := c.Refused[framework]; want != "" {
				_, err := k.Setup(target)
				refuses(t, framework, err, want, rawURL)
				return
			}
			dir := t.TempDir()
			if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // workers run as another user
				t.Fatal(err)
			}
			r, err := Run(t.Context(), Config{Trial: suite.Trial{ID: 1, Block: 1, Arm: framework, Seed: 5}, Scenario: s, Contender: k, Broker: b, Clock: clk, Dir: dir, Target: target})
			if err != nil {
				t.Fatal(err)
			}
			if r.Sent != 25 || r.Finished != 25 || r.Failed+r.Lost+r.Rejected+r.Unexpected != 0 {
				t.Errorf("%+v, %+v", r.Counts, r.Flags)
			}
		})
	}
}

// refuses checks a refusal, which shows no password.
func refuses(t *testing.T, who string, err error, want, rawURL string) {
	t.Helper()
	if !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %v, want one line with %q", who, err, want)
		return
	}
	_, rest, _ := strings.Cut(rawURL, "://")
	user, _, _ := strings.Cut(rest, "@")
	if _, password, _ := strings.Cut(user, ":"); password != "" && strings.Contains(err.Error(), password) {
		t.Errorf("%s: the password is in %q", who, err)
	}
}
