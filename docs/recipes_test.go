package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

// blocks are the code blocks of a document in a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	data, err := os.ReadFile(dataFile)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(data), -1) {
		out = append(out, m[1])
	}
	return out
}

// answers are what the recipes of one language say: rows of values, by the question.
type answers map[string][][]any

// questions are the names of the answers, in the document's order. They are variables of the recipes in Python and R.
var questions = []string{"p99", "per_second", "cdf", "flagged"}

// pandasDriver runs after the recipes, as one program with them: its line with the answers is the last one.
const pandasDriver = `
import json
print(json.dumps({name: json.loads(globals()[name].to_json(orient="values", double_precision=15)) for name in %s}))
`

// duckDBDriver runs each query that the standard input has.
const duckDBDriver = `
import duckdb, json, sys
print(json.dumps({name: duckdb.sql(query).fetchall() for name, query in json.load(sys.stdin).items()}))
`

// flaggedRun is a made-up run of three blocks with its tasks in one file. One trial has a flag that keeps it out, another a
// note.
func flaggedRun(t *testing.T) (out string, trials []results.Trial) {
	t.Helper()
	out = filepath.Join(t.TempDir(), "tqbench-out")
	if err := madeup.Basic(3, 12_000).Write(out); err != nil {
		t.Fatal(err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	trials[1].Flags = []results.Flag{{Code: results.FlagDisturbed}, {Code: results.FlagLost, Metrics: []string{"*"}}}
	trials[4].Flags = []results.Flag{{Code: results.FlagUnsteady}}
	for i, x := range trials {
		if err := results.WriteTrial(results.TrialDir(out, x.ID), x); err != nil {
			t.Fatal(err)
		}
		if trials[i], err = results.ReadTrial(results.TrialDir(out, x.ID)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := results.JoinTasks(t.Context(), out, trials, filepath.Join(out, results.JoinedTasks)); err != nil {
		t.Fatal(err)
	}
	return out, trials
}

// The recipes for DuckDB and pandas run as they are in the document, and their answers are those of the trials' own files.
func TestTheRecipesAnswer(t *testing.T) {
	testneeds.Real(t, "DuckDB and pandas")
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	env, err := builder.Build(t.Context(), "data")
	if err != nil {
		t.Fatal(err)
	}
	out, trials := flaggedRun(t)
	python := func(stdin []byte, script string) answers {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), env.Python, "-c", script)
		cmd.Dir, cmd.Env, cmd.Stdin = filepath.Dir(out), env.Environ(nil), bytes.NewReader(stdin)
		var problems bytes.Buffer
		cmd.Stderr = &problems
		said, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, &problems)
		}
		if problems.Len() > 0 {
			t.Errorf("a recipe warns: %s", &problems)
		}
		var a answers
		said = bytes.TrimSpace(said)
		if err := json.Unmarshal(said[bytes.LastIndexByte(said, '\n')+1:], &a); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		return a
	}
	queries := map[string]string{}
	sql := blocks(t, "sql")
	if len(sql) != len(questions) {
		t.Fatalf("%d queries for the questions %v", len(sql), questions)
	}
	for i, q := range questions {
		queries[q] = sql[i]
	}
	stdin, err := json.Marshal(queries)
	if err != nil {
		t.Fatal(err)
	}
	duckDB := python(stdin, duckDBDriver)
	names, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	pandas := python(nil, strings.Join(blocks(t, "python"), "\n")+fmt.Sprintf(pandasDriver, names))
	close := cmpopts.EquateApprox(1e-9, 0)
	if diff := cmp.Diff(duckDB, pandas, close); diff != "" {
		t.Errorf("the answers differ (-DuckDB +pandas):\n%.3000s", diff)
	}
	want := expected(t, out, trials)
	for q, rows := range want {
		if diff := cmp.Diff(rows, duckDB[q], close); diff != "" {
			t.Errorf("%s (-trials' files +DuckDB):\n%.3000s", q, diff)
		}
	}
}

// expected are the answers by the trials' own files.
func expected(t *testing.T, out string, trials []results.Trial) answers {
	t.Helper()
	a := answers{}
	p99, latencies := map[string][]float64{}, map[string][]float64{}
	ended := map[string]map[int64]float64{}
	for _, x := range trials {
		if len(x.Flags) > 0 {
			codes := []string{}
			for _, f := range x.Flags {
				codes = append(codes, f.Code)
			}
			a["flagged"] = append(a["flagged"], []any{float64(x.ID), float64(x.Block), x.Scenario, x.Broker, x.Arm, strings.Join(codes, ","), x.Valid()})
		}
		if !x.Valid() {
			continue
		}
		rows, err := results.ReadTasks(results.TrialDir(out, x.ID))
		if err != nil {
			t.Fatal(err)
		}
		began, first := map[string]int64{}, int64(math.MaxInt64)
		for _, r := range rows {
			if b, ok := began[r.Phase]; !ok || r.Intended < b {
				began[r.Phase] = r.Intended
			}
			if r.Phase == "drain" {
				first = min(first, r.Finished)
			}
		}
		if ended[x.Arm] == nil {
			ended[x.Arm] = map[int64]float64{}
		}
		var late []int64
		for _, r := range rows {
			ms := float64(r.Finished-r.Intended) / 1e6
			switch {
			case r.Phase == "drain":
				ended[x.Arm][(r.Finished-first)/1e9]++
			case r.Phase == "paced":
				latencies[x.Arm] = append(latencies[x.Arm], ms)
				if r.Intended-began[r.Phase] >= 2e9 {
					late = append(late, r.Finished-r.Intended)
				}
			}
		}
		slices.Sort(late)
		p99[x.Arm] = append(p99[x.Arm], float64(results.NearestRank(late, 0.99))/1e6)
	}
	for _, arm := range []string{madeup.Candidate, madeup.Baseline} {
		slices.Sort(p99[arm])
		n := len(p99[arm])
		a["p99"] = append(a["p99"], []any{"throughput", "redis", arm, (p99[arm][(n-1)/2] + p99[arm][n/2]) / 2})
		for s := range int64(len(ended[arm])) {
			a["per_second"] = append(a["per_second"], []any{"throughput", "redis", arm, float64(s), ended[arm][s] / float64(n)})
		}
		all := latencies[arm]
		slices.Sort(all)
		for i, ms := range all {
			if i+1 == len(all) || all[i+1] != ms {
				a["cdf"] = append(a["cdf"], []any{"throughput", "redis", arm, ms, float64(i+1) / float64(len(all))})
			}
		}
	}
	return a
}
