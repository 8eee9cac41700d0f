package suite

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTracesAreReadStrictly(t *testing.T) {
	t.Parallel()
	kinds := []Share{{Kind: "io", Share: 1}, {Kind: "heavy", Share: 1}}
	got, err := ParseTrace([]byte("at,kind\n0,io\n0.5,heavy\n 0.5 ,io\n"), kinds)
	if err != nil || len(got) != 3 || got[1] != (Arrival{0.5, 1}) || got[2] != (Arrival{0.5, 0}) {
		t.Errorf("%v, %v", got, err)
	}
	for name, data := range map[string]string{
		"late":            "at\n3601\n3602\n",
		"a mark, quotes":  "\ufeff\"at\"\n\"1\"\n\"2\"\n",
		"ISO 8601":        "id;time\n1;2026-01-31T12:00:00.5Z\n2;2026-01-31T14:00:01.5+02:00\n",
		"epoch ms":        "ts\n1700000000500\n1700000001500\n",
		"out of order":    "at\n2\n1\n",
		"Azure, 2021":     "app,func,end_timestamp,duration\na,f,3,1\na,f,3,2\n",
		"lines of JSON":   "{\"ts\":1.5}\n{\"ts\":2.5}\n",
		"whole, from one": "at\n1\n2\n",
	} {
		got, err := ParseTrace([]byte(data), kinds[:1])
		if want := []Arrival{{At: 0}, {At: 1}}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v (%v), want %v", name, got, err, want)
		}
	}
	for bad, want := range map[string]string{
		"":                                      "it is empty",
		"at\n":                                  "has no tasks",
		"at\nx\n":                               `line 2: column at is "x"`,
		"at\n-1\n":                              `line 2: column at is "-1"`,
		"at\nNaN\n":                             `line 2: column at is "NaN"`,
		"at\n0\n2e6\n":                          "its tasks come over 2000000 s, and a trace has at most 1000000",
		"at,kind\n1,light\n":                    `line 2: the scenario has no kind of task "light"`,
		"at,kind\n1,io\n2\n":                    "line 3",
		"at,kind\n1,io\n2,io,3\n":               "line 3",
		"at,kind\n1,\"io\n2,heavy\n":            "line",
		"minute,count\n0,9000000\n60,1000000\n": "it has 10000000 tasks, and a trace has at most 1000000: take a part of it with tqbench trace --for or --rate-scale",
	} {
		if _, err := ParseTrace([]byte(bad), kinds); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: err = %v, want one line with %q", bad, err, want)
		}
	}
}

// Without a column of kinds, all kinds of a mix are sent, in their shares.
func TestATraceWithoutKindsHasThoseOfTheMix(t *testing.T) {
	t.Parallel()
	kinds := []Share{{Kind: "io", Share: 70}, {Kind: "light", Share: 27}, {Kind: "heavy", Share: 3}}
	data := []byte("at\n" + strings.Repeat("1\n", 10_000))
	got, err := ParseTrace(data, kinds)
	if err != nil {
		t.Fatal(err)
	}
	var n [3]int
	for _, a := range got {
		n[a.Kind]++
	}
	for i, k := range kinds {
		if math.Abs(float64(n[i])-100*float64(k.Share)) > 200 {
			t.Errorf("%d of 10000 tasks are %s", n[i], k.Kind)
		}
	}
	if again, err := ParseTrace(data, kinds); err != nil || !slices.Equal(got, again) {
		t.Errorf("another reading gives other kinds (%v)", err)
	}
}

const traced = `
name: mine
task: noop
processes: 2
concurrency: 10
warmup: {limit: 5s}
phases:
  - {name: day, arrivals: trace, producer: wire, trace: day.csv}
decide: [latency_p50]
limit: 10s
`

