package docs

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
)

const dataFile = "data.md"

// reported is a made-up run of six blocks with its report, in a folder named tqbench-out.
func reported(t *testing.T, tasks int) (out string) {
	t.Helper()
	out = filepath.Join(t.TempDir(), "tqbench-out")
	if err := madeup.Basic(6, tasks).Write(out); err != nil {
		t.Fatal(err)
	}
	a, err := analysis.Analyze(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(t.Context(), out, a, report.Options{}); err != nil {
		t.Fatal(err)
	}
	return out
}

// section is what a document has below a heading.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(document, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("there is no heading %q", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// documented are the names in the first column of a section's tables.
func documented(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if cell, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | "); ok && strings.HasPrefix(line, "| `") {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}

func columnsOf(row any) []string {
	var out []string
	for _, f := range parquet.SchemaOf(row).Fields() {
		out = append(out, f.Name())
	}
	return out
}

// Each column of each file is in the reference, and no other.
func TestEachColumnIsDocumented(t *testing.T) {
	data, err := os.ReadFile(dataFile)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(reported(t, 300), "report", "results.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sorted := cmp.Transformer("sorted", func(names []string) map[string]int {
		out := map[string]int{}
		for _, n := range names {
			out[n]++
		}
		return out
	})
	joined := columnsOf(results.RunTask{})
	for heading, want := range map[string][]string{
		"## tasks.parquet":              columnsOf(results.Task{}),
		"## series.parquet":             columnsOf(results.Sample{}),
		"## The tasks of the whole run": joined[:len(joined)-len(columnsOf(results.Task{}))],
		"## results.csv":                rows[0],
	} {
		if diff := cmp.Diff(want, documented(section(t, string(data), heading)), sorted); diff != "" {
			t.Errorf("%s (-file +document):\n%s", heading, diff)
		}
	}
}

// The tables of the document are benchstat's.
func TestBenchstatPrintsWhatTheDocumentShows(t *testing.T) {
	file := filepath.Join(reported(t, 2000), "report", "benchmark.txt")
	cmd := exec.CommandContext(t.Context(), "go", "run", "golang.org/x/perf/cmd/benchstat", "-col", "/arm", file)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &problems)
	}
	data, err := os.ReadFile(dataFile)
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "<!-- benchstat -->\n", "<!-- end of benchstat -->\n"
	before, rest, ok := strings.Cut(string(data), from)
	_, after, ended := strings.Cut(rest, to)
	if !ok || !ended {
		t.Fatalf("%s has no place for benchstat's tables", dataFile)
	}
	want := fmt.Sprintf("%s%s```text\n$ benchstat -col /arm benchmark.txt\n%s```\n%s%s", before, from, out, to, after)
	if *update {
		if err := os.WriteFile(dataFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("%s is stale: run go test ./docs -update (-want +got):\n%s", dataFile, diff)
	}
}
