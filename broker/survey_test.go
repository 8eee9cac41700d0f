package broker_test

import (
	"net"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// Installed programs are found with their versions, without starting or leaving anything; missing ones say how to install them.
func TestTheSurveyFindsInstalledPrograms(t *testing.T) {
	testneeds.Real(t, "a broker")
	before, err := brokertest.Listeners(1)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range survey(t) {
		seen[f.Broker] = true
		if f.Broker == "valkey" && f.Path == "" && f.Install == "apt-get install valkey-server" {
			continue // not every Debian has it
		}
		if f.Path == "" || f.Version == "unknown" || f.Install != "" {
			t.Errorf("%+v", f)
		}
		if f.Program != "mariadb-install-db" && f.Version == "" {
			t.Errorf("%+v has no version", f)
		}
	}
	for _, name := range []string{"redis", "valkey", "postgres", "mysql", "mariadb", "rabbitmq"} {
		if !seen[name] {
			t.Errorf("nothing was looked for for %s", name)
		}
	}
	after, err := brokertest.Listeners(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range after {
		const epmd = 4369
		if l.Port == epmd && !slices.ContainsFunc(before, func(b net.TCPAddr) bool { return b.String() == l.String() }) {
			t.Errorf("an epmd was left on %s", &l)
		}
	}
	t.Setenv("PATH", t.TempDir())
	for _, f := range survey(t) {
		if f.Program == "redis-server" && (f.Path != "" || f.Install != "apt-get install redis-server") {
			t.Errorf("%+v", f)
		}
	}
}

func survey(t *testing.T) (all []broker.Finding) {
	t.Helper()
	for _, name := range brokername.Products() {
		all = append(all, broker.Survey(t.Context(), name, "")...)
	}
	return all
}
