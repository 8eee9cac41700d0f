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
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/suite"
)

// wildStarts is how many frameworks' workers start at once: a start mostly waits.
const wildStarts = 3

// For each form of a URL, the harness and each framework's workers connect, or it is refused in a line without the password. It is the table
// of docs/brokers.md.
func TestURLsAsTheyAreInTheWild(t *testing.T) {
	certificates := brokertest.NewCertificates(t)
	for _, name := range broker.Names() {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			server := brokertest.StartWild(t, name, certificates)
			w := &wild{server: server}
			for i, c := range brokertest.WildURLs() {
				if c.Broker != name {
					continue
				}
				if c.Trusted {
					w.run(t)
					t.Setenv("SSL_CERT_FILE", server.CA())
				}
				if c.Last {
					w.run(t)
				}
				w.add(t, c, fmt.Sprintf("tqbench-wild%d", i))
				if c.Trusted {
					w.run(t)
					t.Setenv("SSL_CERT_FILE", "")
				}
			}
			w.run(t)
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

// wild collects the starts of forms of one broker's URL.
type wild struct {
	server *brokertest.WildServer
	starts []wildStart
	open   []broker.Broker
}

type wildStart struct {
	form   string
	config Config
}

// add tries a form with the harness, and adds a start for each framework that doesn't refuse it.
func (w *wild) add(t *testing.T, c brokertest.WildURL, space string) {
	t.Helper()
	rawURL := w.server.URL(t, c)
	b, err := broker.Open(t.Context(), c.Broker, broker.Options{URL: rawURL, Space: space})
	if want := c.Refused[brokertest.Harness]; want != "" {
		refuses(t, c.Form, err, want, rawURL)
		return
	}
	if err != nil {
		t.Errorf("%s: %v", c.Form, err)
		return
	}
	w.open = append(w.open, b)
	d, err := b.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range catalog(t).Frameworks() {
		if contender.Supports(k, c.Broker) != nil {
			continue
		}
		target := contender.Target{Env: environment(t, k.Framework()), Broker: c.Broker, Product: d.Product, URL: b.URL(), Queue: space + "-" + k.Framework(), Space: space,
			Processes: 1, Concurrency: 10, CPUs: 2}
		if want := c.Refused[k.Framework()]; want != "" {
			_, err := k.Setup(target)
			refuses(t, c.Form, err, want, rawURL)
			continue
		}
		s := scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 20})
		s.Processes, s.Limit = 1, suite.Duration(30*time.Second)
		dir := t.TempDir()
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // workers run as another user
			t.Fatal(err)
		}
		w.starts = append(w.starts, wildStart{c.Form, Config{Trial: suite.Trial{ID: 1, Block: 1, Arm: k.Framework(), Seed: 5}, Scenario: s, Contender: k, Broker: b, Clock: clk,
			Dir: dir, Target: target}})
	}
}

// run starts the workers.
func (w *wild) run(t *testing.T) {
	t.Helper()
	var wg sync.WaitGroup
	slots := make(chan struct{}, wildStarts)
	for _, x := range w.starts {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := begin(t.Context(), x.config); err != nil {
				t.Errorf("%s: %s: %v", x.form, x.config.Trial.Arm, err)
			}
		})
	}
	wg.Wait()
	for _, b := range w.open {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	w.starts, w.open = nil, nil
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
