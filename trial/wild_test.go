package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/suite"
)

// For each form of a URL, the harness and each framework's workers connect, or it is refused in a line without the password. It is the table
// of docs/brokers.md.
func TestURLsAsTheyAreInTheWild(t *testing.T) {
	certificates := brokertest.NewCertificates(t)
	for _, name := range broker.Names() {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			server := brokertest.StartWild(t, name, certificates)
			for _, c := range brokertest.WildURLs() {
				if c.Broker != name {
					continue
				}
				trusted := ""
				if c.Trusted {
					trusted = server.CA()
				}
				t.Setenv("SSL_CERT_FILE", trusted)
				if c.MFA {
					brokertest.AssumeWithCode(t)
				}
				if rawURL := server.URL(t, c); rawURL != "" {
					tryForm(t, c, rawURL)
				}
			}
		})
	}
}

// begin is a trial up to the point where the workers have run what the harness sent.
func begin(ctx context.Context, c Config) (err error) {
	r, err := newRun(ctx, c)
	defer func() { err = r.cleanUp.run(err) }()
	if err != nil {
		return err
	}
	for _, stage := range []stage{r.claim, r.furnish, r.prepare, r.connect, r.startWorkers, r.collecting(r.ready), r.stop} {
		if err := stage(ctx); err != nil {
			return err
		}
	}
	return nil
}

// tryForm tries a form with the harness, and starts the workers of each framework that doesn't refuse it.
func tryForm(t *testing.T, c brokertest.WildURL, rawURL string) {
	t.Helper()
	b, err := broker.Open(t.Context(), c.Broker, broker.Options{URL: rawURL, Space: "tqbench-wild"})
	want := c.Refused[brokertest.Harness]
	if os.Getuid() == 0 && c.ToRoot != "" {
		want = c.ToRoot
	}
	if want != "" {
		refuses(t, c.Form, err, want, rawURL)
		return
	}
	if err != nil {
		t.Errorf("%s: %v", c.Form, err)
		return
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
	// At once, as a start mostly waits.
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, k := range catalog(t).Frameworks() {
		if contender.Supports(k, c.Broker) != nil {
			continue
		}
		space := "tqbench-" + k.Framework() // at its end, a framework's data are removed
		target := contender.Target{Env: environment(t, k.Framework()), Broker: c.Broker, Product: d.Product, URL: b.URL(), Queue: space, Space: space,
			Processes: 1, Concurrency: 10, CPUs: 2}
		if want := c.Refused[k.Framework()]; want != "" {
			_, err := k.Setup(target)
			refuses(t, c.Form, err, want, rawURL)
			continue
		}
		s := scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 20})
		s.Processes = 1
		configs := map[string]Config{k.Framework(): {Scenario: s, Target: target}}
		if k.Framework() == "celery" {
			// With an application whose settings name another broker, which must not see a connection.
			own := Config{Scenario: s, Target: target}
			own.Target.Queue += "-own"
			own.Target.Space = own.Target.Queue
			own.Target.Own = &contender.Own{App: "app", Path: applicationOf(t, listen(t).Addr().String())}
			own.Scenario.Own = &suite.Own{Tasks: map[string]string{"celery": "app.price"}, Apps: map[string]string{"celery": "app"}, Path: own.Target.Own.Path,
				Calls: []suite.Call{{Args: []byte(`["A-1"]`), Kwargs: []byte("{}")}}}
			configs["an application of celery's"] = own
		}
		for who, config := range configs {
			config.Trial, config.Contender, config.Broker, config.Clock = suite.Trial{ID: 1, Block: 1, Arm: k.Framework(), Seed: 5}, k, b, clk
			config.Dir = t.TempDir()
			if err := os.Chmod(filepath.Dir(config.Dir), 0o755); err != nil { // workers run as another user
				t.Fatal(err)
			}
			configs[who] = config
		}
		wg.Go(func() {
			for who, config := range configs { // one after the other, as both make Celery's tables
				if err := begin(t.Context(), config); err != nil {
					t.Errorf("%s: %s: %v", c.Form, who, err)
				}
			}
		})
	}
}

// applicationOf is the folder of an application of Celery whose broker and backend are a Redis at an address.
func applicationOf(t *testing.T, address string) string {
	t.Helper()
	dir := brokertest.OpenDir(t)
	source := fmt.Sprintf("from celery import Celery\n\napp = Celery('app', broker='redis://%[1]s/0', backend='redis://%[1]s/1')\n\n\n@app.task\ndef price(sku):\n    return sku\n", address)
	if err := os.WriteFile(filepath.Join(dir, "app.py"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// refuses checks a refusal, which shows no password.
func refuses(t *testing.T, form string, err error, want, rawURL string) {
	t.Helper()
	if !errors.Is(err, broker.ErrSetup) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %v, want one line with %q", form, err, want)
		return
	}
	_, rest, _ := strings.Cut(rawURL, "://")
	user, _, _ := strings.Cut(rest, "@")
	if _, password, _ := strings.Cut(user, ":"); password != "" && strings.Contains(err.Error(), password) {
		t.Errorf("%s: the password is in %q", form, err)
	}
}
