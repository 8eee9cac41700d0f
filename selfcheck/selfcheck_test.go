package selfcheck

import (
	"os"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

func TestMain(m *testing.M) {
	process.MaybeGuard()
	os.Exit(m.Run())
}

func builder(t *testing.T) *workers.Builder {
	t.Helper()
	testneeds.Real(t, "workers")
	b, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// frameworks are those that are enqueued for.
func frameworks(t *testing.T) []contender.Contender {
	t.Helper()
	var out []contender.Contender
	for _, name := range []string{"celery", "asynctasq"} {
		c, err := catalog(t).Find(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func TestRunMeasuresEveryRow(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	r, err := Run(t.Context(), Options{Builder: builder(t), Contenders: frameworks(t), Brokers: []string{"redis"}, Rounds: 2, Scale: 0.05, Seconds: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Enqueue) != len(frameworks(t)) || len(r.Probe) != len(frameworks(t)) || len(r.Schedule) != 2*len(scheduleRates()) {
		t.Fatalf("rows are missing: %+v", r)
	}
	for _, e := range r.Enqueue {
		checkRow(t, "redis", e)
		if len(e.Wire.Values) != 2 || len(e.Client.Values) != 2 {
			t.Errorf("%+v", e)
		}
	}
	for _, s := range r.Schedule {
		if s.LateP50Us.Value < 0 || s.LateP50Us.Value > s.LateP99Us.Value || s.LateP99Us.Value > s.LateMaxUs || (s.LateP99Us.Goal != nil) != (s.Rate == goalRate) {
			t.Errorf("%+v", s)
		}
	}
	for _, p := range r.Probe {
		if p.NsPerTask.Value <= 0 || p.With.Value <= 0 || !bracketed(p.Gain) || p.Gain.Goal == nil || p.Share.Goal == nil || len(p.Without.Values) != 2 {
			t.Errorf("%+v", p)
		}
	}
	for _, o := range r.Observers {
		if o.CPUUs.Value < 0 || (o.Share.Goal != nil) != (o.PerSecond > 0) {
			t.Errorf("%+v", o)
		}
	}
	if len(r.Observers) < 6*len(frameworks(t)) || r.Recording.Value <= 0 || r.Recording.Goal == nil {
		t.Errorf("rows are missing: %+v, %+v", r.Observers, r.Recording)
	}
}

func TestEnqueueingIsMeasuredOnEveryBroker(t *testing.T) {
	// The folder is open to the user that a server runs as when root starts it.
	dir := brokertest.OpenDir(t)
	t.Setenv("TMPDIR", dir)
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range broker.Names() {
		t.Run(name, func(t *testing.T) {
			rows, err := checkBrokers(t.Context(), c, Options{Builder: builder(t), Contenders: frameworks(t), Brokers: []string{name}, Rounds: 2, Scale: 0.02, Log: t.Logf})
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != len(frameworks(t)) {
				t.Fatalf("rows are missing: %+v", rows)
			}
			for _, e := range rows {
				checkRow(t, name, e)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v (%v)", left, err)
			}
		})
	}
}

func checkRow(t *testing.T, name string, e Enqueue) {
	t.Helper()
	if e.Broker != name || e.Product == "" || e.Bytes < 50 || e.Wire.Value <= 0 || e.Client.Value <= 0 || !bracketed(e.ToClient) || e.ToClient.Goal == nil {
		t.Errorf("%+v", e)
	}
	if c := e.Codec; c.WireNs.Value <= 0 || c.ClientNs.Value <= 0 || !bracketed(c.ToWire) || c.Allocations.Goal == nil {
		t.Errorf("%s: %+v", name, c)
	}
	// A moment's profile may have no sample, and a hot function is in a stack.
	if e.Stacks == nil || (e.Stacks.Count > 0) != (len(e.Hot) > 0) {
		t.Errorf("%s: %+v and %+v", name, e.Hot, e.Stacks)
	}
	if len(e.Tools) != len(kits(name)) || len(e.Tools) == 0 {
		t.Errorf("%d tools, want %d", len(e.Tools), len(kits(name)))
	}
	for _, tool := range e.Tools {
		switch {
		case strings.Contains(tool.Reason, "apt-get install"):
			t.Logf("%s: %s", tool.Command, tool.Reason) // it isn't here
		case tool.Reason != "" || tool.Rate.Value <= 0 || !bracketed(tool.ToTool):
			t.Errorf("%+v", tool)
		}
	}
}

// bracketed reports whether a ratio is within its interval.
func bracketed(f Figure) bool { return 0 < f.Low && f.Low <= f.Value && f.Value <= f.High }

func TestJudgeNamesWhatMakesAMachineUnfit(t *testing.T) {
	fit := results.Machine{CPUs: 4, LoadBefore: 0.5, Clocksource: "tsc"}
	for name, tt := range map[string]struct {
		change func(*results.Machine)
		steal  float64
		want   int
	}{
		"fit":        {func(*results.Machine) {}, 0.001, 0},
		"steal":      {func(*results.Machine) {}, 0.05, 1},
		"busy":       {func(m *results.Machine) { m.LoadBefore = 3 }, 0, 1},
		"slow clock": {func(m *results.Machine) { m.Clocksource = "hpet" }, 0, 1},
		"all":        {func(m *results.Machine) { m.LoadBefore, m.Clocksource = 9, "acpi_pm" }, 0.5, 3},
	} {
		r := Report{Machine: fit}
		tt.change(&r.Machine)
		if r.judge(tt.steal); len(r.Unfit) != tt.want {
			t.Errorf("%s: %q, want %d reasons", name, r.Unfit, tt.want)
		}
	}
}

func catalog(t testing.TB) *contender.Catalog {
	t.Helper()
	c, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