// The limit of a phase ends it, however long its trace is.
func TestATraceIsCutAtTheLimit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scale   float64
		fixed   bool
		seconds int
		tasks   int
		cut     *Cut
	}{
		"shorter":          {1, false, 10, 101, nil},
		"longer":           {1, false, 40, 101, &Cut{401, 40}},
		"scaled to fit":    {0.1, false, 40, 40, nil},
		"scaled, and long": {0.5, false, 40, 0, &Cut{Of: 201}},
		"fixed":            {0.1, true, 40, 101, &Cut{401, 40}},
	} {
		s, err := Parse("mine.yaml", []byte(traced))
		if err != nil {
			t.Fatal(err)
		}
		var data strings.Builder
		data.WriteString("at\n")
		for i := range 10*tt.seconds + 1 {
			fmt.Fprintf(&data, "%.1f\n", float64(i)/10)
		}
		s.Phases[0].Fixed = tt.fixed
		if err := s.ReadTraces(func(string) ([]byte, error) { return []byte(data.String()), nil }); err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(Options{Scenarios: []Scenario{s}, Brokers: []string{"redis"}, Contenders: []string{"c"}, Blocks: 1, Scale: tt.scale})
		if err != nil {
			t.Fatal(err)
		}
		got := p.Scenarios[0].Phases[0]
		if d, ok := got.Expected(); !ok || d > 10*time.Second {
			t.Errorf("%s: it lasts %s", name, d)
		}
		if got.Tasks != len(got.Recorded) || tt.tasks > 0 && got.Tasks != tt.tasks || (got.Cut == nil) != (tt.cut == nil) || tt.cut != nil && got.Cut.Of != tt.cut.Of {
			t.Errorf("%s: %d tasks, cut %+v; want %d, %+v", name, got.Tasks, got.Cut, tt.tasks, tt.cut)
		}
		if back, err := parsePlan([]byte(marshal(t, p))); err != nil || !reflect.DeepEqual(back.Scenarios[0].Phases[0], got) {
			t.Errorf("%s: the plan comes back with another phase (%v)", name, err)
		}
	}
}

func FuzzParseTrace(f *testing.F) {
	f.Add([]byte("at,kind\n0,io\n0.5,heavy\n"))
	f.Add([]byte("at\n1e3\n"))
	f.Add([]byte("time;views\n2026-01-31T12:00Z;3\n2026-01-31T13:00Z;5\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseTrace(data, []Share{{Kind: "io", Share: 1}, {Kind: "heavy", Share: 2}})
		if err != nil {
			return
		}
		last := 0.0
		for _, a := range got {
			if !(a.At >= last) || math.IsInf(a.At, 0) || a.Kind < 0 || a.Kind > 1 {
				t.Fatalf("%+v after %v", a, last)
			}
			last = a.At
		}
	})
}

// A share of a day has the day's shape and rates.
func TestAShortenedTraceKeepsItsRates(t *testing.T) {
	t.Parallel()
	var all []Arrival
	for i := range 1000 {
		all = append(all, Arrival{At: math.Sqrt(float64(i)), Kind: i % 3})
	}
	for _, scale := range []float64{0.001, 0.02, 0.5, 1} {
		got := shortened(all, scale)
		if want := max(int(1000*scale), 1); len(got) != want {
			t.Fatalf("scale %v: %d tasks, want %d", scale, len(got), want)
		}
		rate, whole := float64(len(got))/got[len(got)-1].At, 1000/all[999].At
		if len(got) > 10 && math.Abs(rate/whole-1) > 0.1 {
			t.Errorf("scale %v: %v tasks a second, the whole has %v", scale, rate, whole)
		}
		for i := 1; i < len(got); i++ {
			if got[i].At < got[i-1].At {
				t.Fatalf("scale %v: %v after %v", scale, got[i], got[i-1])
			}
		}
	}
	if s := shortened(all, 1); s[17] != all[17] {
		t.Error("a whole trace is not as it was")
	}
	s := Scenario{Limit: Duration(time.Hour), Phases: []Phase{{Arrivals: Trace, Recorded: all, Tasks: len(all)}}}
	if p := s.Scaled(2).Phases[0]; p.Tasks != 1000 || len(p.Recorded) != 1000 || p.Recorded[999] != all[999] {
		t.Errorf("twice the scale has %d tasks, %+v", p.Tasks, p.Recorded[999])
	}
}
