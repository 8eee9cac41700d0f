package main

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/realrun"
	"github.com/tqbench/tqbench/report"
)

func TestTheSampleIsOfTheRun(t *testing.T) {
	dir, a := t.TempDir(), realrun.Read(t)
	if err := report.Write(t.Context(), dir, a, report.Options{}); err != nil {
		t.Fatal(err)
	}
	words, err := readme(report.Dir(dir), a)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{a.Run.ID, a.Run.Machine.CPU, a.Command, "## For this load, take this\n\n| load |", "[report.zip](report.zip)"} {
		if !strings.Contains(string(words), want) {
			t.Errorf("there is no %q in:\n%s", want, words)
		}
	}
	if strings.Contains(string(words), "one block") {
		t.Error("a run of several blocks counts as one of one block")
	}
	table, err := standings(report.Dir(dir), "Every queue", a)
	if want := "\n## Every queue\n\nMade by `" + a.Command + "`.\n\n"; err != nil || !strings.HasPrefix(string(table), want) ||
		!strings.Contains(string(table), "\n| broker |") || strings.Contains(string(table), "###") {
		t.Errorf("not the table alone: %v\n%s", err, table)
	}
	data, err := archive(report.Dir(dir), a.Run.Began)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := archive(report.Dir(dir), a.Run.Began); err != nil || !bytes.Equal(data, again) {
		t.Errorf("the same report makes another archive (%v)", err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("index.html")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page, err := io.ReadAll(f)
	if err != nil || !bytes.Contains(page, []byte(a.Run.ID)) || bytes.Contains(page, []byte("full.html\"")) {
		t.Errorf("the page of %d bytes isn't the run's, or has a link to nowhere (%v)", len(page), err)
	}
}
