package serve

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The history has a line for each series of the analysed runs, and asks for nothing but the style sheet.
func TestTheHistoryIsShown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := served(t, dir)
	if w := s.get(t, "/history"); w.Code != http.StatusBadRequest {
		t.Errorf("without runs: %d: %s", w.Code, w.Body)
	}
	for day, name := range []string{"a", "b", "c"} {
		analysed(t, filepath.Join(dir, name), day)
	}
	s = served(t, dir)
	w := s.get(t, "/history")
	body := w.Body.String()
	if w.Code != http.StatusOK || !strings.Contains(body, "3 runs from") || !strings.Contains(body, `<svg class="spark"`) || strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Errorf("%d: %s", w.Code, body)
	}
	if w := s.get(t, "/"); !strings.Contains(w.Body.String(), `href="/history"`) {
		t.Error("the list doesn't lead to the history")
	}
}

// A run that goes on is first in the list. Its place in time stays that of its beginning.
func TestTheHistoryIsInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	s, now := served(t, t.TempDir()), time.Now()
	s.list = List{Runs: []Run{
		{Path: "resumed", Analysed: true, going: true, order: now.Add(-48 * time.Hour)}, {Path: "newest", Analysed: true, order: now}, {Path: "bare"},
		{Path: "between", Analysed: true, order: now.Add(-24 * time.Hour)},
	}}
	s.until = now.Add(time.Hour)
	var got []string
	for _, r := range s.analysed() {
		got = append(got, r.Path)
	}
	if want := []string{"newest", "between", "resumed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if c := s.choice(nil); c.New != "newest" || c.Old != "between" {
		t.Errorf("it offers %s against %s", c.New, c.Old)
	}
}
