package schema

import (
	"bytes"

	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/realrun"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/bisect"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

var update = flag.Bool("update", false, "write the schemas")

// file is a JSON file that others may read.
type file struct {
	of      reflect.Type
	version int
	where   string
}

var published = map[string]file{
	"plan":     {reflect.TypeFor[suite.Plan](), suite.PlanVersion, "plan.json: every trial of a run, in the order in which they run."},
	"end":      {reflect.TypeFor[results.End](), results.Version, "results/end.json: how a run ended, and which trials it kept."},
	"live":     {reflect.TypeFor[results.Live](), results.Version, "live.json: what a run is doing now. The run replaces it once a second, and removes it at its end. No result uses it."},
	"run":      {reflect.TypeFor[results.Run](), results.Version, "results/run.json: where and with what a run was made."},
	"trial":    {reflect.TypeFor[results.Trial](), results.Version, "results/trials/NNNN/trial.json: one execution of a cell. Moments are nanoseconds of CLOCK_MONOTONIC."},
	"analysis": {reflect.TypeFor[analysis.Analysis](), analysis.Version, "analysis.json: everything that a report shows."},
	"summary":  {reflect.TypeFor[report.Summary](), report.SummaryVersion, "report/summary.json: the verdicts of a run, for a badge, a dashboard or a bot."},
	"compare":  {reflect.TypeFor[regress.Comparison](), regress.Version, "What tqbench compare --json writes: a new run against an old one."},
	"gate":     {reflect.TypeFor[gate.Gate](), gate.Version, "gate.json: what tqbench gate decided about a change and its base."},
	"bisect":   {reflect.TypeFor[bisect.Bisection](), bisect.Version, "bisect.json: which release of a queue changed a figure, and the steps that found it."},
	"scenario": {reflect.TypeFor[suite.Scenario](), 0, "A scenario file (YAML): a load of your own. tqbench init writes one to begin with."},
	"trend":    {reflect.TypeFor[regress.Trend](), regress.Version, "What tqbench trend --json writes: the runs of a folder over time."},
}

// sealed have a checksum, which is none of a type's fields.
var sealed = []string{"end", "run", "trial", "analysis"}

// closed are the fields that have one of a closed set of words, by their package, type and name.
var closed = map[string]set{
	"analysis.Comparison.Verdict": {"analysis", "Faster", nil},
	"data.Verdict.Verdict":        {"analysis", "Faster", nil},
	"analysis.Cell.Status":        {"analysis", "CellMeasured", nil},
	"data.Standing.Status":        {"analysis", "CellMeasured", nil},
	"analysis.Cell.Delivery":      {"results", "AtLeastOnce", []string{""}},
	"data.Standing.Delivery":      {"results", "AtLeastOnce", []string{""}},
	"results.Setup.Delivery":      {"results", "AtLeastOnce", nil},
	"results.Fate.Outcome":        {"results", "FateBack", nil},
	"analysis.Claim.Outcome":      {"analysis", "ClaimHolds", []string{analysis.Undecided}},
	"analysis.ClaimReason.Code":   {"analysis", "ReasonUnmeasurable", nil},
	"analysis.Reason.Code":        {"analysis", "ReasonNotOffered", nil},
	"data.Outcome.Outcome":        {"analysis", "ClaimHolds", []string{analysis.Undecided}},
	"analysis.Flagged.Code":       {"results", "FlagLost", []string{"not-run"}},
	"results.Flag.Code":           {"results", "FlagLost", nil},
	"results.Fact.Check":          {"results", "CheckTasks", []string{""}},
	"analysis.Curve.Kind":         {"analysis", "CurveLatency", nil},
	"results.Phase.Arrivals":      {"suite", "Backlog", nil},
	"results.Phase.Producer":      {"suite", "Wire", nil},
	"suite.Phase.Arrivals":        {"suite", "Backlog", nil},
	"suite.Phase.Producer":        {"suite", "Wire", nil},
	"suite.Scenario.Measure":      {"suite", "Load", nil},
	"suite.Setting.Events":        {"suite", "EventsOff", nil},
	"suite.Setting.Strike":        {"suite", "StrikeWorker", nil},
	"suite.Setting.Service":       {"suite", "MockAPI", nil},
	"suite.Plan.Profile":          {"suite", "ProfileCPU", nil},
	"bisect.Bisection.Outcome":    {"regress/bisect", "Found", []string{""}},
	"regress.Comparison.Outcome":  {"regress", "Passes", []string{""}},
	"regress.Decision.Outcome":    {"regress", "Passes", nil},
	"regress.Difference.Effect":   {"regress", "Told", nil},
}

// units are told by the endings of names.
var units = map[string]string{"_ns": "nanoseconds", "_ms": "milliseconds", "seconds": "seconds", "_mib": "MiB"}

// duration is what Go writes a time span as: 1m30s, 1.5ms.
const duration = "^([0-9]+h)?([0-9]+m)?([0-9]+(\\.[0-9]+)?(s|ms|\u00b5s|ns))?$"

func TestSchemasAreThoseOfTheTypes(t *testing.T) {
	m := &maker{t: t, src: sources{}, used: map[string]bool{}}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(published)) {
		names = append(names, name)
		path := name + ending
		want := m.make(name, published[name])
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s is stale: run go test ./docs/schema -update (-types +file):\n%.2000s", path, diff)
		}
	}
	for key := range closed {
		if !m.used[key] {
			t.Errorf("no file has the field %s", key)
		}
	}
	have, err := Names()
	if err != nil || !*update && !slices.Equal(have, names) {
		t.Errorf("there are schemas of %q, published are %q (%v)", have, names, err)
	}
	if _, err := Read("../schema"); err == nil {
		t.Error("what is no schema is read")
	}
}

