// Sample puts the reports of finished runs into a folder of this repository: the page of the whole run with its data as report.zip, and what it
// says first as README.md, with the tables of the two other runs.
//
//	go run ./scripts/sample RUNS FOLDER
//
// RUNS has the runs all, of every scenario, and matched and installed, of the first scenario in the matched set-up and as installed.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/scripts/internal/pages"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "sample: give the folder of the runs and the folder to write: go run ./scripts/sample RUNS FOLDER")
		os.Exit(2)
	}
	if err := write(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, runs, folder string) error {
	made, err := os.MkdirTemp("", "tqbench-sample-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(made)
	reported := map[string]analysis.Analysis{}
	for _, name := range []string{"all", "matched", "installed"} {
		a, err := analysis.Analyze(filepath.Join(runs, name))
		if err != nil {
			return err
		}
		if err := report.Write(ctx, filepath.Join(made, name), a, report.Options{}); err != nil {
			return err
		}
		reported[name] = a
	}
	a, dir := reported["all"], report.Dir(filepath.Join(made, "all"))
	page, err := archive(dir, a.Run.Began)
	if err != nil {
		return err
	}
	words, err := readme(dir, a)
	if err != nil {
		return err
	}
	for _, t := range []struct{ name, title string }{
		{"matched", "Every queue in the matched set-up"}, {"installed", "Every queue as installed"},
	} {
		part, err := standings(report.Dir(filepath.Join(made, t.name)), t.title, reported[t.name])
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		words = append(words, part...)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return errors.Join(atomicfile.WriteBytes(filepath.Join(folder, "report.zip"), page), atomicfile.WriteBytes(filepath.Join(folder, "README.md"), words))
}

// fullLink is how the page names full.html, which is many times as large and is left out of the sample.
const fullLink = `<a href="full.html">full.html</a>, which is next to this page`

// archive is the report as a zip file. The same run makes the same bytes.
func archive(dir string, began time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"index.html", "summary.md", "results.csv", "summary.json"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if name == "index.html" {
			data = bytes.Replace(data, []byte(fullLink), []byte("full.html, which this sample leaves out"), 1)
			if bytes.Contains(data, []byte(`href="full.html"`)) {
				return nil, errors.New("the page links full.html in other words than the sample knows")
			}
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: began.UTC()})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// readme is the summary up to the table that says what to take, with what the run was made on.
func readme(dir string, a analysis.Analysis) ([]byte, error) {
	summary, err := os.ReadFile(filepath.Join(dir, "summary.md"))
	if err != nil {
		return nil, err
	}
	head, ok := firstParts(string(summary))
	if !ok {
		return nil, errors.New("summary.md has no table of loads")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# A sample report\n\n`make sample` makes such a page. It is the beginning of the report's `summary.md`. The page itself, with its data, is in "+
		"[report.zip](report.zip): unpack it and open `index.html`.\n\n")
	fmt.Fprintf(&b, "- Run: %s, %s, tqbench %s, %d of %d trials ran\n", a.Run.ID, pages.Day(a.Run.Began), a.Run.Tqbench.Version, a.Ran(), a.Planned)
	b.WriteString(pages.Machine(a.Run.Machine))
	fmt.Fprintf(&b, "- Command: `%s`\n\n", a.Command)
	if !slices.ContainsFunc(a.Trials, func(t analysis.TrialRow) bool { return t.Block > 1 }) {
		b.WriteString("The run has one block: it shows what a report has, and decides nothing.\n\n")
	}
	b.WriteString(head)
	return b.Bytes(), nil
}

// standingsTitle begins the title of a summary's table with a figure for each framework on each broker.
const standingsTitle = "\n### Which framework on which broker"

// standings is the first such table of a report.
func standings(dir, title string, a analysis.Analysis) ([]byte, error) {
	summary, err := os.ReadFile(filepath.Join(dir, "summary.md"))
	if err != nil {
		return nil, err
	}
	_, part, ok := strings.Cut(string(summary), standingsTitle)
	if !ok {
		return nil, errors.New("summary.md has no table of each framework on each broker")
	}
	_, body, _ := strings.Cut(part, "\n")
	body, _, _ = strings.Cut(body, "\n### ")
	return fmt.Appendf(nil, "\n## %s\n\nMade by `%s`.\n\n%s\n", title, a.Command, strings.TrimSpace(body)), nil
}

// firstParts is a summary without its title, up to the second of its parts.
func firstParts(summary string) (string, bool) {
	_, rest, ok := strings.Cut(summary, "\n\n")
	first, after, table := strings.Cut(rest, "\n### ")
	title, body, _ := strings.Cut(after, "\n")
	body, _, more := strings.Cut(body, "\n### ")
	return strings.TrimSpace(first) + "\n\n## " + title + "\n" + strings.TrimRight(body, "\n") + "\n", ok && table && more
}
