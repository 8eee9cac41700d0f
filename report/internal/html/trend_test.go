package html

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/fixture"
)

// The page of a trend is whole: a line for each series, what changed, and nothing from elsewhere.
func TestATrendIsAPage(t *testing.T) {
	t.Parallel()
	tr := fixture.Trended(t)
	tr.Runs[3].Path, tr.Series[0].Title = "<script>alert(1)</script>", "<b>Throughput"
	var page, body bytes.Buffer
	if err := Trend(&page, tr); err != nil {
		t.Fatal(err)
	}
	if err := TrendBody(&body, tr); err != nil {
		t.Fatal(err)
	}
	changes := 0
	for _, s := range tr.Series {
		changes += len(s.ChangePoints)
	}
	p := page.String()
	if changes == 0 || strings.Count(p, `<svg class="spark"`) != len(tr.Series) || strings.Count(p, `<line class="worse"`)+strings.Count(p, `<line class="better"`) != changes {
		t.Errorf("%d changes in %d series:\n%s", changes, len(tr.Series), p)
	}
	for _, bad := range []string{"<script", "<b>", "http://", "https://", "NaN", "Inf"} {
		if strings.Contains(p, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if !strings.Contains(p, body.String()) || !strings.Contains(p, "default-src 'none'") || strings.Contains(body.String(), "<style") {
		t.Error("the body isn't that of the page")
	}
}
