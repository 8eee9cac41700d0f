package simulate

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tables of the document are those of this code, but for the figures, which take minutes to simulate.
func TestTheDocumentHasTheseTables(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/compare.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "<!-- simulated -->\n")
	got, _, ok := strings.Cut(rest, "\n<!-- end of simulated -->")
	if !ok {
		t.Fatal("docs/compare.md has no place for the figures")
	}
	want, err := Tables(t.Context(), Options{Runs: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	figures := regexp.MustCompile(`(\| )+(over )?[0-9.]+( %)? `)
	masked := func(s string) string {
		return regexp.MustCompile(`--runs \d+`).ReplaceAllString(figures.ReplaceAllString(s, "| N "), "--runs N")
	}
	if diff := cmp.Diff(masked(string(want)), masked(got)); diff != "" {
		t.Errorf("docs/compare.md is stale: run go run ./scripts/history (-want +got):\n%s", diff)
	}
}