// Each definition is described, and so is each number whose name has a unit in it.
func TestDefinitionsSayWhatTheyAre(t *testing.T) {
	for name := range published {
		s := parsed(t, name)
		for def, d := range s.Defs {
			if d.Description == "" {
				t.Errorf("%s: %s has no description", name, def)
			}
			for field, p := range d.Properties {
				for ending, unit := range units {
					if strings.HasSuffix(field, ending) && !strings.Contains(p.Description, unit) {
						t.Errorf("%s: %s of %s doesn't say that it is in %s", name, field, def, unit)
					}
				}
			}
		}
	}
}

func parsed(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	data, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	s := &jsonschema.Schema{}
	if err := json.Unmarshal(data, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func resolved(t *testing.T, name string) *jsonschema.Resolved {
	t.Helper()
	r, err := parsed(t, name).Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// real is the analysis of a run that was real.
func real(t *testing.T) analysis.Analysis {
	t.Helper()
	return realrun.Read(t)
}

// samples are files as the commands write them, by the names of their schemas.
func samples(t *testing.T) map[string][][]byte {
	t.Helper()
	out := map[string][][]byte{}
	read := func(name, path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = append(out[name], data)
	}
	add := func(name string, v any) {
		var b bytes.Buffer
		if err := atomicfile.JSON(v)(&b); err != nil {
			t.Fatal(err)
		}
		out[name] = append(out[name], b.Bytes())
	}
	dir := t.TempDir()
	a := real(t)
	if err := errors.Join(analysis.Write(dir, a), report.Write(t.Context(), dir, a, report.Options{}), os.Mkdir(filepath.Join(dir, "results"), 0o755), results.WriteRun(dir, a.Run),
		results.WriteEnd(dir, results.End{Run: a.Run.ID, Why: results.EndComplete, Trials: []int{1, 2}})); err != nil {
		t.Fatal(err)
	}
	read("analysis", analysis.Path(dir))
	read("summary", filepath.Join(report.Dir(dir), "summary.json"))
	read("run", results.RunPath(dir))
	read("end", results.EndPath(dir))
	for _, l := range []results.Live{{}, {Written: a.Run.Began, Ended: 7, Kept: 6, Ends: a.Run.Began, Trial: &results.LiveTrial{ID: 8, Stage: "paced", SentPerSecond: 12.5, P99: 0.012},
		Ratios: []results.LiveRatio{{Metric: "throughput", Ratio: 1.2, Low: 1.1, High: 1.3, Blocks: 3}}}} {
		if err := results.WriteLive(dir, l); err != nil {
			t.Fatal(err)
		}
		read("live", filepath.Join(dir, results.LiveName))
	}
	for _, row := range a.Trials {
		at := results.TrialDir(dir, row.ID)
		if err := errors.Join(os.MkdirAll(at, 0o755), results.WriteTrial(at, row.Trial)); err != nil {
			t.Fatal(err)
		}
		read("trial", filepath.Join(at, "trial.json"))
	}
	scenarios, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []suite.Options{{Scale: 1}, {Scale: 0.05, Growth: &suite.Growth{Until: 0.05, Max: 40, Within: suite.Duration(time.Hour)}, RTT: time.Millisecond}, {Scale: 1, Profile: suite.ProfileCPU}} {
		o.Scenarios, o.Brokers, o.Usual, o.Blocks = scenarios, broker.Names(), []string{"celery/prefork", "asynctasq/async"}, suite.MinBlocks
		p, err := suite.NewPlan(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := suite.WritePlan(dir, p); err != nil {
			t.Fatal(err)
		}
		read("plan", suite.PlanPath(dir))
	}
	old, err := regress.FromAnalysis("old", a)
	if err != nil {
		t.Fatal(err)
	}
	a.Run.ID, a.Run.Began = "later", a.Run.Began.AddDate(0, 0, 1)
	fresh, err := regress.FromAnalysis("new", a)
	if err != nil {
		t.Fatal(err)
	}
	th, err := regress.ParseThreshold("throughput < -5%")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range [][]regress.Threshold{nil, {th}} {
		c, err := regress.Compare(regress.Sides{Old: []*regress.Run{old}, New: []*regress.Run{fresh}, Anyway: true}, list)
		if err != nil {
			t.Fatal(err)
		}
		add("compare", c)
	}
	trend, err := regress.NewTrend(regress.History{Runs: []*regress.Run{old, fresh}}, regress.Options{Level: regress.DefaultLevel, New: 1})
	if err != nil {
		t.Fatal(err)
	}
	add("trend", trend)
	plan := suite.Plan{Arms: []suite.Arm{{Name: suite.Base, Contender: "celery"}, {Name: suite.Change, Contender: "celery"}}, Gate: &suite.Gate{FailIf: []string{"throughput < -5%", "latency_p99 > +10%"}}}
	g, err := gate.Of(plan, a)
	if err != nil {
		t.Fatal(err)
	}
	add("gate", g)
	add("bisect", bisect.Bisection{Version: bisect.Version, Question: bisect.Question{Contender: "rq/fork", Releases: []string{"2.5", "2.6", "2.7"}, FailIf: plan.Gate.FailIf, Plan: "0"},
		Left: []bisect.Left{{Release: "2.5.1", Why: "it has no wheel"}}, Outcome: bisect.Range, After: "2.5", Between: []string{"2.6"}, First: "2.7",
		Steps: []bisect.Step{{Release: "2.7", Folder: "step-1-2.7", Outcome: g.Outcome, Decisions: g.Decisions, Blocks: g.Blocks, Seconds: g.Seconds},
			{Release: "2.6", Folder: "step-2-2.6", Outcome: bisect.Unusable, Why: "it is yanked"}}})
	return out
}

func TestFilesAreValidAndWrongOnesAreNot(t *testing.T) {
	all := samples(t)
	t.Run("wrong words", func(t *testing.T) { wrongWords(t, all) })
	for name, f := range published {
		if f.version == 0 {
			continue // people write it
		}
		r := resolved(t, name)
		if len(all[name]) == 0 {
			t.Errorf("there is no file for %s", name)
		}
		for i, data := range all[name] {
			var v map[string]any
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			if err := r.Validate(v); err != nil {
				t.Errorf("%s %d: %.500s", name, i, err.Error())
			}
			if i > 0 {
				continue
			}
			v["surprise"] = 1
			if r.Validate(v) == nil {
				t.Errorf("%s: a field that no file has is valid", name)
			}
			delete(v, "surprise")
			for key, old := range v {
				v[key] = map[bool]any{true: "text", false: 17.5}[reflect.ValueOf(old).Kind() != reflect.String]
				if r.Validate(v) == nil {
					t.Errorf("%s: %s may be %v", name, key, v[key])
				}
				v[key] = old
			}
			v["version"] = 99.0
			if r.Validate(v) == nil {
				t.Errorf("%s: another version is valid", name)
			}
		}
	}
}

// wrongWords checks that a word that is in no closed set, and a wrong field deep within, are found.
func wrongWords(t *testing.T, all map[string][][]byte) {
	for what, tt := range map[string]struct {
		name, from, to string
	}{
		"verdict":          {"analysis", `"verdict": "[a-z ]+"`, `"verdict": "perhaps"`},
		"verdict, summary": {"summary", `"verdict": "[a-z ]+"`, `"verdict": "perhaps"`},
		"status":           {"summary", `"status": "[a-z ]+"`, `"status": "fine"`},
		"arrivals":         {"plan", `"arrivals": "backlog"`, `"arrivals": "heap"`},
		"outcome":          {"compare", `"outcome": "[^"]+"`, `"outcome": "passed"`},
		"type":             {"trial", `"late_p50_ns": `, `"late_p50_ns": 0.5e-9, "late_p51_ns": `},
		"time":             {"run", `"cpus": 2`, `"cpus": "2"`},
		"name":             {"analysis", `"higher_is_better"`, `"higher_is_worse"`},
		"missing":          {"trend", `"unit"`, `"units"`},
	} {
		r, from := resolved(t, tt.name), regexp.MustCompile(tt.from)
		data := all[tt.name][len(all[tt.name])-1]
		for _, x := range all[tt.name] {
			if from.Match(x) {
				data = x
			}
		}
		if !from.Match(data) {
			t.Errorf("%s: no %s has %s", what, tt.name, tt.from)
			continue
		}
		var v any
		at := from.FindIndex(data)
		if err := json.Unmarshal(slices.Concat(data[:at[0]], []byte(tt.to), data[at[1]:]), &v); err != nil {
			t.Fatal(err)
		}
		if r.Validate(v) == nil {
			t.Errorf("%s: %s is valid with %s", what, tt.name, tt.to)
		}
	}
}
