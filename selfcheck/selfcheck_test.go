package selfcheck

import (
	"os"
	"testing"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

func TestMain(m *testing.M) {
	process.MaybeGuard()
	os.Exit(m.Run())
}

func TestRunMeasuresEveryRow(t *testing.T) {
	b, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), Options{Builder: b, Rounds: 2, Messages: 5000, ClientMessages: 200, Seconds: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Enqueue) != len(contender.All()) || len(r.Probe) != len(contender.All()) || len(r.Schedule) != 4 {
		t.Fatalf("rows are missing: %+v", r)
	}
	for _, e := range r.Enqueue {
		if e.Bytes < 100 || e.Rate <= 0 || e.ToolRate <= 0 || e.ClientRate <= 0 || len(e.Rates) != 2 {
			t.Errorf("%+v", e)
		}
		if e.RatioToClient != e.Rate/e.ClientRate || e.RatioToTool != e.Rate/e.ToolRate {
			t.Errorf("ratios don't fit the rates: %+v", e)
		}
	}
	for _, s := range r.Schedule {
		if s.LateP50Us < 0 || s.LateP50Us > s.LateP99Us || s.LateP99Us > s.LateMaxUs {
			t.Errorf("%+v", s)
		}
	}
	for _, p := range r.Probe {
		if p.NsPerTask <= 0 {
			t.Errorf("%+v", p)
		}
	}
}

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
